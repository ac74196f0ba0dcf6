// A lock that a task may hold across an await. Those who wait get it in the order they came.
// Invariant: the value is reachable through a guard only, and there is one guard at a time.
// Threads:   everything [any]; a guard may move between threads. No poisoning: a throwing holder just unlocks.
#pragma once

#include <concepts>
#include <expected>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include "tokio/sync/semaphore.hpp"
#include "tokio/sync/try_lock_error.hpp"

namespace tokio::sync {

template <class T>
class mutex;

// Holds the lock and points to the value or a part of it. Holder says what keeps the mutex: a pointer or a shared_ptr.
template <class Holder, class U>
class [[nodiscard]] basic_mutex_guard {
 public:
  basic_mutex_guard(Holder of, U* value) noexcept : of_(std::move(of)), value_(value) {}
  basic_mutex_guard(basic_mutex_guard&& other) noexcept
      : of_(std::move(other.of_)), value_(std::exchange(other.value_, nullptr)) {}
  basic_mutex_guard& operator=(basic_mutex_guard&& other) noexcept {
    basic_mutex_guard before(std::move(*this));
    of_ = std::move(other.of_);
    value_ = std::exchange(other.value_, nullptr);
    return *this;
  }
  ~basic_mutex_guard() { unlock(); }

  U& operator*() const noexcept { return *value_; }
  U* operator->() const noexcept { return value_; }
  // Gives the lock back before the end of the scope.
  void unlock() noexcept {
    if (std::exchange(value_, nullptr)) of_->core_.release(1);
  }
  const Holder& mutex() const noexcept { return of_; }

  // A guard of a part: `project` is given U& and returns a reference into it. The lock stays held.
  template <std::invocable<U&> F>
  auto map(F project) && {
    using part = std::remove_reference_t<std::invoke_result_t<F&, U&>>;
    part& found = std::invoke(project, *value_);
    value_ = nullptr;
    return basic_mutex_guard<Holder, part>(std::move(of_), &found);
  }
  // As map(), for a `project` that returns a pointer; on nullptr this guard comes back.
  template <std::invocable<U&> F>
  auto try_map(F project) && {
    using part = std::remove_pointer_t<std::invoke_result_t<F&, U&>>;
    using outcome = std::expected<basic_mutex_guard<Holder, part>, basic_mutex_guard>;
    part* found = std::invoke(project, *value_);
    if (!found) return outcome(std::unexpect, std::move(*this));
    value_ = nullptr;
    return outcome(std::in_place, std::move(of_), found);
  }

 private:
  Holder of_;
  U* value_;
};
template <class T>
using mutex_guard = basic_mutex_guard<mutex<T>*, T>;
template <class T>
using owned_mutex_guard = basic_mutex_guard<std::shared_ptr<mutex<T>>, T>;
template <class T, class U>
using mapped_mutex_guard = basic_mutex_guard<mutex<T>*, U>;

template <class T, class Holder>
class [[nodiscard]] lock_future;

template <class T>
class mutex {
 public:
  mutex()
    requires std::default_initializable<T>
      : value_() {}
  explicit mutex(T value) : value_(std::move(value)) {}
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  // Cancel safe, but the place in line is lost.
  lock_future<T, mutex*> lock() noexcept { return lock_future<T, mutex*>(this); }
  static lock_future<T, std::shared_ptr<mutex>> lock_owned(std::shared_ptr<mutex> self) noexcept {
    return lock_future<T, std::shared_ptr<mutex>>(std::move(self));
  }
  // Fails when the lock is held, and also while it is promised to somebody who waits.
  std::expected<mutex_guard<T>, try_lock_error> try_lock() { return try_take(this); }
  static std::expected<owned_mutex_guard<T>, try_lock_error> try_lock_owned(std::shared_ptr<mutex> self) {
    return try_take(std::move(self));
  }
  // For threads that may block; panics inside a task.
  mutex_guard<T> blocking_lock() {
    return block_on(lock(), "blocking_lock() was called inside a task: await lock() instead");
  }

  // For the only owner: nobody else can hold the lock.
  T& get_mut() noexcept { return value_; }
  T into_inner() && { return std::move(value_); }

 private:
  template <class Holder, class U>
  friend class basic_mutex_guard;
  template <class U, class Holder>
  friend class lock_future;

  template <class Holder>
  static std::expected<basic_mutex_guard<Holder, T>, try_lock_error> try_take(Holder self) {
    if (self->core_.try_acquire(1) != semaphore_core<policy>::acquired::yes) return std::unexpected(try_lock_error{});
    T* value = &self->value_;
    return basic_mutex_guard<Holder, T>(std::move(self), value);
  }

  semaphore_core<policy> core_{1};
  T value_;
};

template <class T, class Holder>
class [[nodiscard]] lock_future {
 public:
  using output = basic_mutex_guard<Holder, T>;

  explicit lock_future(Holder of) noexcept : of_(std::move(of)), wait_(of_->core_, 1) {}

  tokio::poll<output> poll(context& cx) {
    if (wait_.poll(cx) != semaphore_core<policy>::acquired::yes) return pending;
    return output(of_, &of_->value_);
  }

 private:
  Holder of_;
  acquire_wait<policy> wait_;
};

}  // namespace tokio::sync
