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

#include "tokio/sync/lock_guard.hpp"
#include "tokio/sync/try_lock_error.hpp"

namespace tokio::sync {

template <class T>
class mutex;

// Holds the lock and points to the value or a part of it. Holder says what keeps the mutex: a pointer or a shared_ptr.
template <class Holder, class U>
class [[nodiscard]] basic_mutex_guard : public lock_guard_base<basic_mutex_guard<Holder, U>, Holder, U> {
 public:
  using basic_mutex_guard::lock_guard_base::lock_guard_base;
  const Holder& mutex() const noexcept { return this->holder(); }

  // A guard of a part: `project` is given U& and returns a reference into it. The lock stays held.
  template <std::invocable<U&> F>
  auto map(F project) && {
    auto& found = std::invoke(project, **this);
    return basic_mutex_guard<Holder, found_by<F, U&>>(this->pass_on(), &found);
  }
  // As map(), for a `project` that returns a pointer; on nullptr this guard comes back.
  template <std::invocable<U&> F>
  auto try_map(F project) && {
    using outcome = std::expected<basic_mutex_guard<Holder, pointed_to_by<F, U&>>, basic_mutex_guard>;
    auto* found = std::invoke(project, **this);
    if (!found) return outcome(std::unexpect, std::move(*this));
    return outcome(std::in_place, this->pass_on(), found);
  }

 private:
  friend basic_mutex_guard::lock_guard_base;
  static void give_back(const Holder& of) noexcept { of->core_.release(1); }
};
template <class T>
using mutex_guard = basic_mutex_guard<mutex<T>*, T>;
template <class T>
using owned_mutex_guard = basic_mutex_guard<std::shared_ptr<mutex<T>>, T>;
template <class T, class U>
using mapped_mutex_guard = basic_mutex_guard<mutex<T>*, U>;

template <class T, class Holder>
using lock_future = guard_future<basic_mutex_guard<Holder, T>, Holder>;

template <class T>
class mutex {
 public:
  mutex(call_site at = call_site::current())  // not explicit: a member may be made from {}
    requires std::default_initializable<T>
      : core_(1, at, resource_type::mutex), value_() {}
  explicit mutex(T value, call_site at = call_site::current())
      : core_(1, at, resource_type::mutex), value_(std::move(value)) {}
  mutex(const mutex&) = delete;
  mutex& operator=(const mutex&) = delete;

  // Cancel safe, but the place in line is lost.
  lock_future<T, mutex*> lock() noexcept { return {this, 1}; }
  static lock_future<T, std::shared_ptr<mutex>> lock_owned(std::shared_ptr<mutex> self) noexcept {
    return {std::move(self), 1};
  }
  // Fails when the lock is held, and also while it is promised to somebody who waits.
  std::expected<mutex_guard<T>, try_lock_error> try_lock() { return try_take(this); }
  static std::expected<owned_mutex_guard<T>, try_lock_error> try_lock_owned(std::shared_ptr<mutex> self) {
    return try_take(std::move(self));
  }
  // For threads that may block; panics inside a task.
  mutex_guard<T> blocking_lock(call_site at = call_site::current()) {
    return block_on(lock(), "blocking_lock() was called inside a task: await lock() instead", at);
  }

  // For the only owner: nobody else can hold the lock.
  T& get_mut() noexcept { return value_; }
  T into_inner() && { return std::move(value_); }

 private:
  template <class Holder, class U>
  friend class basic_mutex_guard;
  template <class Guard, class Holder>
  friend class guard_future;

  template <class Holder>
  static std::expected<basic_mutex_guard<Holder, T>, try_lock_error> try_take(Holder self) {
    if (self->core_.try_acquire(1) != semaphore_core<policy>::acquired::yes) return std::unexpected(try_lock_error{});
    T* value = &self->value_;
    return basic_mutex_guard<Holder, T>(std::move(self), value);
  }

  semaphore_core<policy> core_;
  T value_;
};

}  // namespace tokio::sync
