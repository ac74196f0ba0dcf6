// Two streams as one: what merge() of stream.hpp returns.
// Invariant: neither side starves: the one that is asked first changes with every poll. A side that has ended is gone.
// Threads: one at a time.
#pragma once

#include "tokio/stream/adapters.hpp"

namespace tokio::stream {

template <class A, class B>
class merge_stream : public methods<merge_stream<A, B>> {
  static_assert(std::same_as<item_of<A>, item_of<B>>, "merge takes a stream of the same items.");

 public:
  using item = item_of<A>;
  merge_stream(A&& first, B&& second) : first_(std::move(first)), second_(std::move(second)) {}

  next_poll<item> poll_next(context& cx) {
    swapped_ = !swapped_;
    return swapped_ ? poll_both(first_, second_, cx) : poll_both(second_, first_, cx);
  }
  bool is_terminated() const noexcept { return first_.is_terminated() && second_.is_terminated(); }

 private:
  template <class One, class Other>
  static next_poll<item> poll_both(One& one, Other& other, context& cx) {
    auto polled = one.poll_next(cx);
    if (polled.is_ready() && polled.value()) return polled;
    auto rest = other.poll_next(cx);
    if (rest.is_ready() && rest.value()) return rest;
    if (polled.is_pending() || rest.is_pending()) return pending;
    return rest;
  }

  fuse_stream<A> first_;
  fuse_stream<B> second_;
  bool swapped_ = false;
};

}  // namespace tokio::stream
