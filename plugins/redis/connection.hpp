// One client of the redis plugin, from its first byte to its last.
#pragma once
#include <mutex>

#include "server.hpp"
#include "tokio/net.hpp"
#include "tokio/sync.hpp"
#include "tokio/task.hpp"

namespace redis {

// The server and its one lock. Commands run under it for one batch of a connection at a time and never wait there.
struct guarded_server {
  std::mutex lock;
  shared state;
  tokio::sync::notify earlier_expiry;  // the key that expires first has changed: the purging task looks again
};

// Serves `client` until it leaves, breaks the protocol, or the plugin stops. The permit is what counts it.
tokio::task<> serve(guarded_server& server, tokio::net::tcp_stream client, tokio::cancellation_token stop,
                    tokio::sync::owned_semaphore_permit permit);

// Drops keys whose time has come, as long as the plugin runs.
tokio::task<> purge_expired(guarded_server& server, tokio::cancellation_token stop);

}  // namespace redis
