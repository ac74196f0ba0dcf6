// `inspect_reader(reader, f)` and `inspect_writer(writer, f)`: streams whose bytes are shown to `f(byte_view)` as they
// pass. Given an lvalue they borrow the stream, given an rvalue they own it.
// Invariant: f sees each byte once and in order; without a byte it is called only at the end of a reader.
// Threads: [task]; f is called inside of the poll.
#pragma once

#include <algorithm>
#include <span>
#include <type_traits>
#include <utility>

#include "tokio/io/wrapped.hpp"

namespace tokio::io {

template <class R, class F>
class inspect_reader : public wrapped_stream<R>,
                       public reader_methods<inspect_reader<R, F>>,
                       public writes_through<inspect_reader<R, F>, std::remove_reference_t<R>> {
 public:
  inspect_reader(R&& from, F see) : wrapped_stream<R>(std::forward<R>(from)), see_(std::move(see)) {}

  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) {
    auto got = poll_read_from(this->get(), cx, into);
    if (got.is_pending() || !got.value()) return got;
    if (*got.value() != 0 || !into.empty()) see_(byte_view(into.first(*got.value())));
    return got;
  }

 private:
  F see_;
};
template <class R, class F>
inspect_reader(R&&, F) -> inspect_reader<R, F>;

template <class W, class F>
class inspect_writer : public wrapped_stream<W>,
                       public writer_methods<inspect_writer<W, F>>,
                       public reads_through<inspect_writer<W, F>, std::remove_reference_t<W>> {
  using inner = std::remove_reference_t<W>;

 public:
  inspect_writer(W&& to, F see) : wrapped_stream<W>(std::forward<W>(to)), see_(std::move(see)) {}

  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from) {
    auto put = this->get().poll_write(cx, from);
    if (put.is_ready()) show(std::span(&from, 1), put.value().value_or(0));
    return put;
  }
  tokio::poll<result<std::size_t>> poll_write_vectored(context& cx, std::span<const byte_view> from)
    requires vectored_writer<inner>
  {
    auto put = this->get().poll_write_vectored(cx, from);
    if (put.is_ready()) show(from, put.value().value_or(0));
    return put;
  }
  tokio::poll<result<>> poll_flush(context& cx) { return this->get().poll_flush(cx); }
  tokio::poll<result<>> poll_shutdown(context& cx) { return this->get().poll_shutdown(cx); }

 private:
  void show(std::span<const byte_view> parts, std::size_t n) {
    for (const auto& part : parts) {
      const auto seen = part.first(std::min(n, part.size()));
      if (!seen.empty()) see_(byte_view(seen));
      n -= seen.size();
    }
  }
  F see_;
};
template <class W, class F>
inspect_writer(W&&, F) -> inspect_writer<W, F>;

}  // namespace tokio::io
