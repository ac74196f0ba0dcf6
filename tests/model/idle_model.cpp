// Parking and waking: workers that follow worker::loop() and worker::park() around the real idle, with the length of an
// injector as the queue, for jobs that others brought: what is left to its own core is not of this model. The failure
// to find: a job waits, and nobody comes; who waits for its end then waits for ever.
#include "runtime/sched/idle.hpp"

#include <doctest/doctest.h>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"
#include "runtime/sched/watch.hpp"

using namespace tokiod;
using namespace tokiod::model;

namespace {

struct scene {
  explicit scene(std::uint32_t workers = 2) : idle(workers) {}
  sched::basic_idle<model_policy> idle;
  atomic<std::uint32_t> waiting{0};  // stands for the lengths of all queues
  atomic<std::uint32_t> done{0};
  atomic<bool> stopping{false};
  event awake[2];
  bool look_after_search = true;
  bool look_before_sleep = true;

  bool take() {
    for (std::uint32_t seen = waiting.load(acquire); seen != 0;)
      if (waiting.compare_exchange_strong(seen, seen - 1, acq_rel, acquire)) return true;
    return false;
  }
  bool visible() { return waiting.load(seq_cst) != 0; }
  void notify(std::uint32_t near) {
    if (const std::uint32_t woken = idle.notify(near); woken != idle.nobody) awake[woken].set();
  }
  void submit() {
    waiting.fetch_add(1, seq_cst);
    notify(0);
  }
  void found(bool& searching) {
    if (!std::exchange(searching, false)) return;
    if (idle.leave_search() && look_after_search && visible()) notify(0);
  }

  template <class Job>
  void work(std::uint32_t self, Job job) {
    for (bool searching = false;;) {
      if (stopping.load(acquire)) return;
      bool got = take();
      if (!got) {
        if (!searching) searching = idle.begin_search();
        got = searching && take();
      }
      if (got) {
        found(searching);
        job();
        done.fetch_add(1, release);
        continue;
      }
      idle.announce(self, searching);
      const bool reason = stopping.load(seq_cst) || (look_before_sleep && visible());
      if (!reason) awake[self].wait();
      searching = idle.retract(self);
      if (reason && !searching) {
        idle.join_search();
        searching = true;
      }
    }
  }
  void stop_after(std::uint32_t jobs) {
    while (done.load(acquire) < jobs) model_policy::yield();
    stopping.store(true, seq_cst);
    for (auto& one : awake) one.set();
  }
};

void jobs_from_outside(std::uint32_t jobs) {
  scene s;
  thread one([&] { s.work(0, [] {}); });
  thread two([&] { s.work(1, [] {}); });
  for (std::uint32_t i = 0; i < jobs; ++i) s.submit();
  s.stop_after(jobs);
  one.join();
  two.join();
}

// One worker alone: it may wake up by itself just when a notifier wants to wake it.
void jobs_for_one_worker() {
  scene s(1);
  thread one([&] { s.work(0, [] {}); });
  s.submit();
  s.submit();
  s.stop_after(2);
  one.join();
}

// The first to run waits for the second: a job that stays in the queue beside a sleeping worker is a deadlock here.
void dependent_jobs(bool look_after_search = true, bool look_before_sleep = true) {
  scene s;
  s.look_after_search = look_after_search;
  s.look_before_sleep = look_before_sleep;
  atomic<int> begun{0};
  event second;
  const auto job = [&] {
    if (begun.fetch_add(1, acq_rel) == 0) {
      second.wait();
    } else {
      second.set();
    }
  };
  thread one([&] { s.work(0, job); });
  thread two([&] { s.work(1, job); });
  s.submit();
  s.submit();
  s.stop_after(2);
  one.join();
  two.join();
}

// A running job pushes another one locally (relaxed look) and waits for it. The push may miss a worker that parks at
// that moment; the monitor's look makes up for it.
void local_push_and_wait(bool monitored) {
  scene s;
  atomic<int> begun{0};
  event second;
  const auto job = [&] {
    if (begun.fetch_add(1, acq_rel) != 0) return second.set();
    s.waiting.store(1, release);  // the ring's tail
    if (s.idle.worth_a_look()) s.notify(0);
    second.wait();
  };
  s.waiting.store(1, relaxed);
  thread one([&] { s.work(0, job); });
  thread two([&] { s.work(1, job); });
  while (monitored && s.done.load(acquire) < 2) {
    if (s.idle.any_parked() && s.visible()) s.notify(0);
    model_policy::yield();
  }
  s.stop_after(2);
  one.join();
  two.join();
}

// A worker becomes active while the monitor goes to rest: it must be watched afterwards.
void rest_against_wake_up() {
  sched::basic_idle<model_policy> idle{1};
  sched::basic_watch<model_policy> watch;
  atomic<int> started{0};
  const auto became_active = [&] {
    if (watch.wanted()) started.fetch_add(1, seq_cst);
  };
  idle.announce(0, false);
  check(idle.all_parked(), "the only worker sleeps, and not all do");
  thread worker([&] {
    (void)idle.retract(0);
    became_active();
  });
  bool ticks = true;
  if (idle.all_parked()) {
    watch.rest();
    ticks = false;
    if (!idle.all_parked()) became_active();
  }
  worker.join();
  check(ticks || started.load(seq_cst) == 1, "a worker is active, the monitor rests, or it was started twice");
}

// A job comes from outside while the monitor goes to rest, and no wake-up follows: it must be seen to wait.
void rest_against_job() {
  sched::basic_idle<model_policy> idle{1};
  sched::basic_watch<model_policy> watch;
  atomic<std::uint32_t> waiting{0};
  atomic<int> started{0};
  const auto came = [&] {
    if (watch.wanted()) started.fetch_add(1, seq_cst);
  };
  idle.announce(0, false);
  thread submitter([&] {
    waiting.fetch_add(1, seq_cst);
    came();
  });
  const auto may_rest = [&] { return idle.all_parked() && waiting.load(seq_cst) == 0; };
  bool ticks = true;
  if (may_rest()) {
    watch.rest();
    ticks = false;
    if (!may_rest()) came();
  }
  submitter.join();
  check(ticks || started.load(seq_cst) == 1, "a job waits, the monitor rests, or it was started twice");
}

// ---- more workers while others submit and the monitor looks

struct wide_policy : model_policy {
  static constexpr std::uint32_t max_workers = 128;  // two words
};

// The first worker of another word of the bitmap parks while a job comes from outside.
void growth_beside_submitter() {
  sched::basic_idle<wide_policy> idle{64};
  atomic<std::uint32_t> waiting{0};
  event awake;
  thread fresh([&] {
    idle.set_workers(65);
    idle.announce(64, false);
    if (waiting.load(seq_cst) == 0) awake.wait();
  });
  waiting.fetch_add(1, seq_cst);
  if (idle.notify(0) == 64) awake.set();
  fresh.join();
}

// A worker that is added runs while the monitor goes to rest, because the others are parked.
void rest_against_growth(bool counted_before_it_runs = true) {
  sched::basic_idle<model_policy> idle{1};
  sched::basic_watch<model_policy> watch;
  atomic<int> started{0};
  const auto became_active = [&] {
    if (watch.wanted()) started.fetch_add(1, seq_cst);
  };
  idle.announce(0, false);
  thread fresh([&] {
    if (counted_before_it_runs) idle.set_workers(2);
    became_active();
    if (!counted_before_it_runs) idle.set_workers(2);
  });
  bool ticks = true;
  if (idle.all_parked()) {
    watch.rest();
    ticks = false;
    if (!idle.all_parked()) became_active();
  }
  fresh.join();
  check(ticks || started.load(seq_cst) == 1, "a new worker is active, and the monitor rests");
}

using change = mutant::change;
const bounds search{.preemptions = 2, .stale_reads = 1};

const equivalents same{
    {change::blind, "begin_search", "load", "a limit, not a promise: one more searches"},
    {change::blind, "worth_a_look", "load", "one look more, with notify(), which decides"},
    {change::weaken, "take_from", "load", "a guess: fetch_and decides, and who misses a bit looks again in notify()"},
    {change::weaken, "begin_search", "fetch_add",
     "a notifier's CAS reads the newest count; the rest is up to leave_search()"},
    {change::weaken, "join_search", "fetch_add",
     "a notifier's CAS reads the newest count; the rest is up to leave_search()"},
    {change::weaken, "notify", "cas", "a CAS that fails must be in the order, and that half stays seq_cst here",
     acq_rel},
    {change::weaken, "notify", "fetch_sub", "what is ordered is the look of the next round"},
    {change::weaken, "take_from", "fetch_and", "its result alone says who wakes whom, and the wake-up orders the rest"},
    {change::blind, "wanted", "load", "the look only spares the exchange that decides"},
    {change::weaken, "wanted", "exchange",
     "decides who starts the timer; it reads the newest value whatever its order"},
};

}  // namespace

TEST_CASE("one job from outside is run") {
  passes(search, [] { jobs_from_outside(1); });
}

TEST_CASE("two jobs from outside are run") {
  passes(search, [] { jobs_from_outside(2); });
}

TEST_CASE("two jobs for one worker are run") { passes(search, jobs_for_one_worker); }

TEST_CASE("a job that another one waits for is run beside it") {
  passes(search, [] { dependent_jobs(); });
}

TEST_CASE("without the look after the announcement a job stays beside a sleeping worker") {
  fails(search, "does not end", [] { dependent_jobs(true, false); });
}

TEST_CASE("without the look after the search a job stays beside a sleeping worker") {
  fails(search, "does not end", [] { dependent_jobs(false, true); });
}

TEST_CASE("a local push that misses a parking worker is made up for by the monitor") {
  passes(search, [] { local_push_and_wait(true); });
}

TEST_CASE("without the monitor a local push may be missed") {
  fails(search, "does not end", [] { local_push_and_wait(false); });
}

TEST_CASE("a worker that becomes active while the monitor goes to rest is watched") { passes(rest_against_wake_up); }

TEST_CASE("a job that comes from outside while the monitor goes to rest is seen to wait") { passes(rest_against_job); }

TEST_CASE("a worker that is added is woken for a job, whichever word of the bitmap it is in") {
  passes(growth_beside_submitter);
}

TEST_CASE("a worker that is added while the monitor goes to rest is watched, if it is counted before it runs") {
  passes([] { rest_against_growth(); });
  fails({}, "the monitor rests", [] { rest_against_growth(false); });
}

TEST_CASE("mutants of growth are caught") {
  catches({change::weaken, "set_workers", "store"}, growth_beside_submitter);
  catches({change::weaken, "workers", "load"}, growth_beside_submitter);
  catches({change::drop_write, "set_workers", "store"}, [] { rest_against_growth(); });
}

TEST_CASE("mutants of parking are caught") {
  const auto dependent = [] { dependent_jobs(); };
  const bounds walks{.random_runs = 100'000};  // each is caught by one of the first thousand; a search takes seconds
  catches({change::drop_write, "announce", "fetch_or"}, walks, dependent);
  catches({change::drop_write, "announce", "fetch_sub"}, walks, dependent);
  catches({change::weaken, "any_parked", "load"}, walks, dependent);
  catches({change::blind, "any_parked", "load"}, walks, dependent);
  catches({change::weaken, "leave_search", "fetch_sub"}, walks, dependent);
  catches({change::drop_write, "retract", "fetch_and"}, walks, dependent);
  catches({change::drop_write, "take_from", "fetch_and"}, walks, dependent);
}

TEST_CASE("mutants of the monitor's rest are caught") {
  catches({change::weaken, "wanted", "load"}, rest_against_wake_up);
  catches({change::weaken, "rest", "store"}, rest_against_wake_up);
  catches({change::weaken, "retract", "fetch_and"}, rest_against_wake_up);
  catches({change::weaken, "wanted", "load"}, rest_against_job);
  catches({change::weaken, "rest", "store"}, rest_against_job);
  catches({change::drop_write, "rest", "store"}, rest_against_job);
}
