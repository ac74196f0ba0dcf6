// Internal to codec/: the two directions of framed.hpp without the stream and the codec, and the bases that give them
// to a type.
// Invariant: a frame that was read stays in the buffer until it is given, so a poll that is not repeated loses nothing.
// Threads: [task].
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <utility>

#include "tokio/codec/traits.hpp"
#include "tokio/io/write.hpp"
#include "tokio/stream/sink.hpp"
#include "tokio/stream/stream.hpp"

namespace tokio::codec {

inline constexpr std::size_t initial_capacity = 8 * 1024;

// Bytes in, frames out.
class frame_reading {
 public:
  explicit frame_reading(std::size_t capacity) : bytes(capacity) {}
  // Of bytes that were read by somebody else. They are decoded before more is read.
  explicit frame_reading(buffer read) : bytes(std::move(read)), readable_(!bytes.empty()) {
    if (bytes.capacity() < initial_capacity) bytes.reserve(initial_capacity - bytes.size());
  }

  // None at the end of the stream, and once after an error; both may be followed by more.
  template <class R, class D>
  stream::next_poll<std::expected<typename D::item, codec_error<D>>> poll(context& cx, R& from, D& by) {
    using item = std::expected<typename D::item, codec_error<D>>;
    const auto fail = [&](auto what) {
      failed_ = true;
      return std::optional<item>(std::in_place, std::unexpect, std::move(what));
    };
    while (true) {
      if (std::exchange(failed_, false)) {
        readable_ = false;
        return std::optional<item>();
      }
      if (readable_) {
        auto next = ended_ ? decode_eof(by, bytes) : by.decode(bytes);
        if (!next) return fail(std::move(next.error()));
        if (*next) return std::optional<item>(std::in_place, *std::move(*next));
        readable_ = false;
        if (ended_) return std::optional<item>();
      }
      auto got = io::poll_read_from(from, cx, bytes.prepare(1));
      if (got.is_pending()) return pending;
      if (!got.value()) return fail(codec_error<D>(got.value().error()));
      bytes.commit(*got.value());
      const bool ends = *got.value() == 0;
      if (ends && ended_) return std::optional<item>();  // it is still at its end
      ended_ = ends;
      readable_ = true;
    }
  }

  buffer bytes;

 private:
  bool ended_ = false;     // the last read found the end of the stream
  bool readable_ = false;  // the decoder has not said that it needs more
  bool failed_ = false;    // an error was given, and not yet the none after it
};

// Frames in, bytes out.
class frame_writing {
 public:
  frame_writing(buffer unwritten, std::size_t most) : bytes(std::move(unwritten)), boundary(most) {}

  template <class W>
  tokio::poll<result<>> poll_ready(context& cx, W& to) {
    if (bytes.size() < boundary) return result<>();
    return poll_flush(cx, to);
  }
  template <class W>
  tokio::poll<result<>> poll_flush(context& cx, W& to) {
    io::byte_view rest = bytes.view();
    auto put = io::poll_write_all(to, cx, rest);
    bytes.consume(bytes.size() - rest.size());
    if (put.is_pending() || !put.value()) return put;
    return to.poll_flush(cx);
  }
  template <class W>
  tokio::poll<result<>> poll_close(context& cx, W& to) {
    auto flushed = poll_flush(cx, to);
    if (flushed.is_pending() || !flushed.value()) return flushed;
    return to.poll_shutdown(cx);
  }

  buffer bytes;
  std::size_t boundary;  // with so many bytes it flushes before it takes the next frame
};

// Self has get(), the stream, and codec(). Gives it the frames as a stream.
template <class Self, class D>
class frame_source : public stream::methods<Self> {
 public:
  using item = std::expected<typename D::item, codec_error<D>>;

  stream::next_poll<item> poll_next(context& cx) {
    auto& self = static_cast<Self&>(*this);
    return reading_.poll(cx, self.get(), self.codec());
  }
  // What was read and not decoded yet.
  buffer& read_buffer() noexcept { return reading_.bytes; }
  const buffer& read_buffer() const noexcept { return reading_.bytes; }

 protected:
  explicit frame_source(frame_reading from) : reading_(std::move(from)) {}
  frame_reading reading_;
};

// The same for a sink of what the codec encodes.
template <class Self, class E>
class frame_sink : public stream::sink_methods<Self> {
 public:
  using sink_error = codec_error<E>;
  using outcome = std::expected<void, sink_error>;

  tokio::poll<outcome> poll_ready(context& cx) { return as_outcome(writing_.poll_ready(cx, self().get())); }
  template <class T>
    requires encoder<E, T>
  outcome start_send(T&& value) {
    return self().codec().encode(std::forward<T>(value), writing_.bytes);
  }
  tokio::poll<outcome> poll_flush(context& cx) { return as_outcome(writing_.poll_flush(cx, self().get())); }
  // Flushes, then shuts the stream down.
  tokio::poll<outcome> poll_close(context& cx) { return as_outcome(writing_.poll_close(cx, self().get())); }

  // What was encoded and not written yet.
  buffer& write_buffer() noexcept { return writing_.bytes; }
  const buffer& write_buffer() const noexcept { return writing_.bytes; }
  std::size_t backpressure_boundary() const noexcept { return writing_.boundary; }
  void set_backpressure_boundary(std::size_t bytes) noexcept { writing_.boundary = bytes; }

 protected:
  explicit frame_sink(frame_writing to) : writing_(std::move(to)) {}
  frame_writing writing_;

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
  static tokio::poll<outcome> as_outcome(tokio::poll<result<>> done) {
    if (done.is_pending()) return pending;
    if (!done.value()) return outcome(std::unexpect, done.value().error());
    return outcome();
  }
};

}  // namespace tokio::codec
