// Between readers and streams of chunks, writers and sinks of chunks:
//   reader_stream(reader)    a stream of what each read gives
//   stream_reader(stream)    a buffered reader of a stream of chunks, each a std::expected<bytes, error>
//   sink_writer(sink)        a writer into a sink of byte_view
//   copy_to_bytes(sink)      a sink of byte_view over one that wants to own its bytes (std::string)
// Given an lvalue they borrow what is inside, given an rvalue they own it.
// Cancel safe: a next(), read() or write() that is dropped has taken nothing.
// Threads: [task].
#pragma once

#include <algorithm>
#include <concepts>
#include <expected>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "tokio/io/lines.hpp"
#include "tokio/io/wrapped.hpp"
#include "tokio/stream/sink.hpp"
#include "tokio/stream/stream.hpp"

namespace tokio::io {

// Invariant: ends at the end of the reader or with its first error, and gives none from then on.
template <class R>
  requires async_reader<std::remove_reference_t<R>>
class [[nodiscard]] reader_stream : public stream::methods<reader_stream<R>> {
 public:
  using item = result<std::string>;
  // Chunks of at most `capacity` bytes.
  explicit reader_stream(R&& from, std::size_t capacity = 4 * 1024)
      : from_(std::in_place, std::forward<R>(from)), capacity_(capacity) {}

  stream::next_poll<item> poll_next(context& cx) {
    if (!from_) return std::optional<item>();
    auto got = poll_read_onto(from_->get(), cx, chunk_, capacity_);
    if (got.is_pending()) return pending;
    if (!got.value() || *got.value() == 0) from_.reset();
    if (!got.value()) return std::optional<item>(std::in_place, std::unexpect, got.value().error());
    if (chunk_.empty()) return std::optional<item>();
    return std::optional<item>(std::in_place, std::exchange(chunk_, {}));
  }
  bool is_terminated() const noexcept { return !from_; }

 private:
  struct held : wrapped_stream<R> {
    explicit held(R&& from) : wrapped_stream<R>(std::forward<R>(from)) {}
  };
  std::optional<held> from_;
  std::size_t capacity_;
  std::string chunk_;
};
template <class R>
reader_stream(R&&) -> reader_stream<R>;
template <class R>
reader_stream(R&&, std::size_t) -> reader_stream<R>;

// A chunk of a stream, or the error that came instead.
template <class S>
concept chunk_stream = stream::is_stream<S> && requires(stream::item_of<S> one) {
  { byte_view(*one) };
  { one.error() } -> std::convertible_to<error>;
};

// Invariant: a stream that has ended is not polled again; an error leaves it where it is.
template <class S>
  requires chunk_stream<std::remove_reference_t<S>>
class stream_reader : public wrapped_stream<S>,
                      public reader_methods<stream_reader<S>>,
                      public line_methods<stream_reader<S>> {
  using chunk = typename stream::item_of<S>::value_type;

 public:
  explicit stream_reader(S&& from) : wrapped_stream<S>(std::forward<S>(from)) {}

  // The stream again, with the chunk that was not read to its end.
  std::pair<S, std::optional<chunk>> into_inner_with_chunk() && {
    return {std::forward<S>(this->inner_), std::move(chunk_)};
  }
  // What is left of that chunk.
  byte_view buffer() const noexcept { return chunk_ ? byte_view(*chunk_).subspan(used_) : byte_view(); }

  tokio::poll<result<byte_view>> poll_fill_buf(context& cx) {
    while (buffer().empty() && !ended_) {
      auto polled = this->get().poll_next(cx);
      if (polled.is_pending()) return pending;
      auto& next = polled.value();
      if (next && !*next) return result<byte_view>(std::unexpect, error(next->error()));
      ended_ = !next;
      used_ = 0;
      chunk_.reset();
      if (next) chunk_.emplace(**std::move(next));
    }
    return result<byte_view>(buffer());
  }
  void consume(std::size_t n) noexcept {
    used_ += std::min(n, buffer().size());
    if (buffer().empty()) chunk_.reset(), used_ = 0;
  }
  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into) {
    if (into.empty()) return result<std::size_t>(0);
    return poll_read_ahead(*this, cx, into);
  }

 private:
  std::optional<chunk> chunk_;
  std::size_t used_ = 0;
  bool ended_ = false;
};
template <class S>
stream_reader(S&&) -> stream_reader<S>;

// A sink whose errors are, or become, those of I/O.
template <class S, class T>
concept io_sink = stream::is_sink<S, T> && std::convertible_to<typename std::remove_cvref_t<S>::sink_error, error>;

// Each write is one value of the sink.
template <class S>
  requires io_sink<S, byte_view>
class sink_writer : public wrapped_stream<S>, public writer_methods<sink_writer<S>> {
 public:
  explicit sink_writer(S&& to) : wrapped_stream<S>(std::forward<S>(to)) {}

  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from) {
    auto room = as_result(this->get().poll_ready(cx));
    if (room.is_pending()) return pending;
    if (!room.value()) return result<std::size_t>(std::unexpect, room.value().error());
    if (auto taken = this->get().start_send(byte_view(from)); !taken)
      return result<std::size_t>(std::unexpect, error(taken.error()));
    return result<std::size_t>(from.size());
  }
  tokio::poll<result<>> poll_flush(context& cx) { return as_result(this->get().poll_flush(cx)); }
  // Closes the sink.
  tokio::poll<result<>> poll_shutdown(context& cx) { return as_result(this->get().poll_close(cx)); }

 private:
  static tokio::poll<result<>> as_result(tokio::poll<stream::sent<S>> done) {
    if (done.is_pending()) return pending;
    if (!done.value()) return result<>(std::unexpect, error(done.value().error()));
    return result<>();
  }
};
template <class S>
sink_writer(S&&) -> sink_writer<S>;

template <class S>
  requires stream::is_sink<S, std::string>
class copy_to_bytes : public wrapped_stream<S>, public stream::sink_methods<copy_to_bytes<S>> {
 public:
  using sink_error = typename std::remove_cvref_t<S>::sink_error;
  using outcome = std::expected<void, sink_error>;
  explicit copy_to_bytes(S&& to) : wrapped_stream<S>(std::forward<S>(to)) {}

  tokio::poll<outcome> poll_ready(context& cx) { return this->get().poll_ready(cx); }
  outcome start_send(byte_view bytes) { return this->get().start_send(std::string(bytes.text())); }
  tokio::poll<outcome> poll_flush(context& cx) { return this->get().poll_flush(cx); }
  tokio::poll<outcome> poll_close(context& cx) { return this->get().poll_close(cx); }
};
template <class S>
copy_to_bytes(S&&) -> copy_to_bytes<S>;

}  // namespace tokio::io
