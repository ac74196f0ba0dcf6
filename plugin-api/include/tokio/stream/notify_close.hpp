// `notify_close(stream)`: its items as optionals, then an empty one when it ends, and then the end: for streams that
// are polled among others, where an end would not be seen. Answers to tokio_stream::StreamNotifyClose.
// Invariant: the stream is gone once the empty one was given.
// Threads: one at a time.
#pragma once

#include "tokio/stream/stream.hpp"

namespace tokio::stream {

template <is_stream S>
class [[nodiscard]] notify_close : public methods<notify_close<S>> {
 public:
  using item = std::optional<item_of<S>>;
  explicit notify_close(S of) : of_(std::move(of)) {}

  next_poll<item> poll_next(context& cx) {
    if (!of_) return std::optional<item>();
    auto polled = of_->poll_next(cx);
    if (polled.is_pending()) return pending;
    auto one = std::move(polled).value();
    if (!one) of_.reset();
    return std::optional<item>(std::in_place, std::move(one));
  }
  bool is_terminated() const noexcept { return !of_; }
  // The stream again; none once it has ended.
  std::optional<S> into_inner() && { return std::exchange(of_, std::nullopt); }

 private:
  std::optional<S> of_;
};

}  // namespace tokio::stream
