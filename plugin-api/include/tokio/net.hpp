// Everything of net/: addresses, names, TCP, UDP and unix sockets.
#pragma once

#include "tokio/net/address.hpp"
#include "tokio/net/resolve.hpp"
#include "tokio/net/socket.hpp"
#include "tokio/net/stream_socket.hpp"
#include "tokio/net/tcp_listener.hpp"
#include "tokio/net/tcp_stream.hpp"
#include "tokio/net/udp_socket.hpp"
#include "tokio/net/unix_listener.hpp"
#include "tokio/net/unix_stream.hpp"
