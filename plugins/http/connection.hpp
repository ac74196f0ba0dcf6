// One client, from its first byte to its last: requests are answered in their order, several of them in one write when
// the client does not wait for the answers.
// Threads: a task of its own; `shared` outlives it.
#pragma once
#include <utility>

#include "channel.hpp"
#include "service.hpp"
#include "tokio/sync.hpp"
#include "tokio/task.hpp"

namespace http {

// Until the client leaves, is too slow, or breaks the protocol. After `stop` the request that runs is answered, with
// "Connection: close", within the time to drain.
tokio::task<> converse(service& shared, channel& client, tokio::cancellation_token stop);

template <class Stream>
tokio::task<> serve(service& shared, Stream stream, tokio::cancellation_token stop,
                    [[maybe_unused]] tokio::sync::owned_semaphore_permit place) {
  channel_over<Stream> client(std::move(stream));
  co_await converse(shared, client, std::move(stop));
}

}  // namespace http
