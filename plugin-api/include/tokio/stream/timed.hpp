// Streams with a clock: what timeout(), timeout_repeating(), throttle() and chunks_timeout() of stream.hpp return.
// Invariant: the stream is asked first, so an item that is there comes before any deadline. No item is lost when next()
//            is dropped.
// Threads: one at a time.
#pragma once

#include <vector>

#include "tokio/stream/adapters.hpp"
#include "tokio/time/interval.hpp"
#include "tokio/time/sleep.hpp"
#include "tokio/time/timeout.hpp"

namespace tokio::stream {

template <class S>
using timed_item = std::expected<item_of<S>, time::elapsed>;

// Gives what `polled` has, as an item that came in time.
template <class Item>
std::optional<std::expected<Item, time::elapsed>> in_time(std::optional<Item>&& one) {
  using timed = std::expected<Item, time::elapsed>;
  if (!one) return std::nullopt;
  return std::optional<timed>(timed(std::in_place, *std::move(one)));
}

template <class S>
class timeout_stream : public passing_adapter<timeout_stream<S>, S> {
 public:
  using item = timed_item<S>;
  timeout_stream(S&& inner, time::duration span, call_site at)
      : timeout_stream::passing_adapter(std::move(inner)), span_(span), deadline_(time::sleep(span, at)) {}

  next_poll<item> poll_next(context& cx) {
    auto polled = this->inner_.poll_next(cx);
    if (polled.is_ready()) {
      if (polled.value()) rearm();
      return in_time(std::move(polled).value());
    }
    if (told_ || deadline_.poll(cx).is_pending()) return pending;
    told_ = true;
    return std::optional<item>(std::unexpected(time::elapsed()));
  }

 private:
  void rearm() {
    deadline_.reset(time::instant::now() + span_);
    told_ = false;
  }
  time::duration span_;
  time::sleep_future deadline_;
  bool told_ = false;  // of the item that is missing now
};

template <class S>
class timeout_repeating_stream : public passing_adapter<timeout_repeating_stream<S>, S> {
 public:
  using item = timed_item<S>;
  timeout_repeating_stream(S&& inner, time::interval every)
      : timeout_repeating_stream::passing_adapter(std::move(inner)), every_(std::move(every)) {}

  next_poll<item> poll_next(context& cx) {
    auto polled = this->inner_.poll_next(cx);
    if (polled.is_ready()) {
      if (polled.value()) every_.reset();
      return in_time(std::move(polled).value());
    }
    if (every_.poll_tick(cx).is_pending()) return pending;
    return std::optional<item>(std::unexpected(time::elapsed()));
  }

 private:
  time::interval every_;
};

template <class S>
class throttle_stream : public passing_adapter<throttle_stream<S>, S> {
 public:
  using item = item_of<S>;
  throttle_stream(S&& inner, time::duration span, call_site at)
      : throttle_stream::passing_adapter(std::move(inner)), span_(span), pause_(time::sleep(span, at)) {}

  next_poll<item> poll_next(context& cx) {
    if (paused_) {
      if (pause_.poll(cx).is_pending()) return pending;
      paused_ = false;
    }
    auto polled = this->inner_.poll_next(cx);
    if (polled.is_ready() && polled.value() && span_ > time::duration::zero()) {
      pause_.reset(time::instant::now() + span_);
      paused_ = true;
    }
    return polled;
  }

 private:
  time::duration span_;
  time::sleep_future pause_;
  bool paused_ = false;  // the first item comes at once
};

template <class S>
class chunks_timeout_stream : public methods<chunks_timeout_stream<S>> {
 public:
  using item = std::vector<item_of<S>>;
  chunks_timeout_stream(S&& inner, std::size_t most, time::duration span, call_site at)
      : inner_(std::move(inner)), most_(most), span_(span), deadline_(time::sleep(span, at)) {
    if (most == 0) panic("chunks_timeout: a chunk has room for one item, got 0", at);
  }

  next_poll<item> poll_next(context& cx) {
    while (true) {
      auto polled = inner_.poll_next(cx);
      if (polled.is_pending()) break;
      if (!polled.value()) return gathered_.empty() ? std::optional<item>() : std::optional<item>(take());
      if (gathered_.empty()) deadline_.reset(time::instant::now() + span_);
      gathered_.push_back(*std::move(polled).value());
      if (gathered_.size() == most_) return std::optional<item>(take());
    }
    if (gathered_.empty() || deadline_.poll(cx).is_pending()) return pending;
    return std::optional<item>(take());
  }
  bool is_terminated() const noexcept { return gathered_.empty() && inner_.is_terminated(); }
  // What was gathered and not given yet.
  item into_remainder() && { return take(); }

 private:
  item take() { return std::exchange(gathered_, {}); }

  fuse_stream<S> inner_;
  std::size_t most_;
  time::duration span_;
  time::sleep_future deadline_;  // of the chunk that is being gathered
  item gathered_;
};

}  // namespace tokio::stream
