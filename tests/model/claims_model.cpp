// The blocking pool's claims under every interleaving: jobs at the cap, threads that leave while a job comes, a racing
// stop, a rotation, a thread that cannot be made.
#include "runtime/blocking/claims.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <vector>

#include "explorer/expect.hpp"
#include "explorer/model_policy.hpp"

namespace {

using namespace tokiod;
using namespace tokiod::model;
using blocking::submit_outcome;
using blocking::worker_step;

struct stub_job : list_node<> {
  bool promised = false;
  int ran = 0, dropped = 0, refused = 0;
  std::uint64_t ticket = 0;
  event* waits_for = nullptr;
  event* ends = nullptr;
  void run() {
    if (waits_for != nullptr) waits_for->wait();
    ++ran;
    if (ends != nullptr) ends->set();
  }
  [[nodiscard]] bool mandatory() const { return promised; }
  [[nodiscard]] int fates() const { return ran + dropped + refused; }
};

// The pool's part of the work: makes model threads where pool.cpp makes real ones.
template <class P>
struct basic_pool {
  using claims = blocking::basic_claims<P, stub_job>;
  const std::uint32_t cap;
  claims jobs;
  model::mutex lock;  // guards the vector
  std::vector<std::unique_ptr<thread>> threads;
  int can_make = 100;

  explicit basic_pool(std::uint32_t max_threads) : cap(max_threads), jobs(max_threads) {}

  bool make_thread() {
    lock.lock();
    const bool made = can_make-- > 0;
    const auto rotation = jobs.rotation();
    if (made) threads.push_back(std::make_unique<thread>([this, rotation] { work(rotation); }));
    lock.unlock();
    return made;
  }
  void work(std::uint64_t rotation) {
    typename claims::worker me(rotation);
    for (;;) {
      const auto now = jobs.next(me, 1);
      switch (now.what) {
        case worker_step::run:
          if (now.send_more && !make_thread()) jobs.could_not_make();
          now.job->run();
          break;
        case worker_step::leave: return;
        case worker_step::replace:
          if (make_thread()) return;
          me.cannot_be_replaced();
          break;
      }
    }
  }
  void submit(stub_job& work) {
    submit_or_refuse(work);
    check(jobs.counts().threads <= cap, "there are more threads than the cap");
  }
  void submit_or_refuse(stub_job& work) {
    std::uint64_t ticket = 0;
    const submit_outcome outcome = jobs.submit(work, ticket);
    if (outcome == submit_outcome::refused) ++work.refused;
    if (outcome != submit_outcome::make_thread || make_thread()) return;
    typename claims::job_list orphans;
    if (jobs.failed(ticket, orphans) == submit_outcome::refused) ++work.refused;
    while (stub_job* orphan = orphans.pop_front()) ++orphan->dropped;
  }
  void recap(std::uint32_t max_threads) {
    if (jobs.cap(max_threads) && !make_thread()) jobs.could_not_make();
  }
  void close() {
    typename claims::job_list dropped;
    jobs.close(dropped);
    while (stub_job* work = dropped.pop_front()) ++work->dropped;
  }
  bool join_first() {
    lock.lock();
    std::unique_ptr<thread> one;
    if (!threads.empty()) {
      one = std::move(threads.front());
      threads.erase(threads.begin());
    }
    lock.unlock();
    if (one) one->join();
    return one != nullptr;
  }
  void join_all() {
    while (join_first()) continue;
  }
};
using pool = basic_pool<model_policy>;

void each_once(std::initializer_list<const stub_job*> jobs) {
  for (const stub_job* j : jobs) check(j->fates() == 1, j->fates() == 0 ? "a job is stranded" : "a job ended twice");
}

// Two submitters; the threads' time may be up at any moment.
template <class Pool>
void submits(std::uint32_t cap) {
  Pool p(cap);
  stub_job a, b;
  thread other([&] { p.submit(a); });
  p.submit(b);
  other.join();
  p.join_all();
  check(a.ran == 1 && b.ran == 1, "a job did not run");
}

// The second job comes when the thread of the first may be working, going to sleep, asleep, or leaving.
void submit_while_leaving() {
  pool p(1);
  stub_job a, b;
  p.submit(a);
  p.submit(b);
  p.join_all();
  check(a.ran == 1 && b.ran == 1, "a job did not run");
}

// Without early timeouts: only the claim ends the sleep.
void submit_while_asleep() {
  pool p(1);
  stub_job a, b;
  p.submit(a);
  thread other([&] { p.submit(b); });
  other.join();
  p.close();
  p.join_all();
  each_once({&a, &b});
}

// The first job blocks until the second has run: below the cap it must get a thread of its own.
void dependent_jobs() {
  pool p(2);
  event second_ran;
  stub_job a, b;
  a.waits_for = b.ends = &second_ran;
  p.submit(a);
  p.submit(b);
  p.join_all();
  each_once({&a, &b});
}

// Each of them needs a thread beside those of the others: whoever comes for one sends for the next before it blocks.
void jobs_in_a_row() {
  pool p(3);
  event second_ran, third_ran;
  stub_job a, b, c;
  a.waits_for = b.ends = &second_ran;
  b.waits_for = c.ends = &third_ran;
  p.submit(a);
  p.submit(b);
  p.submit(c);
  p.join_all();
  each_once({&a, &b, &c});
}

// The same beginning with a thread that sleeps: it is claimed for the first and sends for another before it blocks.
void sleeper_then_another() {
  pool p(2);
  event began, second_ran, both_ran;
  stub_job before, a, b;
  before.ends = &began;
  a.waits_for = b.ends = &second_ran;
  a.ends = &both_ran;
  p.submit(before);
  began.wait();
  p.submit(a);
  p.submit(b);
  both_ran.wait();
  p.close();
  p.join_all();
  each_once({&before, &a, &b});
}

// The second thread cannot be made. The job that relied on it is run by the first, also if that went to sleep
// meanwhile.
void no_second_thread() {
  pool p(2);
  p.can_make = 1;
  stub_job a, b, c;
  event c_ran;
  c.ends = &c_ran;
  p.submit(a);
  thread other([&] { p.submit(b); });
  p.submit(c);
  c_ran.wait();
  other.join();
  p.close();
  p.join_all();
  check(a.ran == 1 && c.ran == 1, "a job did not run");
  each_once({&b});
}

void racing_stop() {
  pool p(1);
  stub_job promised, other;
  promised.promised = true;
  thread submitter([&] {
    p.submit(promised);
    p.submit(other);
  });
  p.close();
  submitter.join();
  p.join_all();
  each_once({&promised, &other});
  check(promised.ran + promised.refused == 1, "a promised job was dropped");
}

// Of two jobs that were promised one waits for the other. The pool stops before a second thread has come.
void promised_in_a_row() {
  pool p(4);
  event second_ran;
  stub_job a, b;
  a.promised = b.promised = true;
  a.waits_for = b.ends = &second_ran;
  p.submit(a);
  p.submit(b);
  p.close();
  p.join_all();
  check(a.ran == 1 && b.ran == 1, "a promised job was dropped");
}

// The only thread cannot be made, and the job for which it was is dropped meanwhile: the other still relies on it.
void failing_creation_at_a_stop() {
  pool p(2);
  p.can_make = 0;
  stub_job a, b;
  b.promised = true;
  thread other([&] { p.submit(a); });
  thread third([&] { p.submit(b); });
  p.close();
  other.join();
  third.join();
  p.join_all();
  each_once({&a, &b});
}

void cancel_or_run() {
  pool p(1);
  stub_job work;
  p.submit(work);
  if (p.jobs.cancel(work)) ++work.dropped;
  p.join_all();
  each_once({&work});
}

void rotation() {
  pool p(1);
  stub_job a, b;
  p.submit(a);
  thread rotates([&] { p.jobs.rotate(); });
  p.submit(b);
  rotates.join();
  p.join_all();
  check(a.ran == 1 && b.ran == 1, "a job did not run");
}

// The replacement of a rotated thread cannot be made: the old one goes on.
void rotation_without_threads() {
  pool p(1);
  p.can_make = 1;
  stub_job a, b;
  p.submit(a);
  thread rotates([&] { p.jobs.rotate(); });
  p.submit(b);
  rotates.join();
  p.join_all();
  each_once({&a, &b});
}

// Of two submitters one makes the only thread and fails.
void failing_creation(int can_make) {
  pool p(2);
  p.can_make = can_make;
  stub_job a, b;
  thread other([&] { p.submit(a); });
  p.submit(b);
  other.join();
  p.join_all();
  each_once({&a, &b});
  if (can_make == 0) check(a.ran == 0 && b.ran == 0, "a job ran without a thread");
}

// A thread exists and stays, so a job waits for it when no second one can be made.
void failing_creation_beside_a_thread() {
  pool p(2);
  p.can_make = 1;
  stub_job a, b;
  a.promised = b.promised = true;
  p.submit(a);
  thread other([&] { p.submit(b); });
  other.join();
  p.close();
  p.join_all();
  check(a.ran == 1 && b.ran == 1, "a job did not run");
}

// A worker that sleeps for ever leaves when it is rotated.
void rotation_of_a_sleeper() {
  pool p(1);
  stub_job a;
  p.submit(a);
  p.jobs.rotate();
  p.join_first();
  p.close();
  p.join_all();
  each_once({&a});
}

// The first job blocks until the second has run, which a higher cap makes possible, before or after it is queued.
void cap_rises() {
  pool p(1);
  event second_ran;
  stub_job a, b;
  a.waits_for = b.ends = &second_ran;
  p.submit_or_refuse(a);
  thread raises([&] { p.recap(2); });
  p.submit_or_refuse(b);
  raises.join();
  p.join_all();
  each_once({&a, &b});
}

// Workers past a lower cap leave, and none of them with a job that nobody else comes for.
void cap_falls() {
  pool p(2);
  stub_job a, b;
  p.submit(a);
  thread lowers([&] { p.recap(1); });
  p.submit(b);
  lowers.join();
  p.join_all();
  check(a.ran == 1 && b.ran == 1, "a job did not run");
}

// What a mutant changes: a lock that does not lock.
struct unlocked_policy : model_policy {
  struct mutex {
    void lock() {}
    void unlock() {}
  };
};

constexpr bounds wide{.preemptions = 3, .early_timeouts = 2};
constexpr bounds for_ever{.preemptions = 3, .early_timeouts = 0, .time_passes = false};

}  // namespace

TEST_CASE("every job runs, below the cap, at the cap, and while threads come and go") {
  passes({.early_timeouts = 2}, [] { submits<pool>(2); });
  passes(wide, [] { submits<pool>(1); });
  passes(wide, submit_while_leaving);
  passes(for_ever, submit_while_asleep);
  passes(dependent_jobs);
  passes({.preemptions = 2}, jobs_in_a_row);
  passes(for_ever, sleeper_then_another);
  passes(for_ever, no_second_thread);
}

TEST_CASE("a stop that races with submits runs, drops or refuses each job once") {
  passes(wide, racing_stop);
  passes({.preemptions = 2}, promised_in_a_row);
  passes({.preemptions = 3}, failing_creation_at_a_stop);
}

TEST_CASE("a job is cancelled or run") { passes(wide, cancel_or_run); }

TEST_CASE("another cap strands no job, whether it rises or falls") {
  passes(wide, cap_rises);
  passes(wide, cap_falls);
}

TEST_CASE("a rotation strands no job, also when no replacement can be made") {
  passes({.early_timeouts = 2}, rotation);
  passes({.early_timeouts = 2}, rotation_without_threads);
  passes(for_ever, rotation_of_a_sleeper);
}

TEST_CASE("a thread that cannot be made leaves no job behind") {
  passes(wide, [] { failing_creation(0); });
  passes({.early_timeouts = 2}, [] { failing_creation(1); });
  passes(for_ever, failing_creation_beside_a_thread);
}

TEST_CASE("mutants of the claims are caught") {
  using change = mutant::change;
  fails("data race", [] { submits<basic_pool<unlocked_policy>>(1); });
  catches({change::drop_write, "claim_one", "set"}, for_ever, submit_while_asleep);
}
