// Scheduling alone: tasks that start, yield, start others and end.
#include <array>
#include <stdexcept>

#include "measure.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using tokio::task;
namespace oneshot = tokio::sync::oneshot;

constexpr std::uint64_t batch = 1000;

task<> count_down(countdown& left) {
  left.one_less();
  co_return;
}

task<std::uint64_t> spawn_detached(load asked) {
  const stopwatch watch;
  for (std::uint64_t done = 0; done < asked.count; done += batch) {
    countdown left(batch);
    for (std::uint64_t i = 0; i < batch; ++i) tokio::spawn(count_down(left)).detach();
    co_await left.finished();
  }
  co_return watch.ns();
}

task<std::uint64_t> spawn_join(load asked) {
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) (void)co_await tokio::spawn(nothing());
  co_return watch.ns();
}

constexpr std::uint64_t yielding_tasks = 200;

task<> yield_often(countdown& left, std::uint64_t times) {
  for (std::uint64_t i = 0; i < times; ++i) co_await tokio::yield_now();
  left.one_less();
}

task<std::uint64_t> yield_many(load asked) {
  const stopwatch watch;
  countdown left(yielding_tasks);
  for (std::uint64_t i = 0; i < yielding_tasks; ++i)
    tokio::spawn(yield_often(left, asked.count / yielding_tasks)).detach();
  co_await left.finished();
  co_return watch.ns();
}

task<> chain(oneshot::sender<int> end, std::uint64_t left) {
  if (left == 0) {
    (void)std::move(end).send(1);
  } else {
    tokio::spawn(chain(std::move(end), left - 1)).detach();
  }
  co_return;
}

task<std::uint64_t> chained_spawn(load asked) {
  const stopwatch watch;
  for (std::uint64_t done = 0; done < asked.count; done += batch) {
    auto ends = oneshot::channel<int>();
    tokio::spawn(chain(std::move(ends.first), batch)).detach();
    (void)co_await std::move(ends.second);
  }
  co_return watch.ns();
}

task<> answer(oneshot::receiver<int> ask, oneshot::sender<int> reply) {
  (void)co_await std::move(ask);
  (void)std::move(reply).send(1);
}

task<> ask(countdown& left) {
  auto there = oneshot::channel<int>();
  auto back = oneshot::channel<int>();
  tokio::spawn(answer(std::move(there.second), std::move(back.first))).detach();
  (void)std::move(there.first).send(1);
  (void)co_await std::move(back.second);
  left.one_less();
}

task<std::uint64_t> ping_pong(load asked) {
  const stopwatch watch;
  for (std::uint64_t done = 0; done < asked.count; done += batch) {
    countdown left(batch);
    for (std::uint64_t i = 0; i < batch; ++i) tokio::spawn(ask(left)).detach();
    co_await left.finished();
  }
  co_return watch.ns();
}

constexpr std::uint64_t leaves = 1'000'000;

// A tree of tasks, ten to each parent, that adds up the numbers of its leaves.
task<std::uint64_t> skynet_node(std::uint64_t number, std::uint64_t size) {
  if (size == 1) co_return number;
  std::array<tokio::join_handle<std::uint64_t>, 10> children;
  for (std::uint64_t i = 0; i < 10; ++i) children[i] = tokio::spawn(skynet_node(number + i * (size / 10), size / 10));
  std::uint64_t sum = 0;
  for (auto& child : children) sum += (co_await std::move(child)).value();
  co_return sum;
}

task<std::uint64_t> skynet(load asked) {
  const stopwatch watch;
  for (std::uint64_t done = 0; done < asked.count; done += leaves)
    if (co_await skynet_node(0, leaves) != leaves * (leaves - 1) / 2)
      throw std::runtime_error("skynet added up to something else");
  co_return watch.ns();
}

constexpr auto list = std::to_array<workload>({
    {"spawn", batch, spawn_detached},
    {"spawn_join", 1, spawn_join},
    {"yield", yielding_tasks, yield_many},
    {"chained_spawn", batch, chained_spawn},
    {"ping_pong", batch, ping_pong},
    {"skynet", leaves, skynet},
});

}  // namespace

workload_list scheduling() { return list; }

}  // namespace bench
