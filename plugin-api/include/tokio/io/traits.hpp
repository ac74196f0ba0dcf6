// What a byte stream is, in poll form. Helpers, adapters and plugins are written against these concepts.
//   poll_read      bytes read, 0 at the end of the stream or for an empty span, which says nothing of the end; pending
//                  leaves the span untouched
//   poll_write     bytes taken, at least one unless the view is empty or the stream takes no more
//   poll_flush     everything that was written has gone to where the stream leads
//   poll_shutdown  flushes, then ends the writing direction
//   poll_fill_buf  the bytes that are buffered, read first when there are none; empty at the end of the stream
//   consume(n)     n of them were used
// A buffer is borrowed for one call only. Each direction keeps the waker of the task that polled it last.
// Threads: [task].
#pragma once

#include <concepts>
#include <cstddef>
#include <span>

#include "tokio/core/error.hpp"
#include "tokio/io/buffer.hpp"
#include "tokio/task/awaitable.hpp"

namespace tokio::io {

template <class R>
concept async_reader = requires(R& stream, context& cx, byte_span into) {
  { stream.poll_read(cx, into) } -> std::same_as<tokio::poll<result<std::size_t>>>;
};

template <class W>
concept async_writer = requires(W& stream, context& cx, byte_view from) {
  { stream.poll_write(cx, from) } -> std::same_as<tokio::poll<result<std::size_t>>>;
  { stream.poll_flush(cx) } -> std::same_as<tokio::poll<result<>>>;
  { stream.poll_shutdown(cx) } -> std::same_as<tokio::poll<result<>>>;
};

template <class R>
concept async_buf_reader = async_reader<R> && requires(R& stream, context& cx, std::size_t n) {
  { stream.poll_fill_buf(cx) } -> std::same_as<tokio::poll<result<byte_view>>>;
  stream.consume(n);
};

// Takes several buffers with one call.
template <class W>
concept vectored_writer = async_writer<W> && requires(W& stream, context& cx, std::span<const byte_view> from) {
  { stream.poll_write_vectored(cx, from) } -> std::same_as<tokio::poll<result<std::size_t>>>;
};

// What a reader has read into `into`. All helpers and adapters read with this: a reader that says that it has read more
// than it was given room for panics, and nobody uses bytes that are not there.
template <async_reader R>
tokio::poll<result<std::size_t>> poll_read_from(R& from, context& cx, byte_span into) {
  auto got = from.poll_read(cx, into);
  if (got.is_ready() && got.value().value_or(0) > into.size())
    panic("a reader said that it has read more bytes than it was given room for");
  return got;
}

// What a writer has taken of `from`. All helpers and adapters that go on behind it write with this.
[[noreturn]] inline void took_too_much() { panic("a writer said that it has taken more bytes than it was given"); }
template <async_writer W>
tokio::poll<result<std::size_t>> poll_write_from(W& to, context& cx, byte_view from) {
  auto put = to.poll_write(cx, from);
  if (put.is_ready() && put.value().value_or(0) > from.size()) took_too_much();
  return put;
}

inline error unexpected_eof() noexcept { return {error_kind::unexpected_eof, "early end of stream"}; }
inline error write_zero() noexcept { return {error_kind::write_zero, "the stream takes no more bytes"}; }
inline error broken_pipe() noexcept { return {error_kind::broken_pipe, "the other end is gone"}; }
inline error invalid_utf8() noexcept { return {error_kind::invalid_data, "the stream did not contain valid UTF-8"}; }

}  // namespace tokio::io
