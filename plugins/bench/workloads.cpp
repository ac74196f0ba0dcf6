#include "workloads.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <vector>

#include "tokio/net.hpp"
#include "tokio/sync.hpp"
#include "tokio/time.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;
using tokio::task;
namespace sync = tokio::sync;

constexpr std::uint64_t batch = 1000;

// Counts down to zero and then wakes who waits: how a workload knows that its detached tasks have run.
class countdown {
 public:
  explicit countdown(std::uint64_t from) : left_(from) {}
  void one_less() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) done_.notify_one();
  }
  auto finished() { return done_.notified(); }

 private:
  std::atomic<std::uint64_t> left_;
  sync::notify done_;
};

task<> count_down(countdown& left) {
  left.one_less();
  co_return;
}

task<> nothing() { co_return; }

task<> spawn_detached(std::uint64_t count) {
  for (std::uint64_t done = 0; done < count; done += batch) {
    countdown left(batch);
    for (std::uint64_t i = 0; i < batch; ++i) tokio::spawn(count_down(left)).detach();
    co_await left.finished();
  }
}

task<> spawn_join(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    auto handle = tokio::spawn(nothing());
    (void)co_await std::move(handle);
  }
}

task<> yield_often(countdown& left, std::uint64_t times) {
  for (std::uint64_t i = 0; i < times; ++i) co_await tokio::yield_now();
  left.one_less();
}

task<> yield_many(std::uint64_t count) {
  constexpr std::uint64_t tasks = 200;
  countdown left(tasks);
  for (std::uint64_t i = 0; i < tasks; ++i) tokio::spawn(yield_often(left, count / tasks)).detach();
  co_await left.finished();
}

task<> chain(sync::oneshot::sender<int> end, std::uint64_t left) {
  if (left == 0) {
    (void)std::move(end).send(1);
  } else {
    tokio::spawn(chain(std::move(end), left - 1)).detach();
  }
  co_return;
}

task<> chained_spawn(std::uint64_t count) {
  for (std::uint64_t done = 0; done < count; done += batch) {
    auto ends = sync::oneshot::channel<int>();
    tokio::spawn(chain(std::move(ends.first), batch)).detach();
    (void)co_await std::move(ends.second);
  }
}

task<> answer(sync::oneshot::receiver<int> ask, sync::oneshot::sender<int> reply) {
  (void)co_await std::move(ask);
  (void)std::move(reply).send(1);
}

task<> ask(countdown& left) {
  auto there = sync::oneshot::channel<int>();
  auto back = sync::oneshot::channel<int>();
  tokio::spawn(answer(std::move(there.second), std::move(back.first))).detach();
  (void)std::move(there.first).send(1);
  (void)co_await std::move(back.second);
  left.one_less();
}

task<> ping_pong(std::uint64_t count) {
  for (std::uint64_t done = 0; done < count; done += batch) {
    countdown left(batch);
    for (std::uint64_t i = 0; i < batch; ++i) tokio::spawn(ask(left)).detach();
    co_await left.finished();
  }
}

task<> notified_back(sync::notify& in, sync::notify& out, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    co_await in.notified();
    out.notify_one();
  }
}

task<> notify_round_trips(std::uint64_t count) {
  sync::notify there, back;
  auto other = tokio::spawn(notified_back(there, back, count));
  for (std::uint64_t i = 0; i < count; ++i) {
    there.notify_one();
    co_await back.notified();
  }
  (void)co_await std::move(other);
}

task<> oneshot_ready(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    auto ends = sync::oneshot::channel<std::uint64_t>();
    (void)std::move(ends.first).send(i);
    (void)co_await std::move(ends.second);
  }
}

task<> mpsc_unbounded(std::uint64_t count) {
  auto ends = sync::mpsc::unbounded_channel<std::uint64_t>();
  for (std::uint64_t done = 0; done < count; done += batch) {
    for (std::uint64_t i = 0; i < batch; ++i) (void)ends.first.send(i);
    for (std::uint64_t i = 0; i < batch; ++i) (void)co_await ends.second.recv();
  }
}

task<> mpsc_bounded(std::uint64_t count) {
  auto ends = sync::mpsc::channel<std::uint64_t>(batch);
  for (std::uint64_t done = 0; done < count; done += batch) {
    for (std::uint64_t i = 0; i < batch; ++i) (void)co_await ends.first.send(i);
    for (std::uint64_t i = 0; i < batch; ++i) (void)co_await ends.second.recv();
  }
}

task<> mutex_pair(std::uint64_t count) {
  sync::mutex<std::uint64_t> value(0);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto guard = co_await value.lock();
    ++*guard;
  }
}

task<> semaphore_pair(std::uint64_t count) {
  sync::semaphore seats(10);
  for (std::uint64_t i = 0; i < count; ++i) (void)co_await seats.acquire();
}

// A timer that is armed and then dropped before its time.
task<> timer_insert_cancel(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    auto sleeping = tokio::time::sleep(10s);
    co_await tokio::poll_fn([&](tokio::context& cx) -> tokio::poll<void> {
      (void)sleeping.poll(cx);
      return tokio::ready();
    });
  }
}

task<> timeout_ready(std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i)
    (void)co_await tokio::time::timeout(tokio::time::duration(1s),
                                        tokio::poll_fn([](tokio::context&) { return tokio::ready(1); }));
}

task<> echo_once(tokio::net::tcp_listener listener) {
  auto accepted = co_await listener.accept();
  if (!accepted) co_return;
  auto& stream = accepted->first;
  std::array<std::byte, 64> bytes;
  for (;;) {
    const auto got = co_await stream.read(bytes);
    if (!got || *got == 0) co_return;
    const auto sent = co_await stream.write_all(std::span(bytes).first(*got));
    if (!sent) co_return;
  }
}

// 64 bytes there and back over TCP on the loopback: what remains above the kernel's share is ours.
task<> echo(std::uint64_t count) {
  auto listener =
      tokio::net::tcp_listener::bind_to(tokio::net::socket_address(tokio::net::ip_address::loopback_v4(), 0));
  if (!listener) throw std::runtime_error(std::string(listener.error().message()));
  const auto at = listener->local_addr();
  tokio::spawn(echo_once(std::move(*listener))).detach();
  auto stream = co_await tokio::net::tcp_stream::connect(*at);
  if (!stream) throw std::runtime_error(std::string(stream.error().message()));
  (void)stream->set_nodelay(true);
  std::array<std::byte, 64> bytes{};
  for (std::uint64_t i = 0; i < count; ++i) {
    (void)co_await stream->write_all(bytes);
    (void)co_await stream->read_exact(bytes);
  }
}

constexpr auto all = std::to_array<workload>({
    {"spawn", 200'000, spawn_detached},
    {"spawn_join", 200'000, spawn_join},
    {"yield", 1'000'000, yield_many},
    {"chained_spawn", 200'000, chained_spawn},
    {"ping_pong", 100'000, ping_pong},
    {"notify", 100'000, notify_round_trips},
    {"oneshot", 500'000, oneshot_ready},
    {"mpsc", 500'000, mpsc_unbounded},
    {"mpsc_bounded", 500'000, mpsc_bounded},
    {"mutex", 500'000, mutex_pair},
    {"semaphore", 500'000, semaphore_pair},
    {"timer", 200'000, timer_insert_cancel},
    {"timeout_ready", 500'000, timeout_ready},
    {"echo", 5'000, echo},
});

}  // namespace

std::span<const workload> workloads() { return all; }

}  // namespace bench
