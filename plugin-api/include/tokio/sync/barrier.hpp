// `barrier(n)`: n tasks wait for each other, again and again. Answers to tokio::sync::Barrier.
//   barrier meet(3);  auto met = co_await meet.wait();  if (met.is_leader()) ...   // one of the three
// Invariant: while nobody arrives, fewer than n have arrived in this round; the n-th starts the next one and wakes
//            those who wait, all under the lock. A wait that has arrived and is dropped still counts as arrived.
// Threads:   everything [any]; the barrier outlives its waits.
#pragma once

#include <cstddef>
#include <utility>

#include "tokio/sync/policy.hpp"
#include "tokio/sync/wait_list.hpp"
#include "tokio/task/yield.hpp"

namespace tokio::sync {

class barrier_wait_result {
 public:
  explicit barrier_wait_result(bool leader) noexcept : leader_(leader) {}
  // True for exactly one of those who met.
  bool is_leader() const noexcept { return leader_; }

 private:
  bool leader_;
};

class barrier_wait;

class barrier {
 public:
  // As many as meet; 0 counts as 1, so that nobody waits.
  explicit barrier(std::size_t n, call_site at = call_site::current()) noexcept
      : parties_(n == 0 ? 1 : n), resource_(resource_type::barrier, at) {
    resource_.set("size", parties_);
    resource_.set("arrived", 0);
  }
  barrier(const barrier&) = delete;
  barrier& operator=(const barrier&) = delete;

  // Arrives at its first poll, and is ready when n have arrived. Not cancel safe: who has arrived stays counted, and
  // the others meet without it.
  barrier_wait wait() noexcept;

 private:
  friend class barrier_wait;
  struct waiter : wait_node {
    enum class place { outside, waits, met };
    place now = place::outside;
  };

  // True: the last of its round, the leader.
  bool arrive(waiter& who, waker task) {
    const hold lock(mutex_);
    resource_.set("arrived", arrived_ + 1);
    if (++arrived_ < parties_) {
      who.who = task;
      who.now = waiter::place::waits;
      list_.push_back(who);
      return false;
    }
    arrived_ = 0;
    resource_.set("arrived", 0);
    who.now = waiter::place::met;
    while (auto* next = list_.front()) {
      list_.remove(*next);
      next->now = waiter::place::met;
      policy::wake(next->who);  // it takes the lock before it looks, hence after our unlock
    }
    return true;
  }
  bool has_met(waiter& who, waker task) {
    const hold lock(mutex_);
    who.who = task;
    return who.now == waiter::place::met;
  }
  void forget(waiter& who) {
    const hold lock(mutex_);
    if (who.now == waiter::place::waits) list_.remove(who);
  }

  const std::size_t parties_;
  policy::mutex mutex_;
  std::size_t arrived_ = 0;
  wait_list<waiter> list_;
  policy::resource resource_;
};

class [[nodiscard]] barrier_wait {
 public:
  using output = barrier_wait_result;

  explicit barrier_wait(barrier& of) noexcept : of_(&of) {}
  barrier_wait(barrier_wait&&) noexcept = default;
  barrier_wait& operator=(barrier_wait&&) = delete;
  ~barrier_wait() {
    if (arrived_) of_->forget(node_);
  }

  // Costs a unit of budget when it is ready.
  tokio::poll<output> poll(context& cx) {
    coop::turn turn(cx);
    if (!turn) return pending;
    told_.poll_begins();
    const bool leader = !arrived_ && of_->arrive(node_, cx.waker());
    const bool done = leader || met(cx.waker());
    if (done)
      told_.ready();  // the barrier may be gone
    else
      told_.polled(of_->resource_, false);
    if (!done) return pending;
    turn.made_progress();
    return output(leader);
  }

 private:
  bool met(waker task) {
    if (!std::exchange(arrived_, true)) return false;  // in this poll
    if (!of_->has_met(node_, task)) return false;
    arrived_ = false;  // it has left: the barrier may go
    return true;
  }

  barrier* of_;
  barrier::waiter node_;
  bool arrived_ = false;
  policy::operation told_;
};

inline barrier_wait barrier::wait() noexcept { return barrier_wait(*this); }

}  // namespace tokio::sync
