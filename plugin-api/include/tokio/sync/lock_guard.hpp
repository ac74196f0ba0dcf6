// internal to sync/: what mutex and rwlock have in common. Their guards hold a lock, point to its value or a part of
// it, move, and give the lock back once; their futures wait for the permits of a guard. Invariant: value_ is nullptr
// exactly when the lock is not this guard's any more. Threads:   one at a time; may move between threads.
#pragma once

#include <type_traits>
#include <utility>

#include "tokio/sync/semaphore.hpp"

namespace tokio::sync {

// Self::give_back(const Holder&) unlocks. Holder says what keeps the lock: a pointer or a shared_ptr.
template <class Self, class Holder, class U>
class lock_guard_base {
 public:
  lock_guard_base(Holder of, U* value) noexcept : of_(std::move(of)), value_(value) {}
  lock_guard_base(lock_guard_base&& other) noexcept
      : of_(std::move(other.of_)), value_(std::exchange(other.value_, nullptr)) {}
  lock_guard_base& operator=(lock_guard_base&& other) noexcept {
    lock_guard_base before(std::move(*this));
    of_ = std::move(other.of_);
    value_ = std::exchange(other.value_, nullptr);
    return *this;
  }
  ~lock_guard_base() { unlock(); }

  U& operator*() const noexcept { return *value_; }
  U* operator->() const noexcept { return value_; }
  // Gives the lock back before the end of the scope.
  void unlock() noexcept {
    if (std::exchange(value_, nullptr)) Self::give_back(of_);
  }

 protected:
  // Another guard has the lock now.
  Holder pass_on() noexcept {
    value_ = nullptr;
    return std::move(of_);
  }
  const Holder& holder() const noexcept { return of_; }
  U* value() const noexcept { return value_; }

 private:
  Holder of_;
  U* value_;
};

// The wait for a guard. Cancel safe, but the place in line is lost.
template <class Guard, class Holder>
class [[nodiscard]] guard_future {
 public:
  using output = Guard;
  guard_future(Holder of, std::size_t permits) noexcept : of_(std::move(of)), wait_(of_->core_, permits) {}

  tokio::poll<output> poll(context& cx) {
    if (wait_.poll(cx) != semaphore_core<policy>::acquired::yes) return pending;
    return {std::in_place, of_, &of_->value_};
  }

 private:
  Holder of_;
  acquire_wait<policy> wait_;
};

// What a projection of a guard finds: by reference, or by pointer.
template <class F, class V>
using found_by = std::remove_reference_t<std::invoke_result_t<F&, V>>;
template <class F, class V>
using pointed_to_by = std::remove_pointer_t<std::invoke_result_t<F&, V>>;

}  // namespace tokio::sync
