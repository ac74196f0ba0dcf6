#include "forward.hpp"

#include <optional>
#include <utility>

#include "tokio/io.hpp"
#include "tokio/time.hpp"

namespace proxy {
namespace {

using tokio::net::tcp_stream;

// Nothing when the upstream refuses, or does not answer in time.
tokio::task<std::optional<tcp_stream>> reach(const service& shared, std::size_t upstream) {
  auto connected = co_await tokio::time::timeout(shared.with.connect_timeout,
                                                 tcp_stream::connect(shared.upstreams.address(upstream)));
  if (!connected || !*connected) co_return std::nullopt;
  co_return std::move(**connected);
}

struct link {
  pool::lease held;
  tcp_stream stream;
};

// Each upstream that is up is tried once, the least busy first.
tokio::task<std::optional<link>> find_upstream(service& shared) {
  std::uint64_t tried = 0;
  while (auto held = shared.upstreams.pick(tried)) {
    auto stream = co_await reach(shared, held->index());
    shared.note(held->index(), stream.has_value());
    if (stream) co_return link{*std::move(held), *std::move(stream)};
    tried |= std::uint64_t{1} << held->index();
  }
  co_return std::nullopt;
}

tokio::task<> drained(const service& shared, tokio::cancellation_token stop) {
  co_await stop.cancelled();
  co_await tokio::time::sleep(shared.with.drain);
}

}  // namespace

tokio::task<> forward(service& shared, tcp_stream client, tokio::cancellation_token stop,
                      [[maybe_unused]] tokio::sync::owned_semaphore_permit place) {
  auto to = co_await find_upstream(shared);
  if (!to) {
    shared.count_turned_away();
    co_return;
  }
  shared.count_forwarded(to->held.index());
  (void)client.set_nodelay(true);  // what came as one packet leaves as one
  (void)to->stream.set_nodelay(true);
  // A reset of either side ends the other: both sockets are closed here.
  (void)co_await tokio::select(tokio::io::copy_bidirectional(client, to->stream), drained(shared, std::move(stop)));
}

tokio::task<> check(service& shared, std::size_t upstream, tokio::cancellation_token stop) {
  auto ticks = tokio::time::interval(shared.with.check_interval);
  ticks.set_missed_tick_behavior(tokio::time::missed_tick_behavior::delay);
  auto stopped = stop.cancelled();
  for (;;) {
    auto ticked = co_await tokio::select(tokio::biased, stopped, ticks.tick());
    if (ticked.index() == 0) co_return;
    auto tried = co_await tokio::select(tokio::biased, stopped, reach(shared, upstream));
    if (tried.index() == 0) co_return;
    shared.note(upstream, tried.get<1>().has_value());
  }
}

}  // namespace proxy
