// Standalone Asio as a peer of tests/bench, with its coroutines: the shapes of plugins/bench that it has, under the
// same names. usage: asio_peer WORKERS, then the requests of peers/lines.hpp. Channels are Asio's experimental ones.
// Threads: WORKERS that run the context; main waits for each workload.
#include <array>
#include <asio.hpp>
#include <asio/experimental/as_tuple.hpp>
#include <asio/experimental/concurrent_channel.hpp>
#include <atomic>
#include <cstdlib>
#include <optional>
#include <thread>
#include <vector>

#include "peers/lines.hpp"

namespace {

using asio::awaitable;
using asio::co_spawn;
using asio::detached;
using asio::use_awaitable;
using asio::ip::tcp;
using peer::stopwatch;
using namespace std::chrono_literals;
// Shared by all that use one: a sender may still be inside it when the receiver has its message already.
using channel_of = asio::experimental::concurrent_channel<void(asio::error_code, std::uint64_t)>;
using channel = std::shared_ptr<channel_of>;

constexpr std::uint64_t batch = 1000;

// A context and its threads.
class context {
 public:
  explicit context(int workers) : io_(workers), work_(io_.get_executor()) {
    for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { io_.run(); });
  }
  ~context() {
    io_.stop();
    for (auto& thread : threads_) thread.join();
  }
  asio::io_context& io() { return io_; }

  // Runs one coroutine to its end and gives its value.
  std::uint64_t run(awaitable<std::uint64_t> body) {
    std::atomic<bool> done{false};
    std::uint64_t value = 0;
    co_spawn(io_, std::move(body), [&](std::exception_ptr thrown, std::uint64_t total) {
      if (thrown) std::abort();
      value = total;
      done.store(true, std::memory_order_release);
      done.notify_one();
    });
    done.wait(false, std::memory_order_acquire);
    return value;
  }

 private:
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

channel make_channel(const asio::any_io_executor& on, std::size_t room) {
  return std::make_shared<channel_of>(on, room);
}

awaitable<void> nothing() { co_return; }

// Counts down to zero and then sends one message.
struct countdown {
  countdown(const asio::any_io_executor& on, std::uint64_t from) : left(from), done(on, 1) {}
  void one_less() {
    if (left.fetch_sub(1, std::memory_order_acq_rel) == 1) done.try_send(asio::error_code{}, 0U);
  }
  auto finished() { return done.async_receive(use_awaitable); }
  std::atomic<std::uint64_t> left;
  channel_of done;
};
using shared_countdown = std::shared_ptr<countdown>;

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

awaitable<void> accept_all(std::shared_ptr<tcp::acceptor> listener) {
  for (;;) {
    auto [failed, socket] = co_await listener->async_accept(asio::experimental::as_tuple(use_awaitable));
    if (failed) co_return;
    socket.set_option(tcp::no_delay(true));
    co_spawn(listener->get_executor(), give_back(std::move(socket)), detached);
  }
}

std::shared_ptr<tcp::acceptor> serve(const asio::any_io_executor& on) {
  auto listener = std::make_shared<tcp::acceptor>(on, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  co_spawn(on, accept_all(listener), detached);
  return listener;
}

awaitable<std::uint64_t> echo(std::uint64_t count) {
  const auto on = co_await asio::this_coro::executor;
  const auto listener = serve(on);
  tcp::socket socket(on);
  co_await socket.async_connect(listener->local_endpoint(), use_awaitable);
  socket.set_option(tcp::no_delay(true));
  std::array<char, 64> bytes{};
  const stopwatch watch;
  for (std::uint64_t i = 0; i < count; ++i) {
    co_await asio::async_write(socket, asio::buffer(bytes), use_awaitable);
    co_await asio::async_read(socket, asio::buffer(bytes), use_awaitable);
  }
  const auto took = watch.ns();
  listener->close();
  co_return took;
}

std::vector<peer::workload> workloads(context& on) {
  const auto as_task = [&on](auto body) { return [&on, body](std::uint64_t count) { return on.run(body(count)); }; };
  return {
      {"spawn", batch, as_task(spawn_detached)},
      {"spawn_join", 1, as_task(spawn_join)},
      {"yield", yielding_tasks, as_task(yield_many)},
      {"chained_spawn", batch, as_task(chained_spawn)},
      {"skynet", leaves, as_task(skynet)},
      {"mpsc_bounded", batch, as_task(send_then_receive)},
      {"mpsc_contended_full", 5 * batch, as_task([](std::uint64_t count) { return stream(count, 100, 5); })},
      {"mpsc_stream", batch, as_task([](std::uint64_t count) { return stream(count, 128, 1); })},
      {"notify", 1, as_task(round_trips)},
      {"timer", 1, as_task(insert_and_cancel)},
      {"sleeps_outstanding", 100'000, as_task(among_a_million)},
      {"interval", 1, as_task(tick_lateness), "ns late"},
      {"echo", 1, as_task(echo)},
  };
}

}  // namespace

int main(int argc, char** argv) {
  const int workers = argc == 2 ? std::atoi(argv[1]) : 0;
  if (workers < 1) {
    std::cerr << "usage: asio_peer WORKERS, a number from 1\n";
    return 64;
  }
  context on(workers);
  std::shared_ptr<tcp::acceptor> listener;
  peer::answer_lines(workloads(on), [&] {
    listener = serve(on.io().get_executor());
    return static_cast<int>(listener->local_endpoint().port());
  });
}
