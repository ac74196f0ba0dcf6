// Wakes one task, or all, without a value. A notify_one() that finds nobody is kept for the next one who waits, once.
// Invariant: one bit of the word is the lock of the list. The word says `waiting` exactly while the list is not empty,
//            and while it is locked only the holder changes it. Its upper part counts notify_waiters(): a future made
//            before such a call is ready after it, polled or not. A waiter is taken off the list, hears of it and is
//            woken under the lock; it looks without it, and then only waits until the lock is free: what it does next
//            may be to free all of this.
// Threads:   everything [any].
// Model:     tests/model/notify_model.cpp
#pragma once

#include <concepts>
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
  enum class told : unsigned char { nothing, first, last, all };
  enum class stage : unsigned char { made, in_line, done };
  class waiter : public wait_node {
   public:
    explicit waiter(std::uint64_t made_at) noexcept : round(made_at) {}
    waiter(waiter&& other) noexcept : wait_node(std::move(other)), now(other.now), round(other.round) {}

    // Once it has left the line.
    void wait_anew(std::uint64_t from) noexcept {
      heard_.store(told::nothing, relaxed);  // nobody else knows it now
      round = from;
    }

   private:
    friend class notify_core;
    typename P::template atomic<told> heard_{told::nothing};  // in what the node leaves free, as `now`

   public:
    stage now = stage::made;  // the future's own
    std::uint64_t round;      // how many notify_waiters() there were when the future was made
  };

  std::uint64_t round() const noexcept { return word_.load(acquire) / one_round; }

  // Wakes the oldest (told::first) or the newest (told::last) waiter, or is kept.
  void notify_one(told which) {
    auto word = word_.load(relaxed);  // only a guess for the CAS below
    while (true) {
      if (word & locked) [[unlikely]] {
        word = wait_for_lock();
      } else if ((word & state) == waiting) {
        if (word_.compare_exchange_weak(word, word | locked, acquire, relaxed)) break;  // acquire: the list
      } else {
        // Also when it says `notified` already: the waiter must see what this caller wrote. Pairs with wait().
        if (word_.compare_exchange_weak(word, with(word, notified), acq_rel, relaxed)) return;
      }
    }
    tell(which == told::first ? *list_.front() : *list_.back(), which);
    unlock(list_.empty() ? with(word, empty) : word);
  }

  void notify_waiters() {
    auto word = word_.load(relaxed);  // only a guess for the CAS below
    while (true) {
      if (word & locked) {
        word = wait_for_lock();
        continue;
      }
      const bool anybody = (word & state) == waiting;
      const auto next = word + one_round;
      // Ends the round: futures of this one are ready. Publishes to the loads in wait() and round(); acquire:
      // the list.
      if (!word_.compare_exchange_weak(word, anybody ? next | locked : next, acq_rel, relaxed)) continue;
      if (anybody) tell_all(with(next, empty));
      return;
    }
  }

  // True: ready. False: stands in line now and must be given to poll_waiter() or cancel().
  bool wait(waiter& who, waker task) {
    auto word = word_.load(acquire);
    while (word / one_round == who.round) {
      if (word & locked) [[unlikely]] {
        word = wait_for_lock();
        continue;
      }
      const bool kept = (word & state) == notified;
      // Takes the kept notification (acquire: what the notifier wrote), or the lock.
      if (!word_.compare_exchange_weak(word, kept ? with(word, empty) : word | locked, acq_rel, acquire)) continue;
      if (kept) return true;
      who.who = task;
      guarded_.touch();
      list_.push_back(who);
      unlock(with(word, waiting));
      return false;
    }
    return true;
  }

  // Without the lock, unless another task polls it than before.
  bool poll_waiter(waiter& who, waker task) {
    if (who.heard_.load(acquire) != told::nothing) {  // pairs with the store in tell()
      if (word_.load(acquire) & locked) wait_for_lock();
      return true;
    }
    return task && !(who.who == task) && !move_to(who, task);  // enable() has none: whoever polled it is woken
  }

  // Leaves the line. A notification that the owner has not seen goes to the next one.
  [[gnu::noinline]] void cancel(waiter& who) {
    const auto word = lock();
    const auto heard = who.heard_.load(relaxed);  // ordered by the lock
    if (heard == told::nothing) {
      guarded_.touch();
      list_.remove(who);
      unlock(list_.empty() ? with(word, empty) : word);
    } else {
      unlock(word);
      if (heard != told::all) notify_one(heard);
    }
  }

 private:
  using word_type = std::uint64_t;
  static constexpr word_type empty = 0;
  static constexpr word_type waiting = 1;
  static constexpr word_type notified = 2;
  static constexpr word_type state = 3;
  static constexpr word_type locked = 4;
  static constexpr word_type one_round = 8;

  static word_type with(word_type word, word_type now) noexcept { return (word & ~(state | locked)) | now; }

  // What the word was, without the lock.
  word_type lock() noexcept {
    auto word = word_.load(relaxed);  // only a guess for the CAS below
    while (true) {
      if (word & locked)
        word = wait_for_lock();
      else if (word_.compare_exchange_weak(word, word | locked, acquire, relaxed))  // pairs with unlock()
        return word;
    }
  }
  // The last access: who is let in by it may free this. Passes on to all loads what the holder had seen.
  void unlock(word_type next) noexcept { word_.store(next, release); }
  TOKIO_ASIDE [[gnu::cold]] word_type wait_for_lock() noexcept {
    for (unsigned tries = 0;; P::wait(tries))
      if (const auto word = word_.load(acquire); !(word & locked)) return word;
  }

  // Under the lock, which the task waits for before it is gone.
  void tell(waiter& who, told what) {
    guarded_.touch();
    list_.remove(who);
    who.heard_.store(what, release);  // publishes what the notifier wrote
    P::wake(who.who);
  }
  // Under the lock.
  [[gnu::noinline]] void tell_all(word_type next) {
    while (auto* who = list_.front()) tell(*who, told::all);
    unlock(next);
  }
  // False: it was told already.
  TOKIO_ASIDE [[gnu::cold]] bool move_to(waiter& who, waker task) noexcept {
    const auto word = lock();
    const bool in_line = who.heard_.load(relaxed) == told::nothing;  // ordered by the lock
    if (in_line) {
      guarded_.touch();
      who.who = task;
    }
    unlock(word);
    return in_line;
  }

  typename P::template atomic<word_type> word_{0};
  wait_list<waiter> list_;
  [[no_unique_address]] typename P::guarded guarded_;
};

// The wait for one notification as a part of a future. `Holder` points to what is waited for: a core, or what has one.
template <class P = policy, class Holder = notify_core<P>*>
class notify_wait {
 public:
  using core = notify_core<P>;

  explicit notify_wait(core& of) noexcept : of_(&of), node_(of.round()) {}
  explicit notify_wait(Holder of) noexcept
    requires(!std::same_as<Holder, core*>)
      : of_(std::move(of)), node_(its().round()) {}
  notify_wait(notify_wait&&) noexcept = default;
  notify_wait& operator=(notify_wait&&) = delete;
  ~notify_wait() { leave(); }

  const Holder& of() const noexcept { return of_; }
  [[gnu::always_inline]] bool poll(waker task) {
    if (node_.now == stage::made) return start(task);
    if (node_.now == stage::in_line && its().poll_waiter(node_, task)) node_.now = stage::done;
    return node_.now == stage::done;
  }
  // For a fact that is made true before its notifications: true when it holds, else stands in line.
  template <class Fact>
  bool poll_until(waker task, Fact&& holds) {
    while (!holds()) {
      if (!poll(task)) return false;
      again();  // told of something else, or of what is over already
    }
    return true;
  }
  // Waits again, from now on.
  void again() noexcept {
    leave();
    node_.now = stage::made;
    node_.wait_anew(its().round());
  }

 private:
  using stage = typename core::stage;

  core& its() const noexcept {
    if constexpr (std::same_as<Holder, core*>)
      return *of_;
    else
      return of_->core_;
  }
  [[gnu::always_inline]] bool start(waker task) {
    const bool ready = its().wait(node_, task);
    node_.now = ready ? stage::done : stage::in_line;
    return ready;
  }
  [[gnu::always_inline]] void leave() noexcept {
    if (node_.now == stage::in_line) its().cancel(node_);
  }

  Holder of_;
  typename core::waiter node_;
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
  template <class P, class Holder>
  friend class notify_wait;
  using core = notify_core<policy>;
  core core_;
  policy::resource resource_;
};

// Stands in line from its first poll or enable(). Cancel safe, but the place in line is lost.
template <class Holder>
class [[nodiscard]] notified_future {
 public:
  using output = void;

  explicit notified_future(Holder of) noexcept : wait_(std::move(of)) {}

  // Stands in line without a poll: what is checked after this cannot miss a notification. True: it is ready already.
  bool enable() { return wait_.poll(waker()); }

  tokio::poll<void> poll(context& cx) noexcept {
    if (!cx.proceed()) return pending;
    told_.poll_begins();
    const bool heard = wait_.poll(cx.waker());
    told_.polled(wait_.of()->resource_, heard);
    if (heard) return ready();
    cx.restore();
    return pending;
  }

 private:
  notify_wait<policy, Holder> wait_;
  policy::operation told_;
};

inline notified_future<notify*> notify::notified() noexcept { return notified_future<notify*>(this); }
inline notified_future<std::shared_ptr<notify>> notify::notified_owned(std::shared_ptr<notify> self) noexcept {
  return notified_future<std::shared_ptr<notify>>(std::move(self));
}

}  // namespace tokio::sync
