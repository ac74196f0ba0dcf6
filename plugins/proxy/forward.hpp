// A client's connection, joined to an upstream; and the look at whether an upstream can be reached.
// Threads: each is a task of its own; `shared` outlives it.
#pragma once
#include "service.hpp"
#include "tokio/net.hpp"
#include "tokio/sync.hpp"
#include "tokio/task.hpp"

namespace proxy {

// Until both directions have ended: an end of one side is passed on, the other direction goes on. After `stop` it has
// the time `drain` to end by itself.
tokio::task<> forward(service& shared, tokio::net::tcp_stream client, tokio::cancellation_token stop,
                      tokio::sync::owned_semaphore_permit place);

// Connects at each interval, until `stop`.
tokio::task<> check(service& shared, std::size_t upstream, tokio::cancellation_token stop);

}  // namespace proxy
