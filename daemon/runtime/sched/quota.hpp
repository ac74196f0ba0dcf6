// How much CPU time an owner may use, in polls and in blocking jobs: a part of every window of 10 ms. What it uses
// beyond that is a debt, which the next windows pay. While it is over, its runnable tasks are kept here instead of
// being polled; its keeper, a task of the runtime (runtime/cpu_limit.cpp), gives them back when there is time again.
// Invariant: a kept task is in no other queue, and while one is kept the keeper is woken, or will look at the moment
//            that its last release() named: keep() says when to wake it. Without a limit nothing is kept.
// Threads:   any.
// Model:     tests/model/quota_model.cpp
#pragma once
#include <algorithm>
#include <cstdint>

#include "base/cache_line.hpp"
#include "base/clock.hpp"
#include "base/policy.hpp"
#include "base/spin_lock.hpp"
#include "runtime/queue/overflow.hpp"
#include "runtime/task/state.hpp"

namespace tokiod::sched {

template <class P, class Task>
class alignas(cache_line) basic_cpu_quota {
 public:
  using chain = queue::chain<Task>;
  using key = task::basic_key<Task>;

  static constexpr duration_ns window = 10 * millisecond;
  // More debt than this is forgotten, so that the quota holds nobody up for more than a second.
  static constexpr std::int64_t windows_of_debt = 100;

  enum class kept : std::uint8_t { no, yes, first };  // first: the keeper is to be woken
  struct released {
    chain tasks;               // the caller's, to be queued
    instant_ns again = never;  // when to ask again; not after `now`: at once
  };

  // Percent of one CPU; 0: any amount, and what was kept is the caller's.
  [[nodiscard]] chain allow(std::uint32_t percent, instant_ns now) {
    const hold locked(lock_);
    if (ended_.get()) return {};
    each_.set(static_cast<std::int64_t>(window / 100 * percent));
    budget_.set(each_.get());
    window_at_.set(now / window);
    return percent == 0 ? take_all(now) : chain{};
  }
  // No limit any more, for good.
  [[nodiscard]] chain end(instant_ns now) {
    const hold locked(lock_);
    ended_.set(true);
    each_.set(0);
    return take_all(now);
  }
  [[nodiscard]] bool ended() {
    const hold locked(lock_);
    return ended_.get();
  }

  // Before the first limit.
  void set_keeper(key who) {
    const hold locked(lock_);
    keeper_.set(who);
  }
  [[nodiscard]] key keeper() {
    const hold locked(lock_);
    return keeper_.get();
  }

  // Relaxed: a hint, so that a poll need not ask. keep() decides; one that is polled meanwhile adds to the debt.
  [[nodiscard]] bool over() const { return over_.load(relaxed); }

  // Some of its tasks were polled all this time.
  void spend(instant_ns from, instant_ns to) { spend(from, to, to - from); }
  // Between two moments it used so much.
  void spend(instant_ns from, instant_ns to, duration_ns used) {
    const hold locked(lock_);
    if (each_.get() == 0) return;
    refill(from);  // not from a time in which it was idle
    budget_.set(budget_.get() - static_cast<std::int64_t>(used));
    refill(to);
    budget_.set(std::max(budget_.get(), -windows_of_debt * each_.get()));
    (void)has_time();
  }

  // A runnable task of the owner; `no`: it may be polled. Otherwise it is not the caller's any more.
  [[nodiscard]] kept keep(Task& task, instant_ns now) {
    const hold locked(lock_);
    refill(now);
    if (has_time()) return kept::no;
    if (kept_since_.get() == never) kept_since_.set(now);
    append(task);
    return kept_.get().count == 1 ? kept::first : kept::yes;
  }

  // For the keeper: the oldest tasks, if there is time to use.
  [[nodiscard]] released release(instant_ns now, std::uint32_t at_most) {
    const hold locked(lock_);
    if (kept_.get().count == 0) return {};
    refill(now);
    if (!has_time()) return {{}, next_time()};
    count_throttled(now);
    const chain taken = pop(at_most);
    return {taken, kept_.get().count == 0 ? never : now};
  }

  // For how long tasks were kept while there was no time, until the last release. Relaxed: a sum for observers.
  [[nodiscard]] duration_ns throttled() const { return throttled_.load(relaxed); }

 private:
  template <class T>
  using cell = typename P::template cell<T>;

  // What is not used in a window is not saved.
  void refill(instant_ns now) {
    const std::uint64_t at = now / window;
    if (at <= window_at_.get()) return;
    const auto passed = static_cast<std::int64_t>(std::min<std::uint64_t>(at - window_at_.get(), windows_of_debt + 1));
    window_at_.set(at);
    budget_.set(std::min(budget_.get() + passed * each_.get(), each_.get()));
  }
  [[nodiscard]] bool has_time() {
    const bool has = each_.get() == 0 || budget_.get() > 0;
    over_.store(!has, relaxed);
    return has;
  }
  // When enough windows have passed to pay the debt.
  [[nodiscard]] instant_ns next_time() const {
    const auto windows = static_cast<std::uint64_t>(-budget_.get() / each_.get() + 1);
    return (window_at_.get() + windows) * window;
  }

  void count_throttled(instant_ns now) {
    if (kept_since_.get() == never) return;
    throttled_.store(throttled_.load(relaxed) + (now - kept_since_.get()), relaxed);  // under the lock: one writer
    kept_since_.set(never);
  }

  void append(Task& task) {
    chain all = kept_.get();
    queue::append(all, task);
    kept_.set(all);
  }
  [[nodiscard]] chain pop(std::uint32_t at_most) {
    chain all = kept_.get();
    if (all.count <= at_most) {
      kept_.set({});
      return all;
    }
    chain taken{all.first, all.first, 1};
    while (taken.count < at_most) {
      taken.last = taken.last->next.get();
      ++taken.count;
    }
    kept_.set({taken.last->next.get(), all.last, all.count - at_most});
    taken.last->next.set(nullptr);
    return taken;
  }
  [[nodiscard]] chain take_all(instant_ns now) {
    (void)has_time();
    count_throttled(now);
    return pop(UINT32_MAX);
  }

  basic_spin_lock<P> lock_;  // guards the cells
  typename P::template atomic<bool> over_{false};
  cell<bool> ended_{false};
  cell<std::int64_t> each_{0};    // ns of a window that may be used; 0: any amount
  cell<std::int64_t> budget_{0};  // ns that may be used now; negative: debt
  cell<std::uint64_t> window_at_{0};
  cell<instant_ns> kept_since_{never};
  cell<chain> kept_{chain{}};
  cell<key> keeper_{key{}};
  typename P::template atomic<duration_ns> throttled_{0};
};

}  // namespace tokiod::sched
