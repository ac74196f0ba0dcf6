// What a sink is: the other end of a stream. `is_sink<S, T>` takes values of T in poll form; `sink_methods<Self>` is
// the base that gives it send(), feed(), flush() and close(). Answers to futures::Sink and SinkExt.
//   poll_ready   room for one value; until it is ready, start_send() may not be called
//   start_send   takes a value, and never waits
//   poll_flush   everything that was taken has gone to where the sink leads
//   poll_close   flushes, then ends it
// Invariant: a send() or feed() that is dropped before it was ready has lost its value, and nothing else.
// Threads: one at a time.
#pragma once

#include <concepts>
#include <expected>
#include <optional>
#include <type_traits>
#include <utility>

#include "tokio/task/awaitable.hpp"

namespace tokio::stream {

template <class S>
using sent = std::expected<void, typename std::remove_cvref_t<S>::sink_error>;

template <class S, class T>
concept is_sink = requires(std::remove_cvref_t<S>& to, context& cx, T&& value) {
  { to.poll_ready(cx) } -> std::same_as<tokio::poll<sent<S>>>;
  { to.start_send(std::forward<T>(value)) } -> std::same_as<sent<S>>;
  { to.poll_flush(cx) } -> std::same_as<tokio::poll<sent<S>>>;
  { to.poll_close(cx) } -> std::same_as<tokio::poll<sent<S>>>;
};

// Waits for room and gives the value to the sink; with Flush until it has gone on. Borrows the sink.
template <class S, class T, bool Flush>
class [[nodiscard]] send_future {
 public:
  using output = sent<S>;
  send_future(S& to, T value) : to_(&to), value_(std::move(value)) {}
  tokio::poll<output> poll(context& cx) {
    if (value_) {
      auto room = to_->poll_ready(cx);
      if (room.is_pending() || !room.value()) return room;
      auto taken = to_->start_send(*std::move(value_));
      value_.reset();
      if (!taken || !Flush) return taken;
    }
    return to_->poll_flush(cx);
  }

 private:
  S* to_;
  std::optional<T> value_;
};

template <class Self>
class sink_methods {
 public:
  // Gives a value away and flushes.
  template <class T>
  send_future<Self, std::decay_t<T>, true> send(T&& value) {
    return {self(), std::forward<T>(value)};
  }
  // Gives a value away; it may stay in the sink until it is flushed.
  template <class T>
  send_future<Self, std::decay_t<T>, false> feed(T&& value) {
    return {self(), std::forward<T>(value)};
  }
  // Both cancel safe: another one goes on with what is left.
  auto flush() noexcept {
    return poll_fn([&to = self()](context& cx) { return to.poll_flush(cx); });
  }
  auto close() noexcept {
    return poll_fn([&to = self()](context& cx) { return to.poll_close(cx); });
  }

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }
};

}  // namespace tokio::stream
