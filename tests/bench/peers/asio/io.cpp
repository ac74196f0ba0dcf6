// Timers and TCP.
#include <array>
#include <chrono>
#include <vector>

#include "peers/asio/context.hpp"

namespace peer {
namespace {

using asio::ip::tcp;
using namespace std::chrono_literals;

awaitable<std::uint64_t> insert_and_cancel(std::uint64_t count) {
  const auto on = co_await asio::this_coro::executor;
  const stopwatch watch;
  for (std::uint64_t i = 0; i < count; ++i) {
    asio::steady_timer timer(on, 10s);
    timer.async_wait([](asio::error_code) {});
    timer.cancel();
  }
  co_return watch.ns();
}

awaitable<std::uint64_t> among_a_million(std::uint64_t count) {
  const auto on = co_await asio::this_coro::executor;
  std::vector<asio::steady_timer> others;
  constexpr std::uint64_t outstanding = 1'000'000;
  others.reserve(outstanding);
  for (std::uint64_t i = 0; i < outstanding; ++i) {
    others.emplace_back(on, 60s + std::chrono::microseconds(i * 7919 % 60'000'000));
    others.back().async_wait([](asio::error_code) {});
  }
  co_return co_await insert_and_cancel(count);
}

awaitable<std::uint64_t> tick_lateness(std::uint64_t count) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 1ms);
  std::uint64_t late = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    co_await timer.async_wait(use_awaitable);
    late += static_cast<std::uint64_t>((std::chrono::steady_clock::now() - timer.expiry()).count());
    timer.expires_at(timer.expiry() + 1ms);
  }
  co_return late;
}

awaitable<void> give_back(tcp::socket socket) {
  std::vector<char> bytes(16 * 1024);
  for (;;) {
    const auto [failed, got] =
        co_await socket.async_read_some(asio::buffer(bytes), asio::experimental::as_tuple(use_awaitable));
    if (failed) co_return;
    const auto [refused, sent] = co_await asio::async_write(socket, asio::buffer(bytes.data(), got),
                                                            asio::experimental::as_tuple(use_awaitable));
    if (refused) co_return;
  }
}

awaitable<void> accept_all(listener from) {
  for (;;) {
    auto [failed, socket] = co_await from->async_accept(asio::experimental::as_tuple(use_awaitable));
    if (failed) co_return;
    socket.set_option(tcp::no_delay(true));
    co_spawn(from->get_executor(), give_back(std::move(socket)), detached);
  }
}

awaitable<std::uint64_t> echo(std::uint64_t count) {
  const auto on = co_await asio::this_coro::executor;
  const auto server = serve_echo(on);
  tcp::socket socket(on);
  co_await socket.async_connect(server->local_endpoint(), use_awaitable);
  socket.set_option(tcp::no_delay(true));
  std::array<char, 64> bytes{};
  const stopwatch watch;
  for (std::uint64_t i = 0; i < count; ++i) {
    co_await asio::async_write(socket, asio::buffer(bytes), use_awaitable);
    co_await asio::async_read(socket, asio::buffer(bytes), use_awaitable);
  }
  const auto took = watch.ns();
  server->close();
  co_return took;
}

}  // namespace

std::vector<workload> timers_and_network(context& on) {
  return {
      {"timer", 1, as_task(on, insert_and_cancel)},
      {"sleeps_outstanding", 100'000, as_task(on, among_a_million)},
      {"interval", 1, as_task(on, tick_lateness), "ns late"},
      {"echo", 1, as_task(on, echo)},
  };
}

listener serve_echo(const asio::any_io_executor& on) {
  auto made = std::make_shared<tcp::acceptor>(on, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  co_spawn(on, accept_all(made), detached);
  return made;
}

}  // namespace peer
