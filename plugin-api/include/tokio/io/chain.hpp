// `chain(a, b)`: two readers one behind the other. Given an lvalue it borrows a reader, given an rvalue it owns it.
// Invariant: the first is left at its end, not at a read without room for a byte.
// Threads: [task].
#pragma once

#include <type_traits>
#include <utility>

#include "tokio/io/lines.hpp"
#include "tokio/io/methods.hpp"

namespace tokio::io {

template <class A, class B>
class chain_reader : public reader_methods<chain_reader<A, B>>, public line_methods<chain_reader<A, B>> {
  using first_type = std::remove_reference_t<A>;
  using second_type = std::remove_reference_t<B>;
  static_assert(async_reader<first_type> && async_reader<second_type>, "chain takes two readers.");

 public:
  chain_reader(A&& first, B&& second) : first_(std::forward<A>(first)), second_(std::forward<B>(second)) {}

  first_type& first() noexcept { return first_; }
  second_type& second() noexcept { return second_; }
  std::pair<A, B> into_inner() && { return {std::forward<A>(first_), std::forward<B>(second_)}; }

  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) {
    if (!first_ended_) {
      auto got = poll_read_from(first_, cx, into);
      if (got.is_pending() || !got.value() || *got.value() != 0 || into.empty()) return got;
      first_ended_ = true;
    }
    return poll_read_from(second_, cx, into);
  }
  tokio::poll<result<byte_view>> poll_fill_buf(context& cx)
    requires async_buf_reader<first_type> && async_buf_reader<second_type>
  {
    if (!first_ended_) {
      auto ahead = first_.poll_fill_buf(cx);
      if (ahead.is_pending() || !ahead.value() || !ahead.value()->empty()) return ahead;
      first_ended_ = true;
    }
    return second_.poll_fill_buf(cx);
  }
  void consume(std::size_t n)
    requires async_buf_reader<first_type> && async_buf_reader<second_type>
  {
    if (first_ended_)
      second_.consume(n);
    else
      first_.consume(n);
  }

 private:
  A first_;
  B second_;
  bool first_ended_ = false;
};
template <class A, class B>
chain_reader<A, B> chain(A&& first, B&& second) {
  return {std::forward<A>(first), std::forward<B>(second)};
}

}  // namespace tokio::io
