// A runtime whose workers stand still for a while: nothing is polled, and nothing is lost.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <thread>

#include "tasks.hpp"

using namespace tokiod;
using namespace tokiod::test;
using task::poll_result;

namespace {

bool all_stand(const bench_runtime& rt, std::size_t workers) {
  const auto view = rt.all->snapshot();
  return static_cast<std::size_t>(
             std::ranges::count(view.workers, metrics::worker_state::paused, &worker_view::state)) == workers;
}

void pause(bench_runtime& rt, std::size_t workers) {
  REQUIRE(rt.all->pause_until(patience()));
  REQUIRE(eventually([&] { return all_stand(rt, workers); }));
}

runtime_options on_one_thread() {
  runtime_options with;
  with.kind = flavor::current_thread;
  with.own_thread = true;
  return with;
}

// Counts its polls, and is runnable all the time until it is told to end.
struct spinner {
  std::atomic<std::uint64_t> polls{0};
  std::atomic<bool> over{false};
  poll_function body() {
    return [this](task::key self, task::context&) {
      ++polls;
      if (over) return poll_result::ready;
      runtime::wake(self);
      return poll_result::pending;
    };
  }
};

}  // namespace

TEST_CASE("workers that are paused poll nothing, asleep or busy, and go on where they were") {
  for (const auto& with : {bench_runtime::with_workers(3), on_one_thread()}) {
    bench_runtime rt(with);
    const std::size_t workers = with.kind == flavor::multi_thread ? 3 : 1;
    spinner busy;
    rt.spawn(busy.body());
    REQUIRE(eventually([&] { return busy.polls > 100; }));
    pause(rt, workers);
    CHECK(rt.all->paused_until() != 0);
    CHECK(rt.all->metrics().paused);
    std::atomic<bool> ran{false};
    rt.spawn_once([&] { ran = true; });
    const std::uint64_t polls = busy.polls;
    const auto looks = rt.all->metrics().taken_at_ns;
    while (rt.all->metrics().taken_at_ns < looks + 20 * millisecond) std::this_thread::yield();  // it has its chances
    CHECK(busy.polls == polls);
    CHECK_FALSE(ran);
    CHECK(rt.all->resume());
    CHECK_FALSE(rt.all->resume());
    CHECK(rt.all->paused_until() == 0);
    CHECK(eventually([&] { return ran && busy.polls > polls; }));
    busy.over = true;
    rt.end();
  }
}

TEST_CASE("a pause is over when its time is, without anybody who ends it") {
  for (const auto& with : {bench_runtime::with_workers(2), on_one_thread()}) {
    bench_runtime rt(with);
    REQUIRE(rt.all->pause_until(steady_clock().now() + 5 * millisecond));
    std::atomic<bool> ran{false};
    rt.spawn_once([&] { ran = true; });
    CHECK(eventually([&] { return ran.load(); }));
    CHECK(rt.all->paused_until() == 0);
    CHECK_FALSE(rt.all->resume());
    rt.end();
  }
}

TEST_CASE("a pause may be made longer and shorter, and one that follows at once is not overheard") {
  bench_runtime rt(2);
  spinner busy;
  rt.spawn(busy.body());
  for (int round = 0; round < 200; ++round) {
    REQUIRE(rt.all->pause_until(steady_clock().now() + (round % 3 == 0 ? 1 : 1000) * microsecond));
    rt.all->resume();
    pause(rt, 2);
    const std::uint64_t polls = busy.polls;
    REQUIRE(rt.all->pause_until(patience()));
    CHECK(busy.polls == polls);
    CHECK(rt.all->resume());
    REQUIRE(eventually([&] { return busy.polls > polls; }));
  }
  busy.over = true;
  rt.end();
}

TEST_CASE("threads are rotated and workers come and go during a pause, and the new ones keep to it") {
  bench_runtime rt(2);
  spinner busy;
  rt.spawn(busy.body());
  pause(rt, 2);
  const std::uint64_t polls = busy.polls;
  REQUIRE(rt.all->rotate_threads(patience()));
  REQUIRE(eventually([&] { return all_stand(rt, 2); }));
  REQUIRE(rt.all->resize(4, patience()));
  REQUIRE(eventually([&] { return all_stand(rt, 4); }));
  REQUIRE(rt.all->resize(1, patience()));
  REQUIRE(eventually([&] { return all_stand(rt, 1); }));
  CHECK(busy.polls == polls);
  CHECK(rt.all->resume());
  REQUIRE(rt.all->resize(3, patience()));  // those that were retired by then run again
  CHECK(eventually([&] { return busy.polls > polls && all_stand(rt, 0); }));
  busy.over = true;
  rt.end();
}

TEST_CASE("a poll that lasts is not stopped, and whoever takes its worker over keeps to the pause") {
  runtime_options with = bench_runtime::with_workers(1);
  with.stuck_after = 2 * millisecond;
  bench_runtime rt(with);
  std::atomic<bool> inside{false}, over{false}, other{false};
  rt.spawn_once([&] {
    inside = true;
    while (!over) std::this_thread::yield();
  });
  REQUIRE(eventually([&] { return inside.load(); }));
  REQUIRE(rt.all->pause_until(patience()));
  rt.spawn_once([&] { other = true; });  // so that it is worth a takeover
  REQUIRE(eventually([&] { return all_stand(rt, 1); }));
  CHECK_FALSE(other);
  CHECK_FALSE(over);
  over = true;
  CHECK(rt.all->resume());
  CHECK(eventually([&] { return other.load(); }));
  rt.end();
}

TEST_CASE("a runtime that stops does not wait for the end of a pause, and takes no new one") {
  for (const auto& with : {bench_runtime::with_workers(2), on_one_thread()}) {
    bench_runtime rt(with);
    std::atomic<bool> ran{false};
    pause(rt, with.kind == flavor::multi_thread ? 2 : 1);
    rt.spawn_once([&] { ran = true; });
    rt.end();
    CHECK(rt.all->pause_until(patience()).error().why == kind::wrong_state);
    CHECK(rt.all->paused_until() == 0);
  }
}

TEST_CASE("time that a worker stands still is not busy time") {
  bench_runtime rt(1);
  pause(rt, 1);
  const auto busy = [&] { return rt.all->metrics().all_workers().busy_ns; };
  const auto before = busy();
  const auto begun = rt.all->metrics().taken_at_ns;
  while (rt.all->metrics().taken_at_ns < begun + 10 * millisecond) std::this_thread::yield();
  CHECK(busy() == before);
  CHECK(rt.all->resume());
  rt.end();
}

TEST_CASE("who drives a runtime without threads cannot be paused") {
  runtime_options with;
  with.kind = flavor::current_thread;
  with.own_thread = false;
  bench_runtime rt(with);
  CHECK(rt.all->pause_until(patience()).error().why == kind::unsupported);
}
