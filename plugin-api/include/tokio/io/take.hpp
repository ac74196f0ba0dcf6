// `take(reader, n)`: the first n bytes of a reader, and then the end. Given an lvalue it borrows the reader, given an
// rvalue it owns it.
// Invariant: no more than that is read; once it was, the reader is not polled.
// Threads: [task].
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "tokio/io/lines.hpp"
#include "tokio/io/wrapped.hpp"

namespace tokio::io {

template <class R>
class take_reader : public wrapped_stream<R>,
                    public reader_methods<take_reader<R>>,
                    public line_methods<take_reader<R>> {
  using inner = std::remove_reference_t<R>;
  static_assert(async_reader<inner>, "take takes a reader.");

 public:
  take_reader(R&& from, std::uint64_t limit) : wrapped_stream<R>(std::forward<R>(from)), limit_(limit) {}

  // So many bytes are left before the end.
  std::uint64_t limit() const noexcept { return limit_; }
  // As if it began here: what was read before does not count.
  void set_limit(std::uint64_t limit) noexcept { limit_ = limit; }

  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) {
    if (limit_ == 0) return result<std::size_t>(0);
    auto got = poll_read_from(this->get(), cx, into.first(within(into.size())));
    if (got.is_ready()) limit_ -= got.value().value_or(0);
    return got;
  }
  tokio::poll<result<byte_view>> poll_fill_buf(context& cx)
    requires async_buf_reader<inner>
  {
    if (limit_ == 0) return result<byte_view>(byte_view());
    auto ahead = this->get().poll_fill_buf(cx);
    if (ahead.is_pending() || !ahead.value()) return ahead;
    return result<byte_view>(ahead.value()->first(within(ahead.value()->size())));
  }
  void consume(std::size_t n)
    requires async_buf_reader<inner>
  {
    const auto used = within(n);
    limit_ -= used;
    this->get().consume(used);
  }

 private:
  std::size_t within(std::size_t n) const noexcept {
    return static_cast<std::size_t>(std::min<std::uint64_t>(n, limit_));
  }

  std::uint64_t limit_;
};
template <class R>
take_reader<R> take(R&& from, std::uint64_t limit) {
  return {std::forward<R>(from), limit};
}

}  // namespace tokio::io
