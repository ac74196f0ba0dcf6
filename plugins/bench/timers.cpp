// Timers: armed and dropped, timeouts that do not fire, a million at once, and how late a tick is.
#include <array>
#include <chrono>
#include <utility>
#include <vector>

#include "measure.hpp"
#include "tokio/time.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;
using tokio::task;
namespace time = tokio::time;

// Polls a future once and lets it be.
template <class F>
auto poll_once(F& future) {
  return tokio::poll_fn([&future](tokio::context& cx) -> tokio::poll<void> {
    (void)future.poll(cx);
    return tokio::ready();
  });
}

task<std::uint64_t> insert_and_cancel(load asked) {
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    auto sleeping = time::sleep(10s);
    co_await poll_once(sleeping);
  }
  co_return watch.ns();
}

// Never polled, hence never in the wheel.
task<std::uint64_t> create_and_drop(load asked) {
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    auto sleeping = time::sleep(10s);
    opaque(sleeping);
  }
  co_return watch.ns();
}

// Ready at its first poll, which the compiler must not know: the timeout and its future are made in memory each time.
task<std::uint64_t> timeout_ready(load asked) {
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    auto limited = time::timeout(time::duration(1s), tokio::poll_fn([&i](tokio::context&) { return tokio::ready(i); }));
    opaque(limited);
    auto given = co_await std::move(limited);
    opaque(given);
  }
  co_return watch.ns();
}

// Pending once, so that its timer is armed and then cancelled: the timeout of every request that is answered in time.
task<std::uint64_t> timeout_pending(load asked) {
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) (void)co_await time::timeout(time::duration(1s), tokio::yield_now());
  co_return watch.ns();
}

constexpr std::uint64_t outstanding = 1'000'000;

// Armed and cancelled beside a million others that are spread over a minute; those are not in the total.
task<std::uint64_t> among_a_million(load asked) {
  std::vector<time::sleep_future> others;
  others.reserve(outstanding);
  const auto base = time::instant::now() + 60s;
  for (std::uint64_t i = 0; i < outstanding; ++i) {
    others.push_back(time::sleep_until(base + std::chrono::microseconds(i * 7919 % 60'000'000)));
    co_await poll_once(others.back());
  }
  co_return co_await insert_and_cancel(asked);
}

task<std::uint64_t> tick_lateness(load asked) {
  time::interval ticks(time::instant::now() + 1ms, 1ms);
  std::uint64_t late = 0;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    const auto due = co_await ticks.tick();
    late += static_cast<std::uint64_t>(due.elapsed().count());
  }
  co_return late;
}

constexpr auto list = std::to_array<workload>({
    {"timer", 1, insert_and_cancel},
    {"timer_create_drop", 1, create_and_drop},
    {"timeout_ready", 1, timeout_ready},
    {"timeout_pending", 1, timeout_pending},
    {"sleeps_outstanding", 100'000, among_a_million},
    {"interval", 1, tick_lateness, "ns late"},
});

}  // namespace

workload_list timers() { return list; }

}  // namespace bench
