// `set_once<T>`: a value that is set once, and those who wait for it. Answers to tokio::sync::SetOnce.
//   set_once<int> port;  ... port.set(8080);  ...  const int* p = co_await port.wait();
// Invariant: once it is set, the value is there and does not change as long as the set_once lives.
// Threads:   everything [any]; into_inner the only owner. It outlives who waits for it, and every
//            set() that runs: who waits may have the value before the set() that gives it has returned.
#pragma once

#include <expected>
#include <optional>
#include <utility>

#include "tokio/sync/notify.hpp"
#include "tokio/sync/once_value.hpp"

namespace tokio::sync {

template <class T>
struct set_once_error {
  T value;  // comes back: there is one already, or somebody else is setting one
};

template <class T>
class set_once;

// Cancel safe: nothing is lost, and there is no order among those who wait.
template <class T>
class [[nodiscard]] set_once_wait {
 public:
  using output = const T*;  // never nullptr
  explicit set_once_wait(set_once<T>& of) noexcept : of_(&of), wait_(of.set_) {}

  tokio::poll<output> poll(context& cx) {
    if (!cx.proceed()) return pending;
    if (wait_.poll_until(cx.waker(), [&] { return of_->initialized(); })) return output(of_->get());
    cx.restore();
    return pending;
  }

 private:
  set_once<T>* of_;
  notify_wait<policy> wait_;
};

template <class T>
class set_once {
 public:
  set_once(call_site at = call_site::current()) noexcept : value_(at) {}  // not explicit: a member may be made from {}
  explicit set_once(T value, call_site at = call_site::current()) : value_(std::optional<T>(std::move(value)), at) {}
  explicit set_once(std::optional<T> value, call_site at = call_site::current()) : value_(std::move(value), at) {}
  set_once(const set_once&) = delete;
  set_once& operator=(const set_once&) = delete;

  bool initialized() const noexcept { return value_.is_set(); }
  // nullptr until the value is there.
  const T* get() const noexcept { return value_.get(); }
  // Wakes everybody who waits. The second time the value comes back.
  std::expected<void, set_once_error<T>> set(T value) {
    if (value_.claim() != once_value<T>::claimed::yes) return std::unexpected(set_once_error<T>{std::move(value)});
    value_.publish(std::move(value));
    set_.notify_waiters();
    return {};
  }
  set_once_wait<T> wait() noexcept { return set_once_wait<T>(*this); }
  std::optional<T> into_inner(call_site at = call_site::current()) && { return value_.take(at); }

 private:
  friend class set_once_wait<T>;
  once_value<T> value_;
  notify_core<policy> set_;
};

}  // namespace tokio::sync
