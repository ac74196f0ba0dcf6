// Who works and who waits in a pool of threads: the queue of jobs, the stack of idle workers, and how many threads
// there are, all under one lock, so that "somebody will take this job" is decided in the same moment as it is queued.
//
//   submit: somebody is on the way already | an idle worker is claimed (taken off the stack, its event set) | a thread
//           is to be made | at the cap: whoever finishes first takes it
//   next:   a job | sleep on the idle stack | leave (idle too long, stopped, rotated)
//
// To wake a thread costs more than most jobs, so one at a time is on the way. It sends for the next one before it runs
// its job if more are queued: jobs that block get a thread each, and a burst of short ones is done by the first to
// come.
//
// Invariant: while a job is queued, somebody is on the way, or nobody is idle and no thread may be made; then whoever
//            ends a job looks at the queue. A worker leaves only when the queue is empty, or in favour of a
//            replacement. An event is set under the lock, so a worker that has seen itself claimed may end at once.
//            `threads` counts threads that run or are being made, and never grows past the cap; when the cap falls
//            below it, workers leave as soon as they find no job.
// Threads:   submit, failed, cancel, close, rotate, cap, counts [any]; next [a worker, about itself].
// Model:     tests/model/claims_model.cpp
#pragma once
#include <cstdint>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "base/intrusive_list.hpp"
#include "base/policy.hpp"
#include "base/spin_lock.hpp"

namespace tokiod::blocking {

enum class submit_outcome : std::uint8_t {
  taken,        // somebody will run it
  make_thread,  // the caller makes a thread now, or calls failed()
  refused,      // closed
};

enum class worker_step : std::uint8_t {
  run,      // the job; before it, make a thread if `send_more` says so, or call could_not_make()
  leave,    // the thread ends
  replace,  // the thread ends once its caller has made another in its place; else it stays: cannot_be_replaced()
};

struct claim_counts {
  std::uint32_t threads = 0;
  std::uint32_t idle = 0;
  std::uint64_t queued = 0;
  std::uint64_t submitted = 0;
  std::uint64_t taken = 0;  // by a worker
};

template <class P, class Job>
class basic_claims {
 public:
  using job_list = intrusive_list<Job>;

  // A thread of the pool as the others see it; lives as long as the thread.
  class worker : public list_node<> {
   public:
    explicit worker(std::uint64_t rotation) : rotation_(rotation) {}
    void cannot_be_replaced() { irreplaceable_ = true; }

   private:
    friend class basic_claims;
    typename P::event wake_;
    const std::uint64_t rotation_;  // as it was when its thread was made
    bool on_the_way_ = true;        // it was made or claimed and has not looked at the queue since; under lock_
    bool irreplaceable_ = false;
  };

  struct step {
    worker_step what;
    Job* job = nullptr;
    bool send_more = false;
  };

  explicit basic_claims(std::uint32_t max_threads) : cap_(max_threads) {}

  // `ticket` names this submission to failed(): by then the job may have ended, and another one lie where it lay.
  [[nodiscard]] submit_outcome submit(Job& work, std::uint64_t& ticket) {
    const hold locked(lock_);
    shared& s = shared_.ref();
    if (s.closed) return submit_outcome::refused;
    s.queue.push_back(work);
    ++s.counts.queued;
    work.ticket = ticket = ++s.counts.submitted;
    return send_one(s) ? submit_outcome::make_thread : submit_outcome::taken;
  }

  // The thread for a submission could not be made. `orphans`: there is no other either, and these relied on the same
  // one. refused: so did the job itself, which is the caller's again.
  [[nodiscard]] submit_outcome failed(std::uint64_t ticket, job_list& orphans) {
    const hold locked(lock_);
    shared& s = shared_.ref();
    give_up(s);
    if (s.counts.threads != 0) return submit_outcome::taken;
    Job* const mine = find(s, ticket);
    if (mine != nullptr) take_out(s, *mine);
    s.counts.queued = 0;
    orphans.append(s.queue);
    return mine != nullptr ? submit_outcome::refused : submit_outcome::taken;
  }

  // The thread that a step asked for could not be made: the jobs wait for the threads that are there.
  void could_not_make() {
    const hold locked(lock_);
    give_up(shared_.ref());
  }

  // True: it had not started, and is the caller's again.
  [[nodiscard]] bool cancel(Job& work) {
    const hold locked(lock_);
    if (!work.linked()) return false;
    take_out(shared_.ref(), work);
    return true;
  }

  // Those of the queue that are `wanted` are the caller's again.
  template <class Wanted>
  void withdraw(job_list& taken, Wanted wanted) {
    const hold locked(lock_);
    take_if(shared_.ref(), taken, wanted);
  }

  // No more jobs are taken. `dropped` are those that were queued and are not mandatory.
  void close(job_list& dropped) {
    const hold locked(lock_);
    shared& s = shared_.ref();
    s.closed = true;
    take_if(s, dropped, [](const Job& work) { return !work.mandatory(); });
    while (claim_one(s)) continue;
  }

  // Every worker of an earlier rotation leaves, after the job it runs. Returns the new rotation.
  std::uint64_t rotate() {
    const hold locked(lock_);
    shared& s = shared_.ref();
    while (claim_one(s)) continue;
    return ++s.rotation;
  }
  // At most so many threads from now on. True: the caller makes one for what is queued, or calls could_not_make().
  [[nodiscard]] bool cap(std::uint32_t max_threads) {
    const hold locked(lock_);
    shared& s = shared_.ref();
    cap_ = max_threads;
    if (!s.queue.empty()) return send_one(s);
    for (std::uint32_t left = s.counts.threads; left > max_threads && claim_one(s); --left) continue;
    return false;
  }

  [[nodiscard]] std::uint64_t rotation() {
    const hold locked(lock_);
    return shared_.ref().rotation;
  }

  // What the worker does now; sleeps until there is something, at most `keep_alive`.
  [[nodiscard]] step next(worker& me, duration_ns keep_alive) {
    bool time_is_up = false;
    for (;;) {
      if (const auto now = decide(me, time_is_up)) return *now;
      time_is_up = !me.wake_.wait_for(keep_alive);
    }
  }

  // visit(const Job&) of so many queued jobs at most, the first ones.
  template <class Visit>
  void for_queued(std::size_t most, Visit visit) {
    const hold locked(lock_);
    shared& s = shared_.ref();
    for (Job* work = s.queue.front(); work != nullptr && most > 0; work = s.queue.next(*work), --most) visit(*work);
  }

  [[nodiscard]] claim_counts counts() {
    const hold locked(lock_);
    return shared_.ref().counts;
  }

 private:
  struct shared {
    job_list queue;
    intrusive_list<worker> idle;  // the last to sleep is the first to be claimed: its caches are warm, others may leave
    claim_counts counts;
    std::uint64_t rotation = 0;
    bool closed = false;
    bool one_on_the_way = false;  // a worker that was claimed, or a thread that is made: it will look at the queue
  };

  template <class Wanted>
  void take_if(shared& s, job_list& taken, Wanted wanted) {
    for (Job* work = s.queue.front(); work != nullptr;) {
      Job* const after = s.queue.next(*work);
      if (wanted(*work)) {
        take_out(s, *work);
        taken.push_back(*work);
      }
      work = after;
    }
  }
  void take_out(shared& s, Job& work) {
    job_list::remove(work);
    --s.counts.queued;
  }

  [[nodiscard]] static Job* find(shared& s, std::uint64_t ticket) {
    Job* at = s.queue.front();
    while (at != nullptr && at->ticket != ticket) at = s.queue.next(*at);
    return at;
  }

  [[nodiscard]] bool claim_one(shared& s) {
    worker* const claimed = s.idle.pop_front();
    if (claimed == nullptr) return false;
    --s.counts.idle;
    claimed->on_the_way_ = true;
    s.one_on_the_way = true;
    claimed->wake_.set();
    return true;
  }

  // Somebody comes for what is queued, if there is anybody. True: the caller makes the thread.
  [[nodiscard]] bool send_one(shared& s) {
    if (s.one_on_the_way || claim_one(s) || s.counts.threads >= cap_) return false;
    ++s.counts.threads;
    return s.one_on_the_way = true;
  }

  // A thread was not made. Whoever went to sleep because it was on the way goes instead.
  void give_up(shared& s) {
    --s.counts.threads;
    s.one_on_the_way = false;
    if (!s.queue.empty()) (void)claim_one(s);
  }

  // Nothing: the worker is on the idle stack, and sleeps.
  [[nodiscard]] std::optional<step> decide(worker& me, bool time_is_up) {
    const hold locked(lock_);
    shared& s = shared_.ref();
    if (me.linked()) {  // nobody claimed it: its time is up, or its event was left over from an earlier claim
      s.idle.remove(me);
      --s.counts.idle;
    }
    if (std::exchange(me.on_the_way_, false)) s.one_on_the_way = false;
    const bool old = me.rotation_ != s.rotation;
    if (!s.queue.empty()) return old && !me.irreplaceable_ ? step{worker_step::replace} : take_job(s);
    if (old || s.closed || time_is_up || s.counts.threads > cap_) {
      --s.counts.threads;
      return step{worker_step::leave};
    }
    s.idle.push_front(me);
    ++s.counts.idle;
    return std::nullopt;
  }

  [[nodiscard]] step take_job(shared& s) {
    Job* const work = s.queue.front();
    take_out(s, *work);
    ++s.counts.taken;
    return {worker_step::run, work, !s.queue.empty() && send_one(s)};
  }

  typename P::mutex lock_;
  std::uint32_t cap_;                         // under lock_
  typename P::template cell<shared> shared_;  // under lock_
};

}  // namespace tokiod::blocking
