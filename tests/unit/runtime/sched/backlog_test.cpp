// No task waits for more than a millisecond beside a worker that sleeps: the monitor counts when that is broken. What
// breaks it here is this program's linker: calls that wake a worker pass through functions of its own, which forget to
// do so when they are told to. The scheduler itself is as it ships.
#include <doctest/doctest.h>

#include <sys/types.h>

#include <atomic>
#include <initializer_list>
#include <memory>
#include <optional>
#include <thread>

#include "runtime/sched/multi_thread/monitor.hpp"
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

std::uint32_t asleep(const bench_runtime& rt) {
  std::uint32_t count = 0;
  for (const auto& one : rt.all->metrics().workers) count += one.totals.park_unparks % 2;
  return count;
}

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
  [[nodiscard]] std::uint32_t parked() const { return asleep(rt_); }

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

TEST_CASE("a wake-up for what comes from outside that is lost while all sleep is found out") {
#ifdef __clang__
  const std::initializer_list<std::atomic<bool>*> flaws = {&notifies, &wakes};
#else  // the linker of g++'s flavor lets a call inside of one object pass, which this notify is
  const std::initializer_list<std::atomic<bool>*> flaws = {&wakes};
#endif
  for (std::atomic<bool>* const crippled : flaws) {
    bench_runtime rt(2);
    CHECK(eventually([&] { return asleep(rt) == 2; }));
    std::atomic<bool> ran{false};
    *crippled = false;
    rt.spawn_once([&] { ran = true; });
    CHECK(eventually([&] { return rt.all->metrics().idle_backlogs >= 3; }));
    CHECK_FALSE(ran);
    *crippled = true;
    rt.all->nudge();
    CHECK(eventually([&] { return ran.load(); }));
    rt.end();
  }
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

namespace {

// Two workers that are not run: one sleeps, and what the other one does is up to the test. A task waits.
struct still_life {
  still_life() {
    sched::options with;
    with.worker_threads = 2;
    all = std::move(*sched::engine::create(with));
    watcher.emplace(*all, [](std::uint32_t, std::uint64_t) { return false; });
    heap.emplace(all->system().heap());
    waiting = *task::prepare(*heap, function_ops, nullptr, 0);
    sleep(1);
    CHECK(all->cores[0]->home.injector.push(waiting));
    notifies = false;  // nobody comes of the looks themselves
  }
  still_life(const still_life&) = delete;
  still_life& operator=(const still_life&) = delete;
  ~still_life() {
    notifies = true;
    (void)all->cores[0]->home.injector.pop(1);
    all->cores[0]->running.store(nullptr, relaxed);
    task::discard(*waiting, *heap);
  }
  void sleep(std::uint32_t worker) {
    all->cores[worker]->work.park_unparks.add();
    all->idle.announce(worker, false);
  }
  void polls() {
    all->cores[0]->running.store(waiting, relaxed);
    all->cores[0]->work.polls.add();
  }
  std::uint64_t counted_after(int looks) {
    for (int i = 0; i < looks; ++i) watcher->look(now += millisecond);
    return all->idle_backlogs.read();
  }

  std::unique_ptr<sched::engine> all;
  std::optional<sched::multi_thread::monitor> watcher;
  std::optional<memory::local_heap> heap;
  task::header* waiting = nullptr;
  instant_ns now = second;
};

}  // namespace

TEST_CASE("work beside a sleeping worker is counted when two looks in a row find that nobody is on his way") {
  still_life scene;
  scene.polls();
  CHECK(scene.counted_after(2) == 0);
  CHECK(scene.counted_after(2) == 2);
}

TEST_CASE("who is awake between two polls, or searches, is on his way, and nothing is counted") {
  still_life scene;
  CHECK(scene.counted_after(10) == 0);
  scene.polls();
  scene.all->idle.join_search();
  CHECK(scene.counted_after(10) == 0);
  (void)scene.all->idle.leave_search();
  CHECK(scene.counted_after(1) == 0);  // one look is not enough
  CHECK(scene.counted_after(1) == 1);
}

TEST_CASE("who has been told to wake up is on his way for a second") {
  still_life scene;
  scene.polls();
  (void)scene.all->idle.notify(1);
  scene.all->cores[1]->woken_at.store(scene.now, relaxed);
  CHECK(scene.counted_after(1000) == 0);
  CHECK(scene.counted_after(10) > 0);
}

TEST_CASE("a queue from which something is taken now and then is not left alone") {
  still_life scene;
  scene.polls();
  task::header* const other = *task::prepare(*scene.heap, function_ops, nullptr, 0);
  CHECK(scene.all->cores[0]->home.injector.push(other));
  CHECK(scene.counted_after(2) == 0);
  for (int i = 0; i < 5; ++i) {
    const auto taken = scene.all->cores[0]->home.injector.pop(1);
    CHECK(scene.all->cores[0]->home.injector.push(taken.first));
    CHECK(scene.counted_after(1) == 0);
  }
  (void)scene.all->cores[0]->home.injector.pop(1);
  task::discard(*other, *scene.heap);
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
  CHECK(queue.untouched() == 400);
  queue.look(8, 9, 500);
  CHECK(queue.since() == 400);
  CHECK(queue.untouched() == 500);
  queue.look(8, 9, 600);
  CHECK(queue.untouched() == 500);
  queue.look(9, 9, 700);
  CHECK(queue.since() == never);
  CHECK(queue.untouched() == never);
}
