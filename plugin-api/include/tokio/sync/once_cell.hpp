// `once_cell<T>`: a value that is made when it is first needed, by one of those who need it. Answers to
// tokio::sync::OnceCell.
//   once_cell<config> loaded;  const config* c = co_await loaded.get_or_init([]() -> task<config> { ... });
// Invariant: one initializer runs at a time; when it is dropped, throws or fails, the next one who waits runs its own.
//            An initializer that asks the same cell waits for itself, for ever.
// Threads:   everything [any]; get_mut, take and into_inner the only owner. The cell outlives who waits for it,
//            and every set() that runs.
#pragma once

#include <concepts>
#include <expected>
#include <optional>
#include <utility>

#include "tokio/sync/once_value.hpp"

namespace tokio::sync {

// What set() could not store, and why.
template <class T>
struct once_set_error {
  enum class reason { already_initialized, initializing };
  reason why;
  T value;  // comes back
  bool is_already_initialized() const noexcept { return why == reason::already_initialized; }
  bool is_initializing() const noexcept { return why == reason::initializing; }
};

template <class Fn>
concept initializer = requires(Fn& fn) {
  { fn() } -> pollable;
};

// Waits for the value, or for the right to make it with `fn`, and then does so. Cancel safe, but the place in line is
// lost, and an initializer that runs is destroyed. Tried: `fn` gives std::expected, and its error is the outcome.
template <class T, initializer Fn, bool Tried>
class [[nodiscard]] once_future {
  using future = std::invoke_result_t<Fn&>;
  using made = output_of<future>;
  template <bool, class Made>
  struct outcome {
    using type = const T*;  // never nullptr
  };
  template <class Made>
  struct outcome<true, Made> {
    using type = std::expected<const T*, typename Made::error_type>;
  };

 public:
  using output = outcome<Tried, made>::type;

  once_future(once_value<T>& of, Fn fn) : of_(&of), fn_(std::move(fn)), wait_(of.claims(), 1) {}
  once_future(once_future&& other) noexcept(std::is_nothrow_move_constructible_v<Fn>)
      : of_(other.of_), fn_(std::move(other.fn_)), wait_(std::move(other.wait_)) {}
  once_future& operator=(once_future&&) = delete;
  ~once_future() { give_up(); }

  tokio::poll<output> poll(context& cx) {
    if (!making_) {
      if (of_->is_set()) return found();
      switch (wait_.poll(cx)) {
        case acquired::no: return pending;
        case acquired::closed: return found();
        case acquired::yes: break;
      }
      claimed_ = true;
    }
    try {
      return make(cx);
    } catch (...) {
      give_up();
      throw;
    }
  }

 private:
  using acquired = semaphore_core<policy>::acquired;

  tokio::poll<output> found() { return output(of_->get()); }
  tokio::poll<output> make(context& cx) {
    if (!making_) making_.emplace(starter{fn_});
    auto polled = making_->poll(cx);
    if (polled.is_pending()) return pending;
    made given = std::move(polled).value();
    making_.reset();
    if constexpr (Tried) {
      if (!given) {
        give_up();
        return output(std::unexpect, std::move(given.error()));
      }
      return keep(*std::move(given));
    } else {
      return keep(std::move(given));
    }
  }
  template <class V>
  tokio::poll<output> keep(V&& value) {
    claimed_ = false;  // whatever happens, publish() is done with the claim
    return output(&of_->publish(std::forward<V>(value)));
  }
  // What was begun is destroyed before somebody else may begin.
  void give_up() {
    making_.reset();
    if (std::exchange(claimed_, false)) of_->give_back();
  }
  // Builds the future in place: it need not be movable.
  struct starter {
    Fn& fn;
    operator future() const { return fn(); }
  };

  once_value<T>* of_;
  Fn fn_;
  acquire_wait<policy> wait_;
  bool claimed_ = false;
  std::optional<future> making_;
};

template <class T, class Fn>
inline constexpr bool makes = false;
template <class T, initializer Fn>
inline constexpr bool makes<T, Fn> = std::constructible_from<T, output_of<std::invoke_result_t<Fn&>>>;

template <class T>
class once_cell {
 public:
  once_cell(call_site at = call_site::current()) noexcept : value_(at) {}  // not explicit: a member may be made from {}
  explicit once_cell(T value, call_site at = call_site::current()) : value_(std::optional<T>(std::move(value)), at) {}
  explicit once_cell(std::optional<T> value, call_site at = call_site::current()) : value_(std::move(value), at) {}
  once_cell(const once_cell&) = delete;
  once_cell& operator=(const once_cell&) = delete;

  bool initialized() const noexcept { return value_.is_set(); }
  // nullptr until the value is there.
  const T* get() const noexcept { return value_.get(); }
  T* get_mut() noexcept { return value_.get(); }
  // Fails, and gives the value back, when there is one or somebody is making one.
  std::expected<void, once_set_error<T>> set(T value) {
    using failure = once_set_error<T>;
    switch (value_.claim()) {
      case once_value<T>::claimed::yes: value_.publish(std::move(value)); return {};
      case once_value<T>::claimed::no: return std::unexpected(failure{failure::reason::initializing, std::move(value)});
      case once_value<T>::claimed::closed: break;
    }
    return std::unexpected(failure{failure::reason::already_initialized, std::move(value)});
  }

  // The value; when there is none, what the future gives that `fn()` returns. Both live in the future that waits.
  template <class Fn>
  auto get_or_init(Fn fn) {
    static_assert(makes<T, Fn>, "get_or_init takes a function without parameters that gives a task of the value.");
    if constexpr (makes<T, Fn>) return once_future<T, Fn, false>(value_, std::move(fn));
  }
  // As get_or_init(), for a future that gives std::expected: an error leaves the cell as it was.
  template <initializer Fn>
    requires std::constructible_from<T, typename output_of<std::invoke_result_t<Fn&>>::value_type>
  once_future<T, Fn, true> get_or_try_init(Fn fn) {
    return {value_, std::move(fn)};
  }

  // The value, and the cell is empty again.
  std::optional<T> take(call_site at = call_site::current()) { return value_.take(at); }
  std::optional<T> into_inner(call_site at = call_site::current()) && { return value_.take(at); }

 private:
  once_value<T> value_;
};

}  // namespace tokio::sync
