// One event, many receivers: broadcast, watch and notify_waiters. An operation is one receiver that has seen one event.
#include <array>
#include <optional>
#include <utility>

#include "measure.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using tokio::task;
namespace sync = tokio::sync;

task<> hear_broadcast(sync::broadcast::receiver<std::uint64_t> from, countdown& heard) {
  while (co_await from.recv()) heard.one_less();
}

template <std::uint64_t receivers>
task<std::uint64_t> broadcast(load asked) {
  auto ends = sync::broadcast::channel<std::uint64_t>(1000);
  countdown heard(receivers);
  std::vector<tokio::join_handle<void>> listeners;
  for (std::uint64_t i = 0; i < receivers; ++i)
    listeners.push_back(tokio::spawn(hear_broadcast(ends.first.subscribe(), heard)));
  const stopwatch watch;
  for (std::uint64_t done = 0; done < asked.count; done += receivers) {
    heard.again(receivers);
    (void)ends.first.send(done);
    co_await heard.finished();
  }
  const auto took = watch.ns();
  { const auto closing = std::move(ends.first); }
  for (auto& listener : listeners) (void)co_await std::move(listener);
  co_return took;
}

task<> hear_watch(sync::watch::receiver<std::uint64_t> from, countdown& heard) {
  while (co_await from.changed()) {
    auto seen = *from.borrow();
    opaque(seen);
    heard.one_less();
  }
}

template <std::uint64_t receivers>
task<std::uint64_t> watch_changes(load asked) {
  auto ends = sync::watch::channel<std::uint64_t>(0);
  countdown heard(receivers);
  std::vector<tokio::join_handle<void>> listeners;
  for (std::uint64_t i = 0; i < receivers; ++i)
    listeners.push_back(tokio::spawn(hear_watch(ends.first.subscribe(), heard)));
  const stopwatch watch;
  for (std::uint64_t done = 0; done < asked.count; done += receivers) {
    heard.again(receivers);
    (void)ends.first.send(done);
    co_await heard.finished();
  }
  const auto took = watch.ns();
  { const auto closing = std::move(ends.first); }
  for (auto& listener : listeners) (void)co_await std::move(listener);
  co_return took;
}

// Stands in line again before it says that it has heard, so that no call is missed.
task<> hear_all_calls(sync::notify& calls, countdown& ready, std::uint64_t times) {
  std::optional<sync::notified_future<sync::notify*>> next;
  const auto stand_in_line = [&] {
    next.emplace(calls.notified());
    (void)next->enable();
    ready.one_less();
  };
  stand_in_line();
  for (std::uint64_t i = 0; i < times; ++i) {
    co_await *next;
    stand_in_line();
  }
}

constexpr std::uint64_t waiters = 100;

task<std::uint64_t> notify_waiters(load asked) {
  sync::notify calls;
  countdown ready(waiters);
  std::vector<tokio::join_handle<void>> listeners;
  for (std::uint64_t i = 0; i < waiters; ++i)
    listeners.push_back(tokio::spawn(hear_all_calls(calls, ready, asked.count / waiters)));
  co_await ready.finished();
  const stopwatch watch;
  for (std::uint64_t done = 0; done < asked.count; done += waiters) {
    ready.again(waiters);
    calls.notify_waiters();
    co_await ready.finished();
  }
  const auto took = watch.ns();
  for (auto& listener : listeners) (void)co_await std::move(listener);
  co_return took;
}

constexpr auto list = std::to_array<workload>({
    {"broadcast_10", 10, broadcast<10>},
    {"broadcast_1000", 1000, broadcast<1000>},
    {"watch_10", 10, watch_changes<10>},
    {"watch_1000", 1000, watch_changes<1000>},
    {"notify_waiters", waiters, notify_waiters},
});

}  // namespace

workload_list fan_out() { return list; }

}  // namespace bench
