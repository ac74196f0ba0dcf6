#include "runtime/sched/thread.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "tasks.hpp"

using namespace tokiod;
using namespace tokiod::test;
using task::poll_result;

namespace {

runtime_options alone() {
  runtime_options options;
  options.kind = flavor::current_thread;
  return options;
}

runtime_options alone(const tokiod::clock& time) {
  runtime_options options = alone();
  options.time = &time;
  return options;
}

}  // namespace

TEST_CASE("[SC-10] a current_thread runtime runs nothing until it is driven, and then in the order of spawning") {
  bench_runtime rt(alone());
  std::vector<int> order;
  rt.spawn_once([&] {
    for (int i = 0; i < 200; ++i) rt.spawn_once([&order, i] { order.push_back(i); });
  });
  CHECK(order.empty());
  CHECK(rt.all->run_until([&] { return order.size() == 200; }));
  for (int i = 0; i < 200; ++i) REQUIRE(order[static_cast<std::size_t>(i)] == i);
  rt.end();
}

// More than a queue of fixed size holds, and each of them spawns another one.
TEST_CASE("[SC-10] a current_thread runtime keeps the order of however many") {
  static constexpr int many = 3000;
  bench_runtime rt(alone());
  std::vector<int> order;
  std::uint64_t queued = 0;
  rt.spawn_once([&] {
    for (int i = 0; i < many; ++i)
      rt.spawn_once([&, i] {
        order.push_back(i);
        rt.spawn_once([&order, i] { order.push_back(many + i); });
      });
    queued = rt.all->metrics().workers.at(0).queued_tasks;
  });
  CHECK(rt.all->run_until([&] { return order.size() == 2 * many; }));
  for (int i = 0; i < 2 * many; ++i) REQUIRE(order[static_cast<std::size_t>(i)] == i);
  CHECK(queued == many);
  rt.end();
}

// Tasks that another thread wakes again and again, more than the queue holds, and behind them those of one poll.
TEST_CASE("what stands behind a full queue gets its turn beside a crowd from outside") {
  constexpr int crowd = 600, spawned = 400;
  bench_runtime rt(alone());
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> polls{0};
  std::vector<task::key> callers;
  for (int i = 0; i < crowd; ++i)
    callers.push_back(rt.spawn([&](task::key, task::context&) {
      ++polls;
      return over.load() ? poll_result::ready : poll_result::pending;
    }));
  std::jthread outside([&] {
    while (!over.load())
      for (const auto& each : callers) rt.wake(each);
  });
  int ran = 0;
  rt.spawn_once([&] {
    for (int i = 0; i < spawned; ++i) rt.spawn_once([&] { ++ran; });
  });
  CHECK(rt.all->run_until([&] { return ran == spawned || polls.load() > 10'000'000; }));
  CHECK(ran == spawned);
  over = true;
  outside.join();
  for (const auto& each : callers) rt.wake(each);
  CHECK(rt.all->run_until([&] { return rt.all->live(*rt.mine) == 0; }));
  rt.end();
}

TEST_CASE("a thread that drives a runtime and leaves it was busy until then") {
  bench_runtime rt(alone());
  bool over = false;
  rt.spawn_once([&] {
    for (const instant_ns until = steady_clock().now() + 2 * millisecond; steady_clock().now() < until;) {
    }
    over = true;
  });
  CHECK(rt.all->run_until([&] { return over; }));
  CHECK(rt.all->metrics().all_workers().busy_ns >= 2 * millisecond);
  rt.end();
}

TEST_CASE("run_until gives up at its deadline, also while a task yields for ever") {
  bench_runtime rt(alone());
  rt.spawn([](task::key, task::context&) { return poll_result::yielded; });
  CHECK(!rt.all->run_until([] { return false; }, rt.all->now() + 2 * millisecond));
  rt.end();
}

TEST_CASE("[SC-10] tasks from outside get a fair part of a queue that never runs dry") {
  bench_runtime rt(alone());
  constexpr std::uint64_t many = 1000;
  std::uint64_t turns = 0, ended = 0;
  rt.spawn([&](task::key, task::context&) {
    ++turns;
    return ended < many ? poll_result::yielded : poll_result::ready;
  });
  for (std::uint64_t i = 0; i < many; ++i) rt.spawn_once([&] { ++ended; });  // by a thread without a core
  CHECK(rt.all->run_until([&] { return ended == many; }));
  CHECK(turns < 2 * many);  // one of them for each look at the injector would be some 60,000
  rt.end();
}

TEST_CASE("a task that wakes itself is polled again, behind the others") {
  bench_runtime rt(alone());
  std::vector<char> order;
  rt.spawn([&](task::key self, task::context&) {
    order.push_back('a');
    if (order.size() > 3) return poll_result::ready;
    rt.wake(self);
    return poll_result::pending;
  });
  rt.spawn([&](task::key, task::context&) {
    order.push_back('b');
    return order.size() > 3 ? poll_result::ready : poll_result::yielded;
  });
  CHECK(rt.all->run_until([&] { return order.size() >= 4; }));
  CHECK(std::string(order.begin(), order.end()).substr(0, 4) == "abab");
  rt.end();
}

TEST_CASE("[TM-12] virtual time jumps from timer to timer, in their order, and a year costs nothing") {
  manual_clock time;
  bench_runtime rt(alone(time));
  constexpr duration_ns day = 24 * 3600 * second;
  std::vector<int> order;
  std::vector<std::unique_ptr<time::timer_queue::entry>> timers;
  for (const int days : {365, 1, 30}) {
    auto* const timer = timers.emplace_back(std::make_unique<time::timer_queue::entry>()).get();
    rt.spawn([&, timer, days, due = instant_ns{0}](task::key self, task::context&) mutable {
      const sched::host_entry call;
      if (due == 0) {
        due = rt.all->now() + static_cast<duration_ns>(days) * day;
        rt.all->arm(*timer, due, self);
        return poll_result::pending;
      }
      if (rt.all->now() < due) return poll_result::pending;
      order.push_back(days);
      return poll_result::ready;
    });
  }
  CHECK(rt.all->run_until([&] { return order.size() == 3; }, never, auto_advance(time)));
  CHECK(order == std::vector<int>{1, 30, 365});
  CHECK(time.now() >= 365 * day);
  CHECK(time.now() < 365 * day + millisecond);
  rt.end();
}

TEST_CASE("a nudge is not lost that comes before the last look at the sockets") {
  bench_runtime rt(alone());
  bool asked = false;
  const instant_ns until = patience();
  CHECK(rt.all->run_until(
      [&] {
        if (std::exchange(asked, true)) return true;
        rt.all->nudge();  // as from another thread, just after this one has asked
        return false;
      },
      until));
  CHECK(steady_clock().now() < until);
  rt.end();
}

TEST_CASE("a wake from another thread ends the sleep of the driver") {
  bench_runtime rt(alone());
  std::atomic<bool> woken{false};
  bool ended = false;
  const task::key sleeper = rt.spawn([&](task::key, task::context&) {
    ended = woken;
    return ended ? poll_result::ready : poll_result::pending;
  });
  std::thread other([&] {
    eventually([&] { return rt.all->snapshot().workers[0].state == metrics::worker_state::parked; });
    woken = true;
    rt.wake(sleeper);
  });
  CHECK(rt.all->run_until([&] { return ended; }));
  other.join();
  rt.end();
}

TEST_CASE("a current_thread runtime that is not driven any more still ends its tasks when it stops") {
  int dropped = 0;
  bench_runtime rt(alone());
  auto watch = std::shared_ptr<int>(&dropped, [](int* n) { ++*n; });
  rt.spawn([keep = watch](task::key, task::context&) { return poll_result::pending; });
  rt.spawn([keep = std::move(watch)](task::key, task::context&) { return poll_result::yielded; });
  CHECK(!rt.all->run_until([] { return false; }, rt.all->now() + millisecond));
  CHECK(rt.all->stop(patience()) == stop_result::drained);
  CHECK(dropped == 1);
  CHECK(rt.all->live(*rt.mine) == 0);
  rt.end();
}

TEST_CASE("the threads of a current_thread runtime are the caller's and cannot be rotated") {
  bench_runtime rt(alone());
  const auto rotated = rt.all->rotate_threads(patience());
  REQUIRE(!rotated);
  CHECK(rotated.error().code == ENOTSUP);
  rt.end();
}

namespace {

runtime_options with_own_thread() {
  runtime_options options = alone();
  options.own_thread = true;
  return options;
}

}  // namespace

TEST_CASE("a thread of the runtime drives a current_thread runtime that asks for it, another one after a rotation") {
  bench_runtime rt(with_own_thread());
  std::atomic<std::thread::id> before{}, after{};
  rt.spawn_once([&] { before = std::this_thread::get_id(); });
  CHECK(eventually([&] { return before.load() != std::thread::id(); }));
  CHECK(before.load() != std::this_thread::get_id());
  REQUIRE(rt.all->rotate_threads(patience()));
  rt.spawn_once([&] { after = std::this_thread::get_id(); });
  CHECK(eventually([&] { return after.load() != std::thread::id(); }));
  rt.end();
}

TEST_CASE("a rotation of the only thread waits for the poll it is in, and no two threads drive at once") {
  bench_runtime rt(with_own_thread());
  std::atomic<bool> in{false}, go{false}, after{false};
  rt.spawn_once([&] {
    in = true;
    while (!go) std::this_thread::yield();
  });
  CHECK(eventually([&] { return in.load(); }));
  rt.spawn_once([&] { after = true; });
  const auto early = rt.all->rotate_threads(steady_clock().now() + millisecond);
  REQUIRE(!early);
  CHECK(early.error().code == ETIMEDOUT);
  CHECK(!after);
  go = true;
  CHECK(rt.all->rotate_threads(patience()));
  CHECK(eventually([&] { return after.load(); }));
  rt.end();
}

TEST_CASE("a poll of the only thread that does not end is reported once, with its stack; nobody takes over") {
  std::mutex mutex;
  std::vector<sched::stuck_poll> told;
  runtime_options options = with_own_thread();
  options.stuck_after = 2 * millisecond;
  options.on_stuck = [&](const sched::stuck_poll& one) {
    const std::lock_guard hold(mutex);
    told.push_back(one);
  };
  bench_runtime rt(options);
  std::atomic<task::task_id> id{0};
  // A short poll may be among them, too, on a machine that has no time for it.
  const auto of_it = [&] {
    const std::lock_guard hold(mutex);
    std::vector<sched::stuck_poll> its = told;
    std::erase_if(its, [&](const auto& one) { return one.task != id; });
    return its;
  };
  std::atomic<bool> ran{false};
  rt.spawn([&](task::key self, task::context&) {
    id = runtime::id_of(self);
    rt.spawn_once([&] { ran = true; });
    CHECK(eventually([&] { return !of_it().empty(); }));
    const instant_ns later = steady_clock().now() + 20 * millisecond;
    CHECK(eventually([&] { return steady_clock().now() > later; }));
    CHECK(!ran);
    return poll_result::ready;
  });
  CHECK(eventually([&] { return ran.load(); }));
  const auto its = of_it();
  REQUIRE(its.size() == 1);
  CHECK(its[0].owner == rt.mine->id());
  CHECK(its[0].lasted >= 2 * millisecond);
  CHECK_FALSE(its[0].taken_over);
  CHECK_MESSAGE(!its[0].stack.frames.empty(), its[0].stack.missing);
  CHECK(rt.all->metrics().all_workers().takeovers == 0);
  rt.end();
}

TEST_CASE("the only thread in a poll that does not end is left behind by a stop") {
  static auto* const rt = new bench_runtime(with_own_thread());  // it stays for ever, as the runtime's own parts do
  static std::atomic<bool> go{false}, in{false}, out{false};
  rt->spawn_once([] {
    in = true;
    while (!go) std::this_thread::yield();
    out = true;
  });
  CHECK(eventually([] { return in.load(); }));
  CHECK(rt->all->stop(steady_clock().now()) == stop_result::abandoned);
  go = true;
  CHECK(eventually([] { return out.load(); }));
}
