// An owner with a CPU quota gets its part of the time and no more, nobody else waits for it, and no task that waited is
// lost. In virtual time a poll takes what it moves the clock by.
#include "base/random.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <numeric>
#include <vector>

#include "tasks.hpp"

using namespace tokiod;
using namespace tokiod::test;
using task::poll_result;

namespace {

constexpr duration_ns window = sched::cpu_quota::window;

runtime_options in(const manual_clock& time) {
  runtime_options options;
  options.kind = flavor::current_thread;
  options.time = &time;
  options.seed = 7;
  options.event_interval = 4;  // polls of virtual time are not counted as long ones, which come with fewer
  return options;
}

// One runtime in virtual time, with a second owner beside that of the bench.
struct virtual_bench {
  manual_clock time;
  bench_runtime rt{in(time)};
  runtime_owner* other = *rt.all->add_owner("other");

  void limit(std::uint32_t percent) { REQUIRE(rt.all->limit_cpu(*rt.mine, percent)); }
  void spawn_for(runtime_owner& whose, poll_function run) {
    runtime_owner* const mine = std::exchange(rt.mine, &whose);
    rt.spawn(std::move(run));
    rt.mine = mine;
  }
  // A task whose every poll takes so long.
  void burn(runtime_owner& whose, duration_ns each, duration_ns& used) {
    spawn_for(whose, [this, each, &used](task::key, task::context&) {
      time.advance(each);
      used += each;
      return poll_result::yielded;
    });
  }
  bool run_for(duration_ns span) {
    const instant_ns until = time.now() + span;
    return rt.all->run_until([&] { return time.now() >= until; }, never, auto_advance(time));
  }
  bool run_until(const std::function<bool()>& done) { return rt.all->run_until(done, never, auto_advance(time)); }
};

bool is_about(duration_ns value, duration_ns wanted, duration_ns off) {
  return value + off >= wanted && value <= wanted + off;
}

}  // namespace

TEST_CASE("an owner that only burns gets its part of virtual time, alone") {
  for (const std::uint32_t percent : {50u, 5u}) {
    CAPTURE(percent);
    virtual_bench b;
    b.limit(percent);
    duration_ns used = 0;
    b.burn(*b.rt.mine, 100 * microsecond, used);
    CHECK(b.run_for(4 * second));
    CAPTURE(used);
    CHECK(is_about(used, 4 * second / 100 * percent, 20 * millisecond));
    CHECK(b.rt.mine->quota->throttled() > second);
    b.rt.end();
  }
}

TEST_CASE("beside another owner it gets its part and the other one the rest; below its quota it is not held up") {
  for (const auto& [percent, wanted] : {std::pair{20u, 400 * millisecond}, std::pair{60u, second}}) {
    CAPTURE(percent);
    virtual_bench b;
    b.limit(percent);
    duration_ns mine = 0, rest = 0;
    b.burn(*b.rt.mine, 200 * microsecond, mine);
    b.burn(*b.other, 200 * microsecond, rest);
    CHECK(b.run_for(2 * second));
    CAPTURE(mine);
    CHECK(is_about(mine, wanted, 10 * millisecond));
    CHECK(is_about(rest, 2 * second - wanted, 10 * millisecond));
    CHECK((b.rt.mine->quota->throttled() == 0) == (percent == 60));
    b.rt.end();
  }
}

TEST_CASE("what a blocking job used holds the owner's tasks up, as much as polls would") {
  virtual_bench b;
  b.limit(10);
  int polls = 0;
  runtime::charge_job(*b.rt.mine, b.time.now(), b.time.now(), 50 * millisecond);
  runtime::charge_job(*b.other, b.time.now(), b.time.now(), 50 * millisecond);  // which has no limit
  b.spawn_for(*b.rt.mine, [&](task::key, task::context&) { return ++polls, poll_result::ready; });
  const instant_ns begin = b.time.now();
  CHECK(b.run_until([&] { return polls == 1; }));
  CHECK(is_about(b.time.now() - begin, 500 * millisecond, 2 * window));  // 1 ms of each window of 10 ms
  CHECK(b.rt.mine->quota->throttled() > 400 * millisecond);
  b.rt.end();
}

TEST_CASE("every one of many tasks of a throttled owner has its turn") {
  virtual_bench b;
  b.limit(10);
  std::vector<int> polls(500);
  for (int& count : polls)
    b.spawn_for(*b.rt.mine, [&](task::key, task::context&) {
      b.time.advance(100 * microsecond);
      ++count;
      return poll_result::yielded;
    });
  CHECK(b.run_for(6 * second));  // each could be polled twelve times
  CHECK(std::ranges::min(polls) >= 1);
  CHECK(is_about(std::accumulate(polls.begin(), polls.end(), 0u), 6000, 200));
  b.rt.end();
}

TEST_CASE("a long poll is a debt that the next windows pay, and no more than a second of them") {
  for (const auto& [poll, percent, wait] :
       {std::tuple{100 * millisecond, 50u, 200 * millisecond}, std::tuple{100 * millisecond, 200u, 100 * millisecond},
        std::tuple{3600 * second, 50u, 3601 * second}}) {
    CAPTURE(percent);
    virtual_bench b;
    b.limit(percent);
    std::vector<instant_ns> began;
    b.spawn_for(*b.rt.mine, [&](task::key, task::context&) {
      began.push_back(b.time.now());
      if (began.size() == 1) b.time.advance(poll);
      return began.size() == 1 ? poll_result::yielded : poll_result::ready;
    });
    CHECK(b.run_until([&] { return began.size() == 2; }));
    CHECK(is_about(began[1] - began[0], wait, 2 * window));
    b.rt.end();
  }
}

TEST_CASE("a limit that is lifted or changed holds at once, and costs whoever waits no time") {
  virtual_bench b;
  b.limit(1);
  int turns = 0;
  b.spawn_for(*b.rt.mine, [&](task::key, task::context&) {
    if (++turns == 1) b.time.advance(second);
    return turns == 3 ? poll_result::ready : poll_result::yielded;
  });
  CHECK(b.run_until([&] { return turns == 1; }));
  CHECK(b.run_for(100 * millisecond));
  REQUIRE(turns == 1);
  const instant_ns lifted = b.time.now();
  b.limit(0);
  CHECK(b.run_until([&] { return turns == 3; }));
  CHECK(b.time.now() == lifted);
  duration_ns used = 0;
  b.limit(30);
  b.burn(*b.rt.mine, 100 * microsecond, used);
  CHECK(b.run_for(second));
  CHECK(is_about(used, 300 * millisecond, 20 * millisecond));
  b.rt.end();
}

TEST_CASE("a closed owner's tasks end at once, throttled or not, and its owner can go") {
  virtual_bench b;
  b.limit(1);
  const auto witness = std::make_shared<int>(0);
  constexpr int many = 200;
  int polls = 0;
  for (int i = 0; i < many; ++i)
    b.spawn_for(*b.rt.mine, [&, witness](task::key, task::context&) {
      ++polls;
      b.time.advance(10 * millisecond);
      return poll_result::yielded;
    });
  CHECK(b.run_for(100 * millisecond));
  REQUIRE(polls < many);
  const instant_ns closed = b.time.now();
  b.rt.all->close_owner(*b.rt.mine);
  CHECK(b.rt.all->abort_all(*b.rt.mine) == many);
  CHECK(b.run_until([&] { return b.rt.all->live(*b.rt.mine) == 0; }));
  CHECK(b.time.now() == closed);
  CHECK(witness.use_count() == 1);
  CHECK(b.run_until([&] { return b.rt.all->live(b.rt.all->engine().system()) == 0; }));  // the keeper, too
  CHECK(b.rt.all->remove_owner(*b.rt.mine));
  b.rt.end();
}

TEST_CASE("a task that is aborted while its owner is over its quota does not wait for that") {
  virtual_bench b;
  b.limit(1);
  bool first = true;
  const task::key idle = b.rt.spawn([&](task::key, task::context&) {
    if (std::exchange(first, false)) b.time.advance(second);
    return poll_result::pending;
  });
  CHECK(b.run_until([&] { return !first; }));
  duration_ns used = 0;
  b.burn(*b.other, 100 * microsecond, used);  // another owner's turn: the second is charged
  CHECK(b.run_for(millisecond));
  runtime::abort(idle);
  const instant_ns aborted = b.time.now();
  CHECK(b.run_until([&] { return b.rt.all->live(*b.rt.mine) == 0; }));
  CHECK(b.time.now() - aborted < window);
  b.rt.end();
}

TEST_CASE("a runtime that stops ends what waits for a quota") {
  const auto witness = std::make_shared<int>(0);
  bench_runtime rt(2);
  REQUIRE(rt.all->limit_cpu(*rt.mine, 1));
  for (int i = 0; i < 100; ++i)
    rt.spawn([witness](task::key, task::context&) {
      for (const instant_ns until = steady_clock().now() + 100 * microsecond; steady_clock().now() < until;) {
      }
      return poll_result::yielded;
    });
  CHECK(eventually([&] { return rt.mine->quota->over(); }));
  rt.end();
  CHECK(witness.use_count() == 1);
}

TEST_CASE("on several workers, with takeovers, limits that change and tasks that are aborted, no task is lost") {
  fast_random random(7);
  runtime_options with = bench_runtime::with_workers(3);
  with.stuck_after = 2 * millisecond;
  bench_runtime rt(with);
  for (int round = 0; round < 6; ++round) {
    rt.mine = *rt.all->add_owner("round");
    const auto witness = std::make_shared<int>(0);
    std::vector<task::key> tasks;
    std::atomic<std::uint64_t> polls{0};
    REQUIRE(rt.all->limit_cpu(*rt.mine, 1 + random.below(20)));
    for (int i = 0; i < 300; ++i) {
      const duration_ns each = i % 50 == 0 ? 4 * millisecond : 20 * microsecond;
      tasks.push_back(rt.spawn([&, witness, each](task::key self, task::context&) {
        for (const instant_ns until = steady_clock().now() + each; steady_clock().now() < until;) {
        }
        if (++polls % 3 != 0) return poll_result::yielded;
        rt.wake(self);
        return poll_result::pending;
      }));
    }
    for (int step = 0; step < 15; ++step) {
      const std::uint64_t before = polls;
      if (step % 4 != 3) REQUIRE(rt.all->limit_cpu(*rt.mine, step % 5 == 4 ? 0 : 1 + random.below(100)));
      for (int i = 0; i < 5; ++i) runtime::abort(tasks[random.below(300)]);
      for (int i = 0; i < 5; ++i) rt.wake(tasks[random.below(300)]);
      REQUIRE(rt.all->resize(1 + random.below(4), patience()));
      CHECK(eventually([&] { return polls > before; }));  // throttled, not starved
    }
    if (round % 2 == 0) REQUIRE(rt.all->rotate_threads(patience()));
    rt.all->close_owner(*rt.mine);
    CHECK(eventually([&] {
      (void)rt.all->abort_all(*rt.mine);
      return rt.all->live(*rt.mine) == 0 && rt.all->pass_all_guards(patience());
    }));
    CHECK(witness.use_count() == 1);
    CHECK(rt.all->remove_owner(*rt.mine));
  }
  rt.mine = *rt.all->add_owner("last");
  CHECK(eventually([&] { return rt.all->live(rt.all->engine().system()) == 0; }));  // every keeper has ended
  rt.end();
}
