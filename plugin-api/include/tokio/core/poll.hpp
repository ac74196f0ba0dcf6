// What a poll answers: ready with a value, or pending (then the task will be woken).
// Inside a class with a member function `poll`, write the type as `tokio::poll<T>`.
#pragma once

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

#include "tokio/core/compiler.hpp"

namespace tokio {

struct pending_t {};
inline constexpr pending_t pending{};

template <class T>
class [[nodiscard]] poll {
 public:
  using value_type = T;

  poll(pending_t) noexcept {}
  template <class U = T>
    requires std::constructible_from<T, U&&> && (!std::same_as<std::remove_cvref_t<U>, poll>) &&
             (!std::same_as<std::remove_cvref_t<U>, pending_t>)
  poll(U&& value) noexcept(std::is_nothrow_constructible_v<T, U&&>) : value_(std::in_place, std::forward<U>(value)) {}
  // Ready, with a value that is made where it stays: for a leaf that is asked often.
  template <class... Args>
    requires std::constructible_from<T, Args&&...>
  poll(std::in_place_t, Args&&... args) noexcept(std::is_nothrow_constructible_v<T, Args&&...>)
      : value_(std::in_place, std::forward<Args>(args)...) {}

  bool is_ready() const noexcept { return value_.has_value(); }
  bool is_pending() const noexcept { return !is_ready(); }
  // Only when ready.
  T& value() & noexcept { return *value_; }
  const T& value() const& noexcept { return *value_; }
  T&& value() && noexcept { return std::move(*value_); }

 private:
  std::optional<T> value_;
};

template <>
class [[nodiscard]] poll<void> {
 public:
  using value_type = void;

  constexpr poll(pending_t) noexcept {}
  static constexpr poll make_ready() noexcept {
    poll done{pending};
    done.ready_ = true;
    return done;
  }
  constexpr bool is_ready() const noexcept { return ready_; }
  constexpr bool is_pending() const noexcept { return !ready_; }
  constexpr void value() const noexcept {}

 private:
  bool ready_ = false;
};

template <class T>
poll(T) -> poll<T>;

constexpr poll<void> ready() noexcept { return poll<void>::make_ready(); }
template <class T>
poll<std::remove_cvref_t<T>> ready(T&& value) {
  return poll<std::remove_cvref_t<T>>(std::forward<T>(value));
}

// The type that stands for `void` where a value is needed (variants, tuples, slots).
struct unit {
  friend constexpr bool operator==(unit, unit) noexcept { return true; }
};
template <class T>
using non_void = std::conditional_t<std::is_void_v<T>, unit, T>;

}  // namespace tokio
