// Streams without anybody behind them: `empty()` has nothing to read, `sink()` drops what is written to it, `repeat(b)`
// gives the byte b for ever. An empty one can be written to, too, and its position is always 0.
// Invariant: each call that succeeds costs a unit of the budget, so that a loop over one gives others their turn.
// Threads: [task].
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "tokio/io/lines.hpp"
#include "tokio/io/methods.hpp"
#include "tokio/io/seek.hpp"

namespace tokio::io {

// Takes all that is written, and forgets it.
template <class Self>
class forgetful_writer : public writer_methods<Self> {
 public:
  forgetful_writer() = default;
  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from) noexcept {
    if (!cx.proceed()) return pending;
    return result<std::size_t>(from.size());
  }
  tokio::poll<result<std::size_t>> poll_write_vectored(context& cx, std::span<const byte_view> from) noexcept {
    if (!cx.proceed()) return pending;
    std::size_t all = 0;
    for (const auto& part : from) all += part.size();
    return result<std::size_t>(all);
  }
  tokio::poll<result<>> poll_flush(context& cx) noexcept { return done(cx); }
  tokio::poll<result<>> poll_shutdown(context& cx) noexcept { return done(cx); }

 private:
  static tokio::poll<result<>> done(context& cx) noexcept {
    if (!cx.proceed()) return pending;
    return result<>();
  }
};

class empty_stream : public forgetful_writer<empty_stream>,
                     public reader_methods<empty_stream>,
                     public line_methods<empty_stream>,
                     public seek_methods<empty_stream> {
 public:
  empty_stream() = default;
  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span) noexcept {
    if (!cx.proceed()) return pending;
    return result<std::size_t>(0);
  }
  tokio::poll<result<byte_view>> poll_fill_buf(context& cx) noexcept {
    if (!cx.proceed()) return pending;
    return result<byte_view>(byte_view());
  }
  void consume(std::size_t) noexcept {}
  result<> start_seek(seek_from) noexcept { return {}; }
  tokio::poll<result<std::uint64_t>> poll_complete(context& cx) noexcept {
    if (!cx.proceed()) return pending;
    return result<std::uint64_t>(0);
  }
};
inline empty_stream empty() noexcept { return empty_stream(); }

class sink_stream : public forgetful_writer<sink_stream> {
 public:
  sink_stream() = default;
};
inline sink_stream sink() noexcept { return sink_stream(); }

class repeat_stream : public reader_methods<repeat_stream> {
 public:
  explicit repeat_stream(std::byte value) noexcept : value_(value) {}
  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) noexcept {
    if (!cx.proceed()) return pending;
    std::ranges::fill(into, value_);
    return result<std::size_t>(into.size());
  }

 private:
  std::byte value_;
};
inline repeat_stream repeat(std::byte value) noexcept { return repeat_stream(value); }

}  // namespace tokio::io
