// `join(reader, writer)`: two streams as one that is read from the first and written to the second. Given an lvalue it
// borrows a stream, given an rvalue it owns it. The opposite of split.
// Threads: [task].
#pragma once

#include <span>
#include <type_traits>
#include <utility>

#include "tokio/io/lines.hpp"
#include "tokio/io/methods.hpp"

namespace tokio::io {

template <class R, class W>
class joined_stream : public reader_methods<joined_stream<R, W>>,
                      public writer_methods<joined_stream<R, W>>,
                      public line_methods<joined_stream<R, W>> {
  using reader_type = std::remove_reference_t<R>;
  using writer_type = std::remove_reference_t<W>;

 public:
  joined_stream(R&& from, W&& to) : reader_(std::forward<R>(from)), writer_(std::forward<W>(to)) {}

  reader_type& reader() noexcept { return reader_; }
  writer_type& writer() noexcept { return writer_; }
  std::pair<R, W> into_inner() && { return {std::forward<R>(reader_), std::forward<W>(writer_)}; }

  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) { return reader_.poll_read(cx, into); }
  tokio::poll<result<byte_view>> poll_fill_buf(context& cx)
    requires async_buf_reader<reader_type>
  {
    return reader_.poll_fill_buf(cx);
  }
  void consume(std::size_t n)
    requires async_buf_reader<reader_type>
  {
    reader_.consume(n);
  }
  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from) { return writer_.poll_write(cx, from); }
  tokio::poll<result<std::size_t>> poll_write_vectored(context& cx, std::span<const byte_view> from)
    requires vectored_writer<writer_type>
  {
    return writer_.poll_write_vectored(cx, from);
  }
  tokio::poll<result<>> poll_flush(context& cx) { return writer_.poll_flush(cx); }
  tokio::poll<result<>> poll_shutdown(context& cx) { return writer_.poll_shutdown(cx); }

 private:
  R reader_;
  W writer_;
};
template <class R, class W>
  requires async_reader<std::remove_reference_t<R>> && async_writer<std::remove_reference_t<W>>
joined_stream<R, W> join(R&& reader, W&& writer) {
  return {std::forward<R>(reader), std::forward<W>(writer)};
}

}  // namespace tokio::io
