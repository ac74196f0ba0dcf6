// A poll that does not end loses its core to another thread: what waited behind it goes on, and the poll is settled
// without a core when it returns.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/sched/multi_thread/monitor.hpp"
#include "tasks.hpp"

using namespace tokiod;
using namespace tokiod::test;
using task::poll_result;

namespace {

runtime_options impatient(std::uint32_t workers) {
  runtime_options with = bench_runtime::with_workers(workers);
  with.stuck_after = 2 * millisecond;
  return with;
}

std::uint64_t takeovers(const bench_runtime& rt) { return rt.all->metrics().all_workers().takeovers; }

// Exported by this program (ENABLE_EXPORTS), so that a stack names it. Calls nothing, because a linker's stub for a
// call ends a stack; under ThreadSanitizer it must, because only then a signal's handler runs.
extern "C" [[gnu::noinline]] void known_place(const std::atomic<bool>& over) {
  for (std::uint64_t turns = 0; !over && turns < 1'000'000'000; ++turns) {
#ifdef TOKIOD_TSAN
    (void)steady_clock().now();
#endif
  }
}

}  // namespace

TEST_CASE("a poll that does not end holds nobody up, also where it has the only worker") {
  bench_runtime rt(impatient(1));
  std::atomic<bool> over{false};
  rt.spawn_once([&] {
    block_until_another_ran(rt);
    over = true;
  });
  CHECK(eventually([&] { return over.load(); }));
  CHECK(takeovers(rt) >= 1);
  rt.end();
}

TEST_CASE("what waits behind a poll that sleeps is not held up until that ends; for how long is printed") {
  const runtime_options with = bench_runtime::with_workers(1);
  bench_runtime rt(with);
  std::vector<duration_ns> held_up;
  for (int i = 0; i < 20; ++i) {
    std::atomic<instant_ns> ran{0};
    std::atomic<bool> over{false};
    rt.spawn_once([&] {
      const instant_ns begun = steady_clock().now();
      rt.spawn_once([&] { ran = steady_clock().now(); });
      for (int ms = 0; ms < 30'000 && ran == 0; ++ms) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      held_up.push_back(ran - begun);
      CHECK(ran != 0);
      over = true;
    });
    REQUIRE(eventually([&] { return over.load(); }));
  }
  CHECK(takeovers(rt) >= held_up.size());
  std::ranges::sort(held_up);
  MESSAGE("threshold ", with.stuck_after / microsecond, " us, held up for ", held_up[10] / microsecond, " us, at most ",
          held_up.back() / microsecond, " us");
  rt.end();
}

// Each takeover but the first, and those whose predecessor is late, goes to a thread that was there before.
TEST_CASE("a thread that is back from its poll takes the next core over, and goes when threads are rotated") {
  static std::atomic<int> threads{0}, ended{0};
  threads = ended = 0;
  runtime_options with = impatient(1);
  with.on_thread_start = [] { ++threads; };
  with.on_thread_stop = [] { ++ended; };
  bench_runtime rt(with);
  constexpr int polls = 20;
  for (int i = 0; i < polls; ++i) {
    std::atomic<bool> over{false};
    rt.spawn_once([&] {
      block_until_another_ran(rt);
      over = true;
    });
    CHECK(eventually([&] { return over.load(); }));
  }
  CHECK(takeovers(rt) >= polls);
  CHECK(threads < polls / 2);
  const int before = threads;
  CHECK(rt.all->rotate_threads(patience()).has_value());
  CHECK(ended == before);
  CHECK(eventually([&] { return threads == before + 1; }));
  rt.end();
}

TEST_CASE("a worker that is taken over was busy until then") {
  bench_runtime rt(impatient(1));
  for (int i = 0; i < 5; ++i) {
    std::atomic<bool> over{false};
    rt.spawn_once([&] {
      block_until_another_ran(rt);
      over = true;
    });
    CHECK(eventually([&] { return over.load(); }));
  }
  CHECK(takeovers(rt) >= 5);
  CHECK(rt.all->metrics().all_workers().busy_ns >= 5 * 2 * millisecond);
  rt.end();
}

TEST_CASE("a timer that is due, and a wake from outside, reach their tasks behind a poll that does not end") {
  bench_runtime rt(impatient(1));
  time::timer_queue::entry entry;
  std::atomic<int> woken{0};
  const auto once_woken = [&, first = true](task::key, task::context&) mutable {
    if (std::exchange(first, false)) return poll_result::pending;
    ++woken;
    return poll_result::ready;
  };
  const task::key by_timer = rt.spawn(once_woken);
  const task::key by_thread = rt.spawn(once_woken);
  std::atomic<bool> inside{false};
  rt.spawn_once([&] {
    {
      const sched::host_entry call;
      rt.all->arm(entry, rt.all->now() + millisecond, by_timer);
    }
    inside = true;
    CHECK(eventually([&] { return woken == 2; }));
  });
  CHECK(eventually([&] { return inside.load(); }));
  rt.wake(by_thread);
  CHECK(eventually([&] { return woken == 2; }));
  runtime::disarm(entry);
  rt.end();
}

TEST_CASE("whatever a poll says that lost its core, the task goes on or ends as always") {
  bench_runtime rt(impatient(1));
  const auto settle = [&](poll_result first) {
    std::atomic<int> polls{0};
    const task::key task = rt.spawn(
        [&, first](task::key, task::context& cx) {
          if (++polls > 1) return poll_result::ready;
          block_until_another_ran(rt);
          if (first == poll_result::panicked) cx.panic_message = "said without a core";
          return first;
        },
        joined);
    if (first == poll_result::pending) {
      CHECK(eventually([&] { return polls == 1; }));
      rt.wake(task);
    }
    CHECK(eventually([&] { return runtime::is_finished(task); }));
    CHECK(polls == (first == poll_result::pending || first == poll_result::yielded ? 2 : 1));
    const auto how = task::end_of(*task.task);
    CHECK(how == (first == poll_result::panicked ? task::end_kind::panicked : task::end_kind::completed));
    if (first == poll_result::panicked) CHECK(task::panic_message_of(*task.task) == "said without a core");
    const sched::host_entry call;
    runtime::release_join(task);
  };
  for (const auto said : {poll_result::ready, poll_result::pending, poll_result::yielded, poll_result::panicked})
    settle(said);
  CHECK(takeovers(rt) >= 4);
  CHECK(rt.all->live(*rt.mine) == 0);
  rt.end();
}

TEST_CASE("a task that is aborted while it polls without a core is cancelled when the poll returns") {
  bench_runtime rt(impatient(1));
  std::atomic<bool> inside{false}, aborted{false};
  const task::key task = rt.spawn(
      [&](task::key, task::context&) {
        block_until_another_ran(rt);
        inside = true;
        CHECK(eventually([&] { return aborted.load(); }));
        return poll_result::pending;
      },
      joined);
  CHECK(eventually([&] { return inside.load(); }));
  runtime::abort(task);
  aborted = true;
  CHECK(eventually([&] { return runtime::is_finished(task); }));
  CHECK(task::end_of(*task.task) == task::end_kind::cancelled);
  {
    const sched::host_entry call;
    runtime::release_join(task);
  }
  rt.end();
}

TEST_CASE("the task list shows a poll that lost its core, where it began and for how long it has lasted") {
  bench_runtime rt(impatient(1));
  std::atomic<bool> inside{false}, go{false};
  const task::key task = rt.spawn([&](task::key, task::context&) {
    block_until_another_ran(rt);
    inside = true;
    CHECK(eventually([&] { return go.load(); }));
    return poll_result::ready;
  });
  CHECK(eventually([&] { return inside.load(); }));
  auto tasks = rt.all->tasks(rt.mine, 10);
  CHECK(eventually([&] {  // the one that ran instead has ended
    tasks = rt.all->tasks(rt.mine, 10);
    return tasks.size() == 1;
  }));
  REQUIRE(tasks.size() == 1);
  CHECK(tasks[0].which == task);
  CHECK(tasks[0].state == task_state::running);
  CHECK(tasks[0].worker == 0);
  CHECK(tasks[0].running_for >= 2 * millisecond);
  go = true;
  CHECK(eventually([&] { return rt.all->live(*rt.mine) == 0; }));
  CHECK(rt.all->totals(*rt.mine).poll_ns >= 2 * millisecond);  // also what came after the core was lost
  rt.end();
}

TEST_CASE("a poll that does not end is reported once, with its task, its owner and its thread") {
  std::mutex mutex;
  std::vector<sched::stuck_poll> told;
  std::atomic<bool> reported{false};
  auto with = impatient(2);
  with.on_stuck = [&](const sched::stuck_poll& one) {
    const std::lock_guard hold(mutex);
    told.push_back(one);
    reported = true;
  };
  const auto reports = [&] {
    const std::lock_guard hold(mutex);
    return told;
  };
  bench_runtime rt(with);
  std::atomic<int> thread{0};
  const task::key task = rt.spawn(
      [&](task::key, task::context&) {
        thread = current_thread_id();
        known_place(reported);
        return poll_result::ready;
      },
      joined);
  CHECK(eventually([&] { return runtime::is_finished(task); }));
  REQUIRE(reports().size() == 1);
  const auto one = reports()[0];
  CHECK(one.task == runtime::id_of(task));
  CHECK(one.owner == rt.mine->id());
  CHECK(one.os_thread == thread);
  CHECK(one.lasted >= with.stuck_after);
  CHECK(rt.mine->slow_polls.read() == 1);
  CHECK_FALSE(one.taken_over);  // the other worker sleeps, and nothing waits
  CHECK_MESSAGE(one.stack.missing.empty(), one.stack.missing);
  const auto is_known = [](const stack_frame& frame) { return frame.symbol == "known_place"; };
  CHECK(std::ranges::any_of(one.stack.frames, is_known));
  {
    const sched::host_entry call;
    runtime::release_join(task);
  }
  rt.end();
}

// The signal waits for the second poll: while it is there for the first one, nobody else may ask that thread.
TEST_CASE("of two stuck polls in a row the second is told with its own stack, though the first was not answered yet") {
  std::mutex mutex;
  std::vector<sched::stuck_poll> told;
  std::atomic<bool> both{false};
  auto with = impatient(1);
  with.on_stuck = [&](const sched::stuck_poll& one) {
    const std::lock_guard hold(mutex);
    told.push_back(one);
    both = told.size() == 2;
  };
  bench_runtime rt(with);
  const auto let_through = [](int how) {
    sigset_t only;
    sigemptyset(&only);
    sigaddset(&only, stack_signal());
    pthread_sigmask(how, &only, nullptr);
  };
  const auto until_asked = [&](std::uint64_t polls) {
    CHECK(eventually([&] { return rt.mine->slow_polls.read() == polls; }));
  };
  task::key later;
  rt.spawn_once([&] {
    let_through(SIG_BLOCK);
    until_asked(1);  // while nobody waits, so that it keeps its thread
    later = rt.spawn(
        [&](task::key, task::context&) {
          until_asked(2);
          let_through(SIG_UNBLOCK);
          known_place(both);
          return poll_result::ready;
        },
        joined);
  });
  CHECK(eventually([&] { return both.load(); }));
  {
    const std::lock_guard hold(mutex);
    REQUIRE(told.size() == 2);
    CHECK(told[1].task == runtime::id_of(later));
    CHECK_MESSAGE(told[1].stack.missing.empty(), told[1].stack.missing);
    CHECK(std::ranges::any_of(told[1].stack.frames, [](const auto& frame) { return frame.symbol == "known_place"; }));
  }
  CHECK(eventually([&] { return runtime::is_finished(later); }));
  {
    const sched::host_entry call;
    runtime::release_join(later);
  }
  rt.end();
}

TEST_CASE("the time after which a poll is stuck may change while the poll lasts") {
  std::atomic<bool> inside{false}, reported{false};
  auto with = impatient(2);
  with.stuck_after = 0;  // never
  with.on_stuck = [&](const sched::stuck_poll&) { reported = true; };
  bench_runtime rt(with);
  rt.spawn([&](task::key, task::context&) {
    inside = true;
    known_place(reported);
    return poll_result::ready;
  });
  CHECK(eventually([&] { return inside.load(); }));
  CHECK_FALSE(reported);
  with.stuck_after = 2 * millisecond;
  CHECK(rt.all->follow(with));
  CHECK(eventually([&] { return reported.load(); }));
  rt.end();
}

TEST_CASE("threads that lost their core hold up a rotation until they come back") {
  bench_runtime rt(impatient(1));
  std::atomic<bool> inside{false}, go{false};
  rt.spawn_once([&] {
    block_until_another_ran(rt);
    inside = true;
    CHECK(eventually([&] { return go.load(); }));
  });
  CHECK(eventually([&] { return inside.load(); }));
  CHECK(rt.all->rotate_threads(steady_clock().now() + millisecond).error().code == ETIMEDOUT);
  go = true;
  CHECK(rt.all->rotate_threads(patience()));
  std::atomic<bool> ran{false};
  rt.spawn_once([&] { ran = true; });
  CHECK(eventually([&] { return ran.load(); }));
  rt.end();
}

TEST_CASE("whoever passes all guards waits for a thread that settles its task without a core") {
  bench_runtime rt(impatient(1));
  std::atomic<bool> in_drop{false}, go{false};
  std::shared_ptr<void> kept(&rt, [&](void*) {
    in_drop = true;
    CHECK(eventually([&] { return go.load(); }));
  });
  rt.spawn([&, kept = std::move(kept)](task::key, task::context&) {
    block_until_another_ran(rt);
    return poll_result::ready;
  });
  CHECK(eventually([&] { return in_drop.load(); }));
  CHECK_FALSE(rt.all->pass_all_guards(steady_clock().now() + millisecond));
  go = true;
  CHECK(rt.all->pass_all_guards(patience()));
  rt.end();
}

TEST_CASE("many polls that do not end, and nothing is lost") {
  constexpr int hostages = 60, others = 6000;
  bench_runtime rt(impatient(2));
  std::atomic<int> ran{0}, held{0};
  for (int i = 0; i < hostages; ++i) {
    for (int n = 0; n < others / hostages; ++n)
      rt.spawn([&, yields = n % 3](task::key, task::context&) mutable {
        if (yields-- > 0) return poll_result::yielded;
        ++ran;
        return poll_result::ready;
      });
    rt.spawn_once([&] {
      const int before = ran;
      block_until_another_ran(rt);
      held += ran >= before ? 1 : 0;
    });
  }
  CHECK(eventually([&] { return ran == others && held == hostages; }));
  CHECK(eventually([&] { return rt.all->live(*rt.mine) == 0; }));
  rt.end();
}

TEST_CASE(
    "the monitor asks for a takeover when the time is over, nobody sleeps and somebody waits; never when it is "
    "turned off") {
  for (const duration_ns limit : {10 * millisecond, duration_ns{0}}) {
    sched::options with;
    with.stuck_after = limit;
    const auto all = std::move(*sched::engine::create(with));
    int asked = 0;
    sched::multi_thread::monitor monitor(*all, [&](std::uint32_t, std::uint64_t) { return ++asked > 0; });
    memory::local_heap heap(all->system().heap());
    task::header* const polled = *task::prepare(heap, function_ops, nullptr, 0);
    task::header* const waiting = *task::prepare(heap, function_ops, nullptr, 0);
    sched::core& of = *all->cores[0];
    of.running.store(polled, relaxed);
    of.work.polls.add();
    CHECK(of.home.injector.push(waiting));
    monitor.look(second);
    monitor.look(second + 9 * millisecond);
    CHECK(asked == 0);
    monitor.look(second + 10 * millisecond);
    CHECK(asked == (limit != 0 ? 1 : 0));
    (void)of.home.injector.pop(1);
    task::discard(*waiting, heap);
    task::discard(*polled, heap);
  }
}
