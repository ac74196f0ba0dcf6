// Room for how something ended: nothing yet, a value, or an exception.
// Threads: none of its own; whoever owns the slot.
#pragma once

#include <exception>
#include <new>
#include <type_traits>
#include <utility>

#include "tokio/core/poll.hpp"

namespace tokio {

template <class T>
class slot {
 public:
  using value_type = non_void<T>;

  slot() noexcept {}
  ~slot() { clear(); }
  slot(slot&& other) noexcept(std::is_nothrow_move_constructible_v<value_type>) {
    if (other.has_exception()) set_exception(other.take_exception());
    if (other.has_value()) emplace(std::move(other.value_));
  }
  slot(const slot&) = delete;
  slot& operator=(const slot&) = delete;

  bool empty() const noexcept { return state_ == state::empty; }
  bool has_value() const noexcept { return state_ == state::value; }
  bool has_exception() const noexcept { return state_ == state::exception; }

  template <class... Args>
  void emplace(Args&&... args) {
    clear();
    ::new (static_cast<void*>(&value_)) value_type(std::forward<Args>(args)...);
    state_ = state::value;
  }
  void set_exception(std::exception_ptr exception) noexcept {
    clear();
    ::new (static_cast<void*>(&exception_)) std::exception_ptr(std::move(exception));
    state_ = state::exception;
  }
  value_type& value() noexcept { return value_; }
  const std::exception_ptr& exception() const noexcept { return exception_; }
  std::exception_ptr take_exception() noexcept {
    auto exception = std::move(exception_);
    clear();
    return exception;
  }
  // The value, moved out, or the exception, thrown. The slot is not empty.
  T take() {
    if (has_exception()) std::rethrow_exception(take_exception());
    if constexpr (!std::is_void_v<T>) return std::move(value_);
  }
  void clear() noexcept(std::is_nothrow_destructible_v<value_type>) {
    auto before = std::exchange(state_, state::empty);
    if (before == state::value) value_.~value_type();
    if (before == state::exception) exception_.~exception_ptr();
  }

 private:
  enum class state : unsigned char { empty, value, exception };
  union {
    value_type value_;
    std::exception_ptr exception_;
  };
  state state_ = state::empty;
};

}  // namespace tokio
