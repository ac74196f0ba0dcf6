// Streams out of what is there: iter(range), once(value), empty<T>(), never<T>(). Answers to tokio_stream::iter, once,
// empty and pending.
// Invariant: iter keeps to the cooperative budget, so a loop over it gives others their turn.
// Threads: one at a time.
#pragma once

#include <iterator>
#include <ranges>

#include "tokio/stream/stream.hpp"
#include "tokio/task/yield.hpp"

namespace tokio::stream {

// The elements of a range, moved out of it when it was given as a temporary. Those that a view shows are copied: they
// are somebody else's.
template <class Range>
class [[nodiscard]] iter_stream : public methods<iter_stream<Range>> {
 public:
  using item = std::iter_value_t<decltype(std::begin(std::declval<Range&>()))>;
  explicit iter_stream(Range range) : range_(std::move(range)) {}
  // Only before its first poll.
  iter_stream(iter_stream&& other) : range_(std::move(unpolled(other).range_)) {}

  next_poll<item> poll_next(context& cx) {
    coop::turn turn(cx);
    if (!turn) return pending;
    turn.made_progress();
    if (!at_) at_.emplace(std::begin(range_));
    if (is_terminated()) return std::optional<item>();
    std::optional<item> one(std::in_place, element());
    ++*at_;
    return one;
  }
  bool is_terminated() const { return at_ && *at_ == std::end(range_); }

 private:
  static iter_stream& unpolled(iter_stream& stream) {
    if (stream.at_) panic("a stream was moved after it was polled");
    return stream;
  }
  decltype(auto) element() {
    if constexpr (std::ranges::view<Range> || std::ranges::borrowed_range<Range>)
      return **at_;
    else
      return std::ranges::iter_move(*at_);
  }

  mutable Range range_;
  std::optional<decltype(std::begin(std::declval<Range&>()))> at_;
};
template <class Range>
iter_stream<std::remove_cvref_t<Range>> iter(Range&& range) {
  return iter_stream<std::remove_cvref_t<Range>>(std::forward<Range>(range));
}

template <class T>
class [[nodiscard]] once_stream : public methods<once_stream<T>> {
 public:
  using item = T;
  explicit once_stream(std::optional<T> value) : value_(std::move(value)) {}
  next_poll<T> poll_next(context&) { return std::exchange(value_, std::nullopt); }
  bool is_terminated() const noexcept { return !value_; }

 private:
  std::optional<T> value_;
};
template <class T>
once_stream<T> once(T value) {
  return once_stream<T>(std::optional<T>(std::move(value)));
}
template <class T>
once_stream<T> empty() {
  return once_stream<T>(std::nullopt);
}

// Never gives anything, and never ends.
template <class T>
class [[nodiscard]] never_stream : public methods<never_stream<T>> {
 public:
  using item = T;
  next_poll<T> poll_next(context&) noexcept { return pending; }
  static constexpr bool is_terminated() noexcept { return false; }
};
template <class T>
never_stream<T> never() noexcept {
  return {};
}

}  // namespace tokio::stream
