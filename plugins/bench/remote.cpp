// Work that comes from a thread that is no worker, and work that goes to one: remote spawns, blocking jobs, wakes.
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <vector>

#include "measure.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using tokio::task;
using handles = std::vector<tokio::join_handle<void>>;

constexpr std::uint64_t many = 10'000;
constexpr std::uint64_t few = 100;

// Spawns from a thread of the blocking pool, `at_once` at a time, and joins them all before the next ones.
task<std::uint64_t> spawn_from_outside(std::uint64_t count, std::uint64_t at_once) {
  const stopwatch watch;
  handles spawned;
  spawned.reserve(at_once);
  for (std::uint64_t done = 0; done < count; done += at_once) {
    (void)co_await tokio::spawn_blocking([&spawned, at_once] {
      for (std::uint64_t i = 0; i < at_once; ++i) spawned.push_back(tokio::spawn(nothing()));
    });
    for (auto& handle : spawned) (void)co_await std::move(handle);
    spawned.clear();
  }
  co_return watch.ns();
}

task<std::uint64_t> remote_idle(load asked) { return spawn_from_outside(asked.count, many); }

void stall() {
  const stopwatch watch;
  while (watch.ns() < 10'000) {
  }
}

// A flag that busy tasks look at, and how many of them are left. relaxed: it carries no data.
struct busy_state {
  std::atomic<bool> go_on{true};
  countdown left;
  explicit busy_state(std::uint64_t tasks) : left(tasks) {}
};

task<> stay_busy(busy_state& state) {
  while (state.go_on.load(std::memory_order_relaxed)) {
    co_await tokio::yield_now();
    stall();
  }
  state.left.one_less();
}

task<> respawn_busily(busy_state& state) {
  if (state.go_on.load(std::memory_order_relaxed)) {
    stall();
    tokio::spawn(respawn_busily(state)).detach();
  } else {
    state.left.one_less();
  }
  co_return;
}

task<std::uint64_t> beside(task<> (*busy)(busy_state&), std::uint64_t tasks, std::uint64_t count,
                           std::uint64_t at_once) {
  busy_state state(tasks);
  for (std::uint64_t i = 0; i < tasks; ++i) tokio::spawn(busy(state)).detach();
  const auto took = co_await spawn_from_outside(count, at_once);
  state.go_on.store(false, std::memory_order_relaxed);
  co_await state.left.finished();
  co_return took;
}

// Each worker has two tasks that never wait, first yielding, then by spawning their successor.
task<std::uint64_t> remote_busy1(load asked) { return beside(stay_busy, 2 * asked.workers, asked.count, many); }
task<std::uint64_t> remote_busy2(load asked) { return beside(respawn_busily, asked.workers, asked.count, few); }

constexpr std::uint64_t jobs_at_once = 16;

task<> block_often(std::uint64_t jobs) {
  handles running;
  for (std::uint64_t done = 0; done < jobs; done += jobs_at_once) {
    for (std::uint64_t i = 0; i < jobs_at_once; ++i) running.push_back(tokio::spawn_blocking([] {}));
    for (auto& handle : running) (void)co_await std::move(handle);
    running.clear();
  }
}

// So many tasks, each with 16 jobs that do nothing at a time.
template <std::uint64_t producers>
task<std::uint64_t> blocking(load asked) {
  const stopwatch watch;
  handles tasks;
  for (std::uint64_t i = 0; i < producers; ++i) tasks.push_back(tokio::spawn(block_often(asked.count / producers)));
  for (auto& handle : tasks) (void)co_await std::move(handle);
  co_return watch.ns();
}

// On a worker, where nobody waits for it.
task<std::uint64_t> in_place(load asked) {
  const stopwatch watch;
  for (std::uint64_t i = 0; i < asked.count; ++i) {
    auto given = tokio::block_in_place([i] { return i; });
    opaque(given);
  }
  co_return watch.ns();
}

// A thread sleeps on it until it is answered. std::counting_semaphore gives its turn away twice before it sleeps, so
// the wake would be that of a thread which is up, and the worker asleep instead: the peer's channel sleeps at once,
// too.
class answer {
 public:
  void give() {
    {
      const std::lock_guard lock(mutex_);
      given_ = true;
    }
    changed_.notify_one();  // not under the lock: who wakes would sleep on it at once
  }

  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return given_; });
    given_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool given_ = false;
};

task<> answer_wakes(tokio::sync::notify& asked, answer& answered, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    co_await asked.notified();
    answered.give();
  }
}

// A thread wakes a task and sleeps until the task has woken it: both sides have to be got out of bed.
task<std::uint64_t> remote_wake(load asked) {
  tokio::sync::notify there;
  answer back;
  auto other = tokio::spawn(answer_wakes(there, back, asked.count));
  auto took = co_await tokio::spawn_blocking([&] {
    const stopwatch watch;
    for (std::uint64_t i = 0; i < asked.count; ++i) {
      there.notify_one();
      back.wait();
    }
    return watch.ns();
  });
  (void)co_await std::move(other);
  co_return took.value();
}

task<> spin(std::chrono::nanoseconds span) {
  const stopwatch watch;
  while (watch.ns() < static_cast<std::uint64_t>(span.count())) {
  }
  co_return;
}

// Polls of a millisecond each, spawned by one task: two workers need half the time of one.
task<std::uint64_t> long_polls(load asked) {
  const stopwatch watch;
  handles tasks;
  for (std::uint64_t i = 0; i < asked.count; ++i) tasks.push_back(tokio::spawn(spin(std::chrono::milliseconds(1))));
  for (auto& handle : tasks) (void)co_await std::move(handle);
  co_return watch.ns();
}

constexpr auto list = std::to_array<workload>({
    {"spawn_remote_idle", many, remote_idle},
    {"spawn_remote_busy1", many, remote_busy1},
    {"spawn_remote_busy2", few, remote_busy2},
    {"spawn_blocking_1", jobs_at_once, blocking<1>},
    {"spawn_blocking_2", 2 * jobs_at_once, blocking<2>},
    {"spawn_blocking_4", 4 * jobs_at_once, blocking<4>},
    {"block_in_place", 1, in_place},
    {"remote_wake", 1, remote_wake},
    {"long_polls", 20, long_polls},
});

}  // namespace

workload_list remote() { return list; }

}  // namespace bench
