// One event, many receivers: broadcast, watch and notify_waiters. An operation is one receiver that has seen one event.
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "measure.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using tokio::task;
namespace sync = tokio::sync;

using handles = std::vector<tokio::join_handle<void>>;

// Tells all of them and waits until all have heard, again and again.
template <class Tell>
task<std::uint64_t> rounds(std::uint64_t count, std::uint64_t receivers, countdown& heard, Tell tell) {
  const stopwatch watch;
  for (std::uint64_t done = 0; done < count; done += receivers) {
    heard.again(receivers);
    tell(done);
    co_await heard.finished();
  }
  co_return watch.ns();
}

task<> join_all(handles& running) {
  for (auto& each : running) (void)co_await std::move(each);
}

task<> hear_broadcast(sync::broadcast::receiver<std::uint64_t> from, countdown& heard) {
  while (co_await from.recv()) heard.one_less();
}

template <std::uint64_t receivers>
task<std::uint64_t> broadcast(load asked) {
  auto [sender, first] = sync::broadcast::channel<std::uint64_t>(1000);
  end(std::move(first));
  countdown heard(receivers);
  handles listeners;
  for (std::uint64_t i = 0; i < receivers; ++i)
    listeners.push_back(tokio::spawn(hear_broadcast(sender.subscribe(), heard)));
  const auto took = co_await rounds(asked.count, receivers, heard, [&](std::uint64_t i) { (void)sender.send(i); });
  end(std::move(sender));
  co_await join_all(listeners);
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
  auto [sender, first] = sync::watch::channel<std::uint64_t>(0);
  end(std::move(first));
  countdown heard(receivers);
  handles listeners;
  for (std::uint64_t i = 0; i < receivers; ++i)
    listeners.push_back(tokio::spawn(hear_watch(sender.subscribe(), heard)));
  const auto took = co_await rounds(asked.count, receivers, heard, [&](std::uint64_t i) { (void)sender.send(i); });
  end(std::move(sender));
  co_await join_all(listeners);
  co_return took;
}

// Two calls in turn, so that who stands in line for the next one cannot be woken by the one that is going on.
using calls_in_turn = std::array<sync::notify, 2>;

// Stands in line for the next call before it says that it has heard, so that none is missed.
task<> hear_all_calls(calls_in_turn& calls, countdown& heard, std::uint64_t times) {
  std::optional<sync::notified_future<sync::notify*>> next;
  for (std::uint64_t i = 0; i <= times; ++i) {
    if (next) co_await *next;
    next.emplace(calls[i % 2].notified());
    (void)next->enable();
    heard.one_less();
  }
}

constexpr std::uint64_t waiters = 100;

task<std::uint64_t> notify_waiters(load asked) {
  calls_in_turn calls;
  countdown heard(waiters);
  handles listeners;
  for (std::uint64_t i = 0; i < waiters; ++i)
    listeners.push_back(tokio::spawn(hear_all_calls(calls, heard, asked.count / waiters)));
  co_await heard.finished();
  const auto took = co_await rounds(asked.count, waiters, heard,
                                    [&](std::uint64_t done) { calls[done / waiters % 2].notify_waiters(); });
  co_await join_all(listeners);
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
