// What mpsc::sender::send_timeout() gives: a send that is given up after a time, and then returns its message.
// Invariant: the send is polled first, so room that is there wins even with a span of zero.
// Threads:   [task].
#pragma once

#include <chrono>
#include <expected>
#include <utility>

#include "tokio/sync/mpsc.hpp"
#include "tokio/time/timer.hpp"

namespace tokio::sync::mpsc {

enum class send_timeout_failure { timeout, closed };
template <class T>
struct send_timeout_error {
  send_timeout_failure why;
  T value;  // comes back
};

template <class T>
class [[nodiscard]] send_timeout_future {
 public:
  using output = std::expected<void, send_timeout_error<T>>;
  send_timeout_future(send_future<T> send, time::instant deadline) : send_(std::move(send)), timer_(deadline) {}

  tokio::poll<output> poll(context& cx) {
    auto sent = send_.poll(cx);
    if (sent.is_ready()) {
      if (sent.value()) return output();
      return fail(send_timeout_failure::closed, std::move(sent.value().error().value));
    }
    if (!timer_.poll_elapsed(cx)) return pending;
    return fail(send_timeout_failure::timeout, std::move(send_).into_message());
  }

 private:
  static output fail(send_timeout_failure why, T value) {
    return output(std::unexpect, send_timeout_error<T>{why, std::move(value)});
  }
  send_future<T> send_;
  time::timer timer_;
};

template <class T>
send_timeout_future<T> send_within(send_future<T> send, time::duration span, call_site at) {
  return send_timeout_future<T>(std::move(send), time::instant::now(at) + span);
}

}  // namespace tokio::sync::mpsc
