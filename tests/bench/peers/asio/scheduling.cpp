// Coroutines that start, yield, start others and end.
#include "peers/asio/context.hpp"

namespace peer {
namespace {

awaitable<void> nothing() { co_return; }

awaitable<void> count_down(shared_countdown left) {
  left->one_less();
  co_return;
}

awaitable<std::uint64_t> spawn_detached(std::uint64_t count) {
  const auto on = co_await asio::this_coro::executor;
  const stopwatch watch;
  for (std::uint64_t done = 0; done < count; done += batch) {
    const auto left = std::make_shared<countdown>(on, batch);
    for (std::uint64_t i = 0; i < batch; ++i) co_spawn(on, count_down(left), detached);
    co_await left->finished();
  }
  co_return watch.ns();
}

awaitable<std::uint64_t> spawn_join(std::uint64_t count) {
  const auto on = co_await asio::this_coro::executor;
  const stopwatch watch;
  for (std::uint64_t i = 0; i < count; ++i) co_await co_spawn(on, nothing(), use_awaitable);
  co_return watch.ns();
}

constexpr std::uint64_t yielding_tasks = 200;

awaitable<void> yield_often(shared_countdown left, std::uint64_t times) {
  for (std::uint64_t i = 0; i < times; ++i) co_await asio::post(use_awaitable);
  left->one_less();
}

awaitable<std::uint64_t> yield_many(std::uint64_t count) {
  const auto on = co_await asio::this_coro::executor;
  const stopwatch watch;
  const auto left = std::make_shared<countdown>(on, yielding_tasks);
  for (std::uint64_t i = 0; i < yielding_tasks; ++i) co_spawn(on, yield_often(left, count / yielding_tasks), detached);
  co_await left->finished();
  co_return watch.ns();
}

awaitable<void> chain(channel end, std::uint64_t left) {
  const auto on = co_await asio::this_coro::executor;
  if (left == 0) {
    end->try_send(asio::error_code{}, 0U);
  } else {
    co_spawn(on, chain(end, left - 1), detached);
  }
}

awaitable<std::uint64_t> chained_spawn(std::uint64_t count) {
  const auto on = co_await asio::this_coro::executor;
  const stopwatch watch;
  for (std::uint64_t done = 0; done < count; done += batch) {
    const auto end = make_channel(on, 1);
    co_spawn(on, chain(end, batch), detached);
    co_await end->async_receive(use_awaitable);
  }
  co_return watch.ns();
}

constexpr std::uint64_t leaves = 1'000'000;

awaitable<std::uint64_t> skynet_node(std::uint64_t number, std::uint64_t size);

awaitable<void> skynet_child(std::uint64_t number, std::uint64_t size, channel to) {
  const auto sum = co_await skynet_node(number, size);
  co_await to->async_send(asio::error_code{}, sum, use_awaitable);
}

awaitable<std::uint64_t> skynet_node(std::uint64_t number, std::uint64_t size) {
  if (size == 1) co_return number;
  const auto on = co_await asio::this_coro::executor;
  const auto sums = make_channel(on, 10);
  for (std::uint64_t i = 0; i < 10; ++i)
    co_spawn(on, skynet_child(number + i * (size / 10), size / 10, sums), detached);
  std::uint64_t sum = 0;
  for (int i = 0; i < 10; ++i) sum += co_await sums->async_receive(use_awaitable);
  co_return sum;
}

awaitable<std::uint64_t> skynet(std::uint64_t count) {
  const stopwatch watch;
  for (std::uint64_t done = 0; done < count; done += leaves)
    if (co_await skynet_node(0, leaves) != leaves * (leaves - 1) / 2) std::abort();
  co_return watch.ns();
}

}  // namespace

std::vector<workload> scheduling(context& on) {
  return {
      {"spawn", batch, as_task(on, spawn_detached)},
      {"spawn_join", 1, as_task(on, spawn_join)},
      {"yield", yielding_tasks, as_task(on, yield_many)},
      {"chained_spawn", batch, as_task(on, chained_spawn)},
      {"skynet", leaves, as_task(on, skynet)},
  };
}

}  // namespace peer
