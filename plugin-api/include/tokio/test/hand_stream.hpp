// Polls one stream by hand: poll_next(), is_woken(). Answers to tokio_test::task::Spawn of a stream.
//   test::hand_stream ticks(stream::iter(values).take(3)); CHECK(ticks.poll_next().value() == 1);
// Threads: the one that made the fake host.
#pragma once

#include <utility>

#include "tokio/stream/stream.hpp"
#include "tokio/test/hand_poll.hpp"

namespace tokio::test {

template <stream::is_stream S>
class hand_stream {
 public:
  explicit hand_stream(S of) : stream_(std::move(of)), next_(stream_.next()) {}
  hand_stream(const hand_stream&) = delete;
  hand_stream& operator=(const hand_stream&) = delete;

  stream::next_poll<stream::item_of<S>> poll_next() { return next_.poll(); }
  stream::next_poll<stream::item_of<S>> poll_next_with_budget(std::int32_t budget) {
    return next_.poll_with_budget(budget);
  }
  // Woken since the last poll began.
  bool is_woken() const { return next_.is_woken(); }
  std::int32_t budget_left() const { return next_.budget_left(); }
  S& stream() noexcept { return stream_; }
  S into_inner() && { return std::move(stream_); }

 private:
  S stream_;
  hand_poll<stream::next_future<S>> next_;
};

}  // namespace tokio::test
