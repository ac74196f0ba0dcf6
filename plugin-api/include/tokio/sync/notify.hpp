// Wakes one task, or all, without a value. A notify_one() that finds nobody is kept for the next one who waits, once.
// Invariant: the word says `waiting` exactly while the list is not empty; only the holder of the lock changes it then.
//            Its upper part counts notify_waiters(): a future made before such a call is ready after it, polled or not.
// Threads:   everything [any].
// Model:     tests/model/sync_model.cpp
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "tokio/sync/policy.hpp"
#include "tokio/sync/wait_list.hpp"
#include "tokio/task/awaitable.hpp"

namespace tokio::sync {

template <class P>
class notify_core {
 public:
  enum class told { nothing, first, last, all };
  struct waiter : wait_node {
    explicit waiter(std::uint64_t made_at) noexcept : round(made_at) {}
    std::uint64_t round;  // how many notify_waiters() there were when the future was made
    told heard = told::nothing;
  };

  std::uint64_t round() const noexcept { return word_.load(acquire) / one_round; }

  // Wakes the oldest (told::first) or the newest (told::last) waiter, or is kept.
  void notify_one(told which) {
    auto word = word_.load(relaxed);  // only a guess for the CAS below
    while (state(word) != waiting) {
      // Also when it says `notified` already: the waiter must see what this caller wrote. Pairs with consume().
      if (word_.compare_exchange_weak(word, with(word, notified), acq_rel, relaxed)) return;
    }
    const hold lock(mutex_);
    notify_locked(which);
  }

  void notify_waiters() {
    const hold lock(mutex_);
    // Ends the round: futures of this one are ready. Publishes to the loads in consume() and round().
    word_.fetch_add(one_round, acq_rel);
    if (list_.empty()) return;
    while (auto* next = list_.front()) tell(*next, told::all);
    set_empty();
  }

  // Ready without standing in line?
  bool consume(const waiter& who) noexcept {
    auto word = word_.load(acquire);
    if (word / one_round != who.round) return true;
    while (state(word) == notified) {
      // Takes the kept notification. Acquire: pairs with the CAS in notify_one().
      if (word_.compare_exchange_weak(word, with(word, empty), acq_rel, acquire)) return true;
    }
    return word / one_round != who.round;
  }

  // True: ready. False: stands in line now and must be given to poll_waiter() or cancel().
  bool wait(waiter& who, waker task) {
    const hold lock(mutex_);
    auto word = word_.load(relaxed);  // a new round is ordered by the lock
    while (true) {
      if (word / one_round != who.round) return true;
      const bool kept = state(word) == notified;
      // Takes the kept notification, or says that there is a list to look into: then the CAS in notify_one() fails and
      // its caller takes the lock. Acquire: what the notifier wrote.
      if (!word_.compare_exchange_weak(word, with(word, kept ? empty : waiting), acq_rel, relaxed)) continue;
      if (kept) return true;
      break;
    }
    who.who = task;
    list_.push_back(who);
    return false;
  }

  bool poll_waiter(waiter& who, waker task) {
    const hold lock(mutex_);
    if (who.heard != told::nothing) return true;
    who.who = task;
    return false;
  }

  // Leaves the line. A notification that the owner has not seen goes to the next one.
  void cancel(waiter& who) {
    const hold lock(mutex_);
    if (who.heard == told::nothing) {
      list_.remove(who);
      if (list_.empty()) set_empty();
    } else if (who.heard != told::all) {
      notify_locked(who.heard);
    }
  }

 private:
  static constexpr std::uint64_t empty = 0;
  static constexpr std::uint64_t waiting = 1;
  static constexpr std::uint64_t notified = 2;
  static constexpr std::uint64_t one_round = 4;

  static std::uint64_t state(std::uint64_t word) noexcept { return word % one_round; }
  static std::uint64_t with(std::uint64_t word, std::uint64_t state) noexcept {
    return word / one_round * one_round + state;
  }

  void notify_locked(told which) {
    auto word = word_.load(relaxed);  // only a guess for the CAS below
    while (state(word) != waiting) {
      if (word_.compare_exchange_weak(word, with(word, notified), acq_rel, relaxed)) return;  // as in notify_one()
    }
    tell(which == told::first ? *list_.front() : *list_.back(), which);
    if (list_.empty()) set_empty();
  }

  void tell(waiter& who, told what) {
    list_.remove(who);
    who.heard = what;
    P::wake(who.who);  // the task takes the lock before it looks, hence after our unlock
  }

  // Under the lock, and the word says `waiting`: nobody else writes it. Release: passes on what notify_waiters()
  // published to the loads in consume() and round(), which may see this store instead of its own.
  void set_empty() noexcept { word_.store(with(word_.load(relaxed), empty), release); }

  typename P::template atomic<std::uint64_t> word_{0};
  typename P::mutex mutex_;
  wait_list<waiter> list_;
};

// The wait for one notification as a part of a future.
template <class P = policy>
class notify_wait {
 public:
  using core = notify_core<P>;

  explicit notify_wait(core& of) noexcept : core_(&of), node_(of.round()) {}
  notify_wait(notify_wait&&) noexcept = default;
  notify_wait& operator=(notify_wait&&) = delete;
  ~notify_wait() { leave(); }

  bool poll(waker task) {
    switch (now_) {
      case stage::made: return start(task);
      case stage::in_line:
        if (core_->poll_waiter(node_, task)) now_ = stage::done;
        return now_ == stage::done;
      case stage::done: break;
    }
    return true;
  }
  // For a fact that is made true before its notifications: true when it holds, else stands in line.
  template <class Fact>
  bool poll_until(waker task, Fact holds) {
    while (!holds()) {
      if (!poll(task)) return false;
      again();  // told of something else, or of what is over already
    }
    return true;
  }
  // Waits again, from now on.
  void again() noexcept {
    leave();
    now_ = stage::made;
    node_.heard = core::told::nothing;
    node_.round = core_->round();
  }

 private:
  enum class stage { made, in_line, done };

  bool start(waker task) {
    const bool ready = core_->consume(node_) || core_->wait(node_, task);
    now_ = ready ? stage::done : stage::in_line;
    return ready;
  }
  void leave() noexcept {
    if (now_ == stage::in_line) core_->cancel(node_);
  }

  core* core_;
  typename core::waiter node_;
  stage now_ = stage::made;
};

template <class Holder>
class [[nodiscard]] notified_future;

class notify {
 public:
  // Not explicit: a member may be made from {}.
  notify(call_site at = call_site::current()) noexcept : resource_(resource_type::notify, at) {}
  notify(const notify&) = delete;
  notify& operator=(const notify&) = delete;

  // Wakes the oldest waiter, or makes the next notified() ready; several such calls count as one.
  void notify_one() { core_.notify_one(core::told::first); }
  // As notify_one(), for the newest waiter.
  void notify_last() { core_.notify_one(core::told::last); }
  // Makes every notified() ready that was called before, and keeps nothing for later ones.
  void notify_waiters() { core_.notify_waiters(); }

  notified_future<notify*> notified() noexcept;
  static notified_future<std::shared_ptr<notify>> notified_owned(std::shared_ptr<notify> self) noexcept;

 private:
  template <class Holder>
  friend class notified_future;
  using core = notify_core<policy>;
  core core_;
  policy::resource resource_;
};

// Stands in line from its first poll or enable(). Cancel safe, but the place in line is lost.
template <class Holder>
class [[nodiscard]] notified_future {
 public:
  using output = void;

  explicit notified_future(Holder of) noexcept : of_(std::move(of)), wait_(of_->core_) {}

  // Stands in line without a poll: what is checked after this cannot miss a notification. True: it is ready already.
  bool enable() { return wait_.poll(waker()); }

  tokio::poll<void> poll(context& cx) {
    if (!cx.proceed()) return pending;
    told_.poll_begins();
    const bool heard = wait_.poll(cx.waker());
    told_.polled(of_->resource_, heard);
    if (heard) return ready();
    cx.restore();
    return pending;
  }

 private:
  Holder of_;
  notify_wait<policy> wait_;
  policy::operation told_;
};

inline notified_future<notify*> notify::notified() noexcept { return notified_future<notify*>(this); }
inline notified_future<std::shared_ptr<notify>> notify::notified_owned(std::shared_ptr<notify> self) noexcept {
  return notified_future<std::shared_ptr<notify>>(std::move(self));
}

}  // namespace tokio::sync
