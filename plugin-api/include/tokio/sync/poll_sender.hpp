// `poll_sender<T>`: a bounded sender for futures written by hand: first poll for room, then send. Answers to
// tokio_util::sync::PollSender.
//   if (to.poll_reserve(cx).is_pending()) return pending;  ...  to.send_item(value);
// Invariant: it is idle, waits for room, or has a slot; closed, it has nothing but perhaps a slot for one last message.
// Threads:   one task at a time; copies send to the same channel and wait by themselves.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <utility>

#include "tokio/sync/mpsc.hpp"

namespace tokio::sync {

// The channel, or this sender, is closed.
template <class T>
struct poll_send_error {
  std::optional<T> value;  // comes back from send_item()
  // For what speaks of I/O.
  operator error() const noexcept { return {error_kind::broken_pipe, "the channel is closed"}; }
};

template <class T>
class poll_sender {
 public:
  using outcome = std::expected<void, poll_send_error<T>>;

  explicit poll_sender(mpsc::sender<T> to) noexcept : to_(std::move(to)) {}
  poll_sender(const poll_sender& other) noexcept : to_(other.to_) {}
  poll_sender(poll_sender&&) noexcept = default;
  poll_sender& operator=(poll_sender other) noexcept {
    to_ = std::move(other.to_);
    waits_ = std::move(other.waits_);
    slot_ = std::move(other.slot_);
    return *this;
  }

  // Ready with a slot, again and again until it is used; an error once it is closed.
  tokio::poll<outcome> poll_reserve(context& cx) {
    if (slot_) return outcome();
    if (!to_) return outcome(std::unexpect);
    if (!waits_) waits_ = std::make_unique<request>(mpsc::sender<T>(*to_).reserve_owned());
    auto polled = waits_->poll(cx);
    if (polled.is_pending()) return pending;
    waits_.reset();
    if (!polled.value()) {
      to_.reset();
      return outcome(std::unexpect);
    }
    slot_.emplace(*std::move(polled.value()));
    return outcome();
  }
  // Uses the slot, and never waits. Panics when there is none, unless it is closed.
  outcome send_item(T value, call_site at = call_site::current()) {
    if (slot_) {
      auto slot = *std::exchange(slot_, std::nullopt);
      (void)std::move(slot).send(std::move(value));
      return {};
    }
    if (to_) panic("poll_sender: send_item() was called without a slot: poll_reserve() has to be ready first", at);
    return outcome(std::unexpect, std::optional<T>(std::move(value)));
  }
  // Gives back the slot or the place in line. False: there was neither.
  bool abort_send() noexcept {
    const bool had = slot_ || waits_;
    slot_.reset();
    waits_.reset();
    return had;
  }

  // No more slots; one that is there can still be used. Says nothing of the channel, which others may hold open.
  void close() noexcept {
    waits_.reset();
    to_.reset();
  }
  bool is_closed() const noexcept { return !to_; }

  // These make it a sink; see stream/sink.hpp.
  using sink_error = poll_send_error<T>;
  tokio::poll<outcome> poll_ready(context& cx) { return poll_reserve(cx); }
  outcome start_send(T value, call_site at = call_site::current()) { return send_item(std::move(value), at); }
  // What was sent is with the channel already.
  tokio::poll<outcome> poll_flush(context&) noexcept { return outcome(); }
  tokio::poll<outcome> poll_close(context&) noexcept {
    close();
    return outcome();
  }

  // nullptr when it is closed.
  const mpsc::sender<T>* inner() const noexcept { return to_ ? &*to_ : nullptr; }

 private:
  using request = mpsc::reserve_owned_future<T>;

  std::optional<mpsc::sender<T>> to_;
  std::unique_ptr<request> waits_;
  std::optional<mpsc::owned_permit<T>> slot_;
};

}  // namespace tokio::sync
