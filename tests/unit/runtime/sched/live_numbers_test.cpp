// Numbers that a runtime is given while it runs. One thread drives it on virtual time, so every count is exact.
#include "runtime/sched/live_numbers.hpp"

#include <doctest/doctest.h>

#include <thread>

#include "tasks.hpp"

using namespace tokiod;
using namespace tokiod::test;
using task::poll_result;

namespace {

struct bench {
  bench() {
    rt.spawn([this](task::key, task::context&) { return yield(); });
  }
  ~bench() {
    over = true;
    rt.end();
  }

  poll_result yield() {
    ++polls;
    for (const auto begun = steady_clock().now(); slow && steady_clock().now() - begun < millisecond;) {
    }
    return over ? poll_result::ready : poll_result::yielded;
  }
  void poll(std::uint64_t times) {
    CHECK(rt.all->run_until([&, until = polls + times] { return polls >= until; }));
  }
  // How many polls something from another thread waits for.
  std::uint64_t wait_of_one_from_outside() {
    std::uint64_t ran_at = 0;
    std::thread([&] { rt.spawn_once([&] { ran_at = polls; }); }).join();
    const std::uint64_t came_at = polls;
    CHECK(rt.all->run_until([&] { return ran_at != 0; }));
    return ran_at - came_at;
  }
  void follow(std::uint32_t event_interval, std::uint32_t global_queue_interval) {
    options.event_interval = event_interval;
    options.global_queue_interval = global_queue_interval;
    CHECK(rt.all->follow(options));
  }
  static runtime_options started_with(const tokiod::clock& time) {
    runtime_options with;
    with.kind = flavor::current_thread;
    with.time = &time;
    with.event_interval = 10;
    with.global_queue_interval = 1000;
    return with;
  }

  manual_clock time;
  runtime_options options = started_with(time);
  std::uint64_t polls = 0;
  bool slow = false;  // each poll takes a millisecond of real time
  bool over = false;
  bench_runtime rt{options};
};

}  // namespace

TEST_CASE("how seldom a worker looks at sockets follows within one interval, both ways") {
  bench b;
  const auto looks_in_a_thousand = [&] {
    const auto before = b.rt.all->metrics().reactor_turns;
    b.poll(1000);
    return b.rt.all->metrics().reactor_turns - before;
  };
  CHECK(looks_in_a_thousand() == 100);
  b.follow(100, 1000);
  b.poll(20);
  CHECK(looks_in_a_thousand() == 10);
  b.follow(5, 1000);
  b.poll(200);
  CHECK(looks_in_a_thousand() == 200);
}

TEST_CASE("where the clock is moved by hand, how long polls really take changes nothing") {
  bench b;
  b.poll(100);
  b.slow = true;
  const auto before = b.rt.all->metrics().reactor_turns;
  b.poll(50);
  CHECK(b.rt.all->metrics().reactor_turns - before == 5);
}

TEST_CASE("how long tasks from outside wait follows at the next look at sockets") {
  bench b;
  b.poll(1);
  CHECK(b.wait_of_one_from_outside() > 500);
  b.follow(10, 3);
  b.poll(20);
  for (int times = 0; times < 20; ++times) CHECK(b.wait_of_one_from_outside() <= 3);
  b.follow(10, 1000);
  b.poll(20);
  (void)b.wait_of_one_from_outside();
  CHECK(b.wait_of_one_from_outside() > 500);
}

TEST_CASE("an event interval of none is refused, and changes nothing") {
  bench b;
  auto with = b.options;
  with.event_interval = 0;
  with.stuck_after = 0;
  const auto no = b.rt.all->follow(with);
  REQUIRE_FALSE(no);
  CHECK(no.error().why == kind::out_of_range);
  CHECK(b.rt.all->engine().live.stuck_after == b.options.stuck_after);
  b.poll(1000);  // would not end
}
