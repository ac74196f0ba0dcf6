// Everything of codec/ but frames over UDP, which are included by themselves (tokio/codec/udp_framed.hpp).
#pragma once

#include "tokio/codec/any_delimiter_codec.hpp"
#include "tokio/codec/buffer.hpp"
#include "tokio/codec/bytes_codec.hpp"
#include "tokio/codec/delimited.hpp"
#include "tokio/codec/framed.hpp"
#include "tokio/codec/length_delimited_codec.hpp"
#include "tokio/codec/lines_codec.hpp"
#include "tokio/codec/traits.hpp"
