// A poll that says that it may block gives its worker to whoever waits for it, and is not called stuck for that.
#include <doctest/doctest.h>

#include <optional>
#include <vector>

#include "runtime/sched/multi_thread/monitor.hpp"
#include "tasks.hpp"

using namespace tokiod;
using namespace tokiod::test;
using task::poll_result;

namespace {

// Also with takeovers turned off: a poll that blocks with notice has asked for it.
runtime_options patient(std::uint32_t workers) {
  runtime_options with = bench_runtime::with_workers(workers);
  with.stuck_after = 0;
  return with;
}

// As the table's enter() and leave(): false, there is no core to give away, or the poll has entered before.
bool begin_blocking() {
  const sched::host_entry call;
  return call.held() != nullptr && call.held()->begin_blocking();
}
void end_blocking() {
  const sched::host_entry call;
  if (call.held() != nullptr) call.held()->end_blocking();
}
bool holds_a_core() {
  const sched::host_entry call;
  return call.held() != nullptr;
}

metrics::worker_totals totals(const bench_runtime& rt) { return rt.all->metrics().all_workers(); }

}  // namespace

TEST_CASE("[SC-09] a poll that blocks with notice holds nobody up, also where it has the only worker") {
  bench_runtime rt(patient(1));
  std::atomic<bool> over{false};
  rt.spawn_once([&] {
    CHECK(begin_blocking());
    block_until_another_ran(rt);
    CHECK_FALSE(holds_a_core());
    end_blocking();  // of nobody: the core is somebody else's
    over = true;
  });
  CHECK(eventually([&] { return over.load(); }));
  CHECK(totals(rt).handed_over == 1);
  CHECK(totals(rt).takeovers == 0);
  rt.end();
}

TEST_CASE("stretches nest: the outer one alone is owed an end, and after the core is lost none is") {
  bench_runtime rt(patient(1));
  std::atomic<int> right{0};
  rt.spawn_once([&] {
    right += begin_blocking() ? 1 : 0;
    right += begin_blocking() ? 0 : 1;
    end_blocking();
    right += begin_blocking() ? 1 : 0;
    block_until_another_ran(rt);
    right += begin_blocking() ? 0 : 1;
    ++right;
  });
  CHECK(eventually([&] { return right == 5; }));
  rt.end();
}

TEST_CASE("whatever a poll says that gave its core away, the task goes on or ends as always") {
  bench_runtime rt(patient(1));
  for (const auto said : {poll_result::ready, poll_result::pending, poll_result::yielded, poll_result::panicked}) {
    std::atomic<int> polls{0};
    const task::key task = rt.spawn(
        [&, said](task::key, task::context&) {
          if (++polls > 1) return poll_result::ready;
          CHECK(begin_blocking());
          block_until_another_ran(rt);
          end_blocking();
          return said;
        },
        joined);
    if (said == poll_result::pending) {
      CHECK(eventually([&] { return polls == 1; }));
      rt.wake(task);
    }
    CHECK(eventually([&] { return runtime::is_finished(task); }));
    CHECK(polls == (said == poll_result::pending || said == poll_result::yielded ? 2 : 1));
    const sched::host_entry call;
    runtime::release_join(task);
  }
  CHECK(totals(rt).handed_over == 4);
  rt.end();
}

TEST_CASE("[SC-09] with every worker blocked a thousand tasks run, and so does what a socket or a timer wakes") {
  constexpr int workers = 4;
  bench_runtime rt(patient(workers));
  std::atomic<int> inside{0}, ran{0};
  std::atomic<bool> go{false};
  for (int i = 0; i < workers; ++i)
    rt.spawn_once([&] {
      CHECK(begin_blocking());
      ++inside;
      CHECK(eventually([&] { return go.load(); }));
      end_blocking();
    });
  CHECK(eventually([&] { return inside == workers; }));
  time::timer_queue::entry entry;
  const task::key sleeper = rt.spawn([&, first = true](task::key self, task::context&) mutable {
    if (std::exchange(first, false)) {
      const sched::host_entry call;
      rt.all->arm(entry, rt.all->now() + millisecond, self);
      return poll_result::pending;
    }
    ++ran;
    return poll_result::ready;
  });
  for (int i = 0; i < 1000; ++i) rt.spawn_once([&] { ++ran; });
  CHECK(eventually([&] { return ran == 1001; }));
  CHECK(inside == workers);
  go = true;
  CHECK(eventually([&] { return runtime::is_finished(sleeper) && rt.all->live(*rt.mine) == 0; }));
  runtime::disarm(entry);
  rt.end();
}

TEST_CASE("a runtime stops while a task blocks until another one is gone") {
  bench_runtime rt(patient(1));
  std::atomic<bool> gone{false}, inside{false};
  std::shared_ptr<void> kept(&rt, [&](void*) { gone = true; });
  rt.spawn([kept = std::move(kept)](task::key, task::context&) { return poll_result::pending; });
  rt.spawn_once([&] {
    CHECK(begin_blocking());
    inside = true;
    CHECK(eventually([&] { return gone.load(); }));
    end_blocking();
  });
  CHECK(eventually([&] { return inside.load(); }));
  rt.end();
}

TEST_CASE("a worker that retires while its poll blocks with notice goes at once, also without takeovers") {
  bench_runtime rt(patient(2));
  std::atomic<int> inside{0};
  std::atomic<bool> go{false};
  for (int i = 0; i < 2; ++i)
    rt.spawn_once([&] {
      CHECK(begin_blocking());
      ++inside;
      CHECK(eventually([&] { return go.load(); }));
      end_blocking();
    });
  CHECK(eventually([&] { return inside == 2; }));
  CHECK(rt.all->resize(1, patience()));
  go = true;
  CHECK(eventually([&] { return rt.all->live(*rt.mine) == 0; }));
  rt.end();
}

TEST_CASE("a worker that blocks with notice is shown as such while the stretch lasts, and not after its poll") {
  bench_runtime rt(patient(1));
  std::atomic<int> step{0};
  const auto state = [&] { return rt.all->snapshot().workers[0].state; };
  const auto hold = [&](int in, int until) {
    step = in;
    CHECK(eventually([&] { return step == until; }));
  };
  rt.spawn_once([&] {
    CHECK(begin_blocking());
    hold(1, 2);
    end_blocking();
    hold(3, 4);
    CHECK(begin_blocking());  // and forgets it
  });
  CHECK(eventually([&] { return step == 1; }));
  CHECK(state() == metrics::worker_state::blocking);
  step = 2;
  CHECK(eventually([&] { return step == 3; }));
  CHECK(state() != metrics::worker_state::blocking);
  rt.spawn_once([&] { hold(5, 6); });
  step = 4;
  CHECK(eventually([&] { return step == 5; }));
  CHECK(state() != metrics::worker_state::blocking);
  step = 6;
  rt.end();
}

namespace {

// An engine without threads whose monitor looks when it is told: a core in a poll, and perhaps a task behind it.
struct watched_core {
  explicit watched_core(std::uint32_t workers = 1) {
    with.worker_threads = workers;
    with.on_stuck = [this](const sched::stuck_poll& one) { told.push_back(one.lasted); };
    all = std::move(*sched::engine::create(with));
    monitor.emplace(*all, [this](std::uint32_t, std::uint64_t) { return ++asked > 0; });
    heap.emplace(all->system().heap());
    polled = *task::prepare(*heap, function_ops, nullptr, 0);
    waiting = *task::prepare(*heap, function_ops, nullptr, 0);
    of().running.store(polled, relaxed);
    of().work.polls.add();
  }
  ~watched_core() {
    (void)of().home.injector.pop(1);
    task::discard(*waiting, *heap);
    task::discard(*polled, *heap);
  }
  sched::core& of() { return *all->cores[0]; }
  void queue() { CHECK(of().home.injector.push(waiting)); }
  void look(duration_ns at) { monitor->look(second + at); }

  sched::options with;
  std::vector<duration_ns> told;
  int asked = 0;
  std::unique_ptr<sched::engine> all;
  std::optional<memory::local_heap> heap;
  task::header* polled = nullptr;
  task::header* waiting = nullptr;
  std::optional<sched::multi_thread::monitor> monitor;
};

}  // namespace

TEST_CASE("a stretch that may block costs nobody anything while nobody waits, and is not called stuck") {
  watched_core one;
  CHECK(one.of().begin_blocking());
  for (duration_ns i = 0; i < 100; ++i) one.look(i * millisecond);
  CHECK(one.asked == 0);
  one.queue();
  one.look(100 * millisecond);
  one.look(101 * millisecond);  // it has waited a whole look
  CHECK(one.asked == 1);
  CHECK(one.told.empty());
}

TEST_CASE("what lasts less than a look keeps its core, whoever waits") {
  watched_core one;
  one.queue();
  one.look(0);
  one.of().work.polls.add();  // the next poll
  CHECK(one.of().begin_blocking());
  one.look(millisecond);
  CHECK(one.asked == 0);
  one.look(2 * millisecond);
  CHECK(one.asked == 1);
}

TEST_CASE("where a worker sleeps it is woken instead") {
  watched_core one(2);
  one.all->idle.announce(1, false);
  CHECK(one.of().begin_blocking());
  one.queue();
  one.look(0);
  one.look(millisecond);
  CHECK(one.asked == 0);
  CHECK_FALSE(one.all->idle.parked(1));
}

TEST_CASE("a poll that does not end after its stretch is stuck since then") {
  watched_core one;
  CHECK(one.of().begin_blocking());
  for (duration_ns i = 0; i < 50; ++i) one.look(i * millisecond);
  one.of().end_blocking();
  for (duration_ns i = 50; i < 60; ++i) one.look(i * millisecond);
  CHECK(one.told.empty());
  one.look(60 * millisecond);
  REQUIRE(one.told.size() == 1);
  CHECK(one.told[0] == 10 * millisecond);
}
