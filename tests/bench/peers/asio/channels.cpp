// Asio's experimental channels.
#include "peers/asio/context.hpp"

namespace peer {
namespace {

awaitable<void> produce(channel to, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) co_await to->async_send(asio::error_code{}, i, use_awaitable);
}

awaitable<std::uint64_t> stream(std::uint64_t count, std::size_t capacity, std::uint64_t producers) {
  const auto on = co_await asio::this_coro::executor;
  const auto through = make_channel(on, capacity);
  const stopwatch watch;
  for (std::uint64_t i = 0; i < producers; ++i) co_spawn(on, produce(through, count / producers), detached);
  for (std::uint64_t i = 0; i < count; ++i) co_await through->async_receive(use_awaitable);
  co_return watch.ns();
}

awaitable<std::uint64_t> send_then_receive(std::uint64_t count) {
  const auto through = make_channel(co_await asio::this_coro::executor, batch);
  const stopwatch watch;
  for (std::uint64_t done = 0; done < count; done += batch) {
    for (std::uint64_t i = 0; i < batch; ++i) co_await through->async_send(asio::error_code{}, i, use_awaitable);
    for (std::uint64_t i = 0; i < batch; ++i) co_await through->async_receive(use_awaitable);
  }
  co_return watch.ns();
}

awaitable<void> answer(channel in, channel out, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    co_await in->async_receive(use_awaitable);
    co_await out->async_send(asio::error_code{}, i, use_awaitable);
  }
}

awaitable<std::uint64_t> round_trips(std::uint64_t count) {
  const auto on = co_await asio::this_coro::executor;
  const auto there = make_channel(on, 1), back = make_channel(on, 1);
  const stopwatch watch;
  co_spawn(on, answer(there, back, count), detached);
  for (std::uint64_t i = 0; i < count; ++i) {
    co_await there->async_send(asio::error_code{}, i, use_awaitable);
    co_await back->async_receive(use_awaitable);
  }
  co_return watch.ns();
}

awaitable<std::uint64_t> contended_full(std::uint64_t count) { return stream(count, 100, 5); }
awaitable<std::uint64_t> one_sender(std::uint64_t count) { return stream(count, 128, 1); }

}  // namespace

std::vector<workload> channels(context& on) {
  return {
      {"mpsc_bounded", batch, as_task(on, send_then_receive)},
      {"mpsc_contended_full", 5 * batch, as_task(on, contended_full)},
      {"mpsc_stream", batch, as_task(on, one_sender)},
      {"notify", 1, as_task(on, round_trips)},
  };
}

}  // namespace peer
