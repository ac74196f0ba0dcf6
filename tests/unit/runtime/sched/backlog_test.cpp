// No task waits for more than a millisecond beside a worker that sleeps: the monitor counts when that is broken. What
// breaks it here is this program's linker: calls that wake a worker pass through functions of its own, which forget to
// do so when they are told to. The scheduler itself is as it ships.
#include <doctest/doctest.h>

#include <sys/types.h>

#include <atomic>
#include <thread>

#include "runtime/sched/multi_thread/waiting.hpp"
#include "tasks.hpp"

using namespace tokiod;
using namespace tokiod::test;
using task::poll_result;

namespace {

std::atomic<bool> notifies{true};  // whether who has work for others says so
std::atomic<bool> wakes{true};     // whether a sleeping worker hears it

}  // namespace

// What the linker puts in the place of engine::notify(), and of write(), which sends a wake-up to an eventfd.
extern "C" {
bool __real__ZN6tokiod5sched6engine6notifyEj(sched::engine*, std::uint32_t) noexcept;
bool __wrap__ZN6tokiod5sched6engine6notifyEj(sched::engine* all, std::uint32_t near) noexcept {
  return notifies && __real__ZN6tokiod5sched6engine6notifyEj(all, near);
}
ssize_t __real_write(int fd, const void* from, std::size_t bytes);
ssize_t __wrap_write(int fd, const void* from, std::size_t bytes) {
  if (!wakes && bytes == sizeof(std::uint64_t)) return static_cast<ssize_t>(bytes);
  return __real_write(fd, from, bytes);
}
}

namespace {

// While it lives, one of two workers is in a poll, behind which tasks wait, and the other one sleeps, or should not.
class held_up {
 public:
  explicit held_up(std::atomic<bool>& crippled) : rt_(options()) {
    CHECK(eventually([&] { return parked() == 2; }));
    rt_.spawn_once([&] {
      crippled = false;  // as soon as the other one sleeps
      CHECK(eventually([&] { return parked() == 1; }));
      for (int i = 0; i < 10; ++i) rt_.spawn_once([this] { ++ran_; });
      CHECK(eventually([&] { return go_.load(); }));
    });
  }
  held_up(const held_up&) = delete;
  held_up& operator=(const held_up&) = delete;
  ~held_up() {
    notifies = wakes = true;
    go_ = true;
    rt_.all->nudge();
    CHECK(eventually([&] { return ran_ == 10; }));
    rt_.end();
  }
  [[nodiscard]] metrics::runtime_snapshot seen() const { return rt_.all->metrics(); }
  [[nodiscard]] int ran() const { return ran_; }

 private:
  static runtime_options options() {
    runtime_options with = bench_runtime::with_workers(2);
    with.stuck_after = 0;  // or the worker would be taken over, which helps, too
    return with;
  }
  [[nodiscard]] std::uint32_t parked() const {
    std::uint32_t asleep = 0;
    for (const auto& one : rt_.all->metrics().workers) asleep += one.totals.park_unparks % 2;
    return asleep;
  }

  std::atomic<bool> go_{false};
  std::atomic<int> ran_{0};
  bench_runtime rt_;
};

}  // namespace

TEST_CASE("without a flaw the sleeping worker takes what waits behind a long poll, and nothing is counted") {
  std::atomic<bool> no_flaw{true};
  held_up run(no_flaw);
  CHECK(eventually([&] { return run.ran() == 10; }));
  CHECK(run.seen().idle_backlogs == 0);
  CHECK(run.seen().oldest_backlog_ns == 0);
}

TEST_CASE("a scheduler that forgets to wake a sleeping worker is found out") {
  held_up run(notifies);
  CHECK(eventually([&] { return run.seen().idle_backlogs >= 3; }));
  CHECK(run.seen().oldest_backlog_ns >= millisecond);
  CHECK(run.ran() == 0);
}

TEST_CASE("a wake-up that does not arrive is found out") {
  held_up run(wakes);
  CHECK(eventually([&] { return run.seen().idle_backlogs >= 3; }));
  CHECK(run.seen().oldest_backlog_ns >= millisecond);
  CHECK(run.ran() == 0);
}

TEST_CASE("a run of short and long polls, from inside and outside, leaves nothing beside a sleeping worker") {
  bench_runtime rt(4);
  std::atomic<int> ended{0};
  constexpr int rounds = 300, burst = 20;
  for (int round = 0; round < rounds; ++round) {
    rt.spawn_once([&, round] {
      for (int i = 0; i < burst; ++i)
        rt.spawn([&, polls = 0](task::key, task::context&) mutable {
          if (++polls < 5) return poll_result::yielded;
          ++ended;
          return poll_result::ready;
        });
      const instant_ns until = steady_clock().now() + (round % 10 == 0 ? 3 * millisecond : 20 * microsecond);
      while (steady_clock().now() < until) {
      }
    });
    if (round % 3 == 0) CHECK(eventually([&] { return ended >= burst * round / 2; }));
  }
  CHECK(eventually([&] { return ended == rounds * burst; }));
  CHECK(rt.all->metrics().idle_backlogs == 0);
  rt.end();
}

TEST_CASE("what waits is known by its position: since the first look that met it, until it is taken") {
  sched::multi_thread::waiting queue;
  CHECK(queue.since() == never);
  queue.look(5, 5, 100);
  CHECK(queue.since() == never);
  queue.look(5, 7, 200);
  CHECK(queue.since() == 200);
  queue.look(6, 9, 300);  // one of the two waits still
  CHECK(queue.since() == 200);
  queue.look(7, 9, 400);  // both are gone; what waits came since the look before
  CHECK(queue.since() == 400);
  queue.look(9, 9, 500);
  CHECK(queue.since() == never);
}
