// Internal to mpsc: the receiving end, the same for bounded and unbounded channels.
// Invariant: there is one receiver; it ends (no value) only when the channel is closed or without senders, and empty,
//            and no permit is out.
// Threads:   one task or thread at a time; may move between threads.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <utility>
#include <vector>

#include "tokio/sync/mpsc_shared.hpp"

namespace tokio::sync::mpsc {

template <class C>
class [[nodiscard]] recv_future;
template <class C>
class [[nodiscard]] recv_many_future;

template <class C>
class basic_receiver {
 public:
  using T = typename C::value_type;

  explicit basic_receiver(channel_ref<C> channel) noexcept : to_(std::move(channel)) {}
  basic_receiver(basic_receiver&& other) noexcept = default;
  basic_receiver& operator=(basic_receiver&& other) noexcept {
    basic_receiver before(std::move(*this));
    to_ = std::move(other.to_);
    closed_ = other.closed_;
    return *this;
  }
  // What is in the channel is destroyed now, not with the last sender.
  ~basic_receiver() {
    if (!to_) return;
    to_->resource.give_up();
    close();
    while (auto next = take()) (void)next;
  }

  // The next message, or nothing at the end. Cancel safe.
  recv_future<C> recv() noexcept { return recv_future<C>(*this); }
  // Appends up to `limit` messages and says how many: 0 only at the end, or when limit is 0. Cancel safe.
  recv_many_future<C> recv_many(std::vector<T>& into, std::size_t limit) noexcept {
    return recv_many_future<C>(*this, into, limit);
  }
  tokio::poll<std::optional<T>> poll_recv(context& cx);
  tokio::poll<std::size_t> poll_recv_many(context& cx, std::vector<T>& into, std::size_t limit);
  std::expected<T, try_recv_error> try_recv();
  // For threads that may block; panics inside a task.
  std::optional<T> blocking_recv(call_site at = call_site::current()) {
    return block_on(recv(), "blocking_recv() was called inside a task: await recv() instead", at);
  }
  std::size_t blocking_recv_many(std::vector<T>& into, std::size_t limit, call_site at = call_site::current()) {
    return block_on(recv_many(into, limit), "blocking_recv_many() was called inside a task: await recv_many() instead",
                    at);
  }

  // Senders fail from now on. What was sent, and what is sent with permits that are held, can still be received.
  void close() {
    if (!std::exchange(closed_, true)) to_->close();
  }
  bool is_closed() const noexcept { return closed_ || sender_strong_count() == 0; }
  bool is_empty() const noexcept { return len() == 0; }
  std::size_t len() const noexcept { return to_->queue.len(); }
  std::size_t capacity() const noexcept
    requires requires(C& c) { c.permits; }
  {
    return to_->permits.available();
  }
  std::size_t max_capacity() const noexcept
    requires requires(C& c) { c.permits; }
  {
    return to_->capacity;
  }
  std::size_t sender_strong_count() const noexcept { return to_->counts.strong.load(acquire); }
  std::size_t sender_weak_count() const noexcept { return to_->counts.weak.load(relaxed); }

 private:
  using P = typename C::policy_type;
  using seen = typename message_queue<T, P>::seen;

  // A message that is there, without its permit's return.
  seen next() {
    if (closed_) to_->stop_waiting();
    while (true) {
      const auto what = to_->queue.look();
      if (what != seen::hole) return what;
      to_->queue.skip_hole();
      to_->taken(1);
    }
  }
  // The permits of messages that were taken, given back even when moving one out throws.
  struct give_back {
    C& channel;
    std::size_t n = 0;
    ~give_back() { channel.taken(n); }
  };
  T take_one() {
    const give_back after{*to_.get(), 1};
    return to_->queue.take();
  }
  std::optional<T> take() {
    if (next() != seen::value) return std::nullopt;
    return take_one();
  }
  std::size_t take_many(std::vector<T>& into, std::size_t limit) {
    give_back after{*to_.get()};
    while (after.n < limit && next() == seen::value) {
      ++after.n;
      into.push_back(to_->queue.take());
    }
    return after.n;
  }
  // After next() said `nothing`. True: nothing can come any more. False: `who` is woken when that changes.
  enum class outlook { end, wait, look_again };
  outlook wait(waker who) {
    if (!to_->queue.wait(who)) return outlook::look_again;
    if (!closed_ || !to_->wait_drained()) return outlook::wait;
    // A thread that waits must not be woken when it is gone: whoever has taken the offer already wakes it soon.
    return to_->queue.take_offer(to_->queue.standing_offer()) ? outlook::end : outlook::wait;
  }
  // `take` gives the answer when something is there; at_end is the answer at the end.
  template <class Out, class Take>
  [[gnu::always_inline]] tokio::poll<Out> poll_with(context& cx, Take take, Out at_end) {
    if (!cx.proceed()) return pending;
    to_->resource.poll_begins();
    auto found = next();
    if (found == seen::value || found == seen::end) [[likely]]
      to_->resource.polled(true);
    else
      found = wait_for_next(cx);
    switch (found) {
      case seen::value: return take();
      case seen::end: return at_end;
      default: return pending;
    }
  }
  // A message, the end, or nothing: then `cx` is woken.
  [[gnu::noinline]] seen wait_for_next(context& cx) {
    auto found = seen::nothing;
    auto now = outlook::look_again;
    while (now == outlook::look_again && found == seen::nothing) {
      now = wait(cx.waker());
      if (now == outlook::look_again) found = next();
    }
    to_->resource.polled(now != outlook::wait);
    if (now == outlook::end) return seen::end;
    if (now == outlook::look_again) return found;
    cx.restore();
    return seen::nothing;
  }

  channel_ref<C> to_;
  bool closed_ = false;
};

template <class C>
tokio::poll<std::optional<typename C::value_type>> basic_receiver<C>::poll_recv(context& cx) {
  return poll_with<std::optional<T>>(
      cx, [&] { return tokio::poll<std::optional<T>>(std::in_place, take_one()); }, std::nullopt);
}

template <class C>
tokio::poll<std::size_t> basic_receiver<C>::poll_recv_many(context& cx, std::vector<T>& into, std::size_t limit) {
  if (limit == 0) return std::size_t{0};
  return poll_with<std::size_t>(cx, [&] { return tokio::poll<std::size_t>(take_many(into, limit)); }, 0);
}

template <class C>
std::expected<typename C::value_type, try_recv_error> basic_receiver<C>::try_recv() {
  while (true) {
    if (auto message = take()) return std::move(*message);
    if (next() == seen::end) return std::unexpected(try_recv_error::disconnected);
    if (len() == 0) break;
    P::spin();  // a sender is between its ticket and its value
  }
  if (closed_ && to_->is_drained()) return std::unexpected(try_recv_error::disconnected);
  return std::unexpected(try_recv_error::empty);
}

template <class C>
class [[nodiscard]] recv_future {
 public:
  using output = std::optional<typename C::value_type>;
  explicit recv_future(basic_receiver<C>& from) noexcept : from_(&from) {}
  tokio::poll<output> poll(context& cx) { return from_->poll_recv(cx); }

 private:
  basic_receiver<C>* from_;
};

template <class C>
class [[nodiscard]] recv_many_future {
 public:
  using output = std::size_t;
  recv_many_future(basic_receiver<C>& from, std::vector<typename C::value_type>& into, std::size_t limit) noexcept
      : from_(&from), into_(&into), limit_(limit) {}
  tokio::poll<output> poll(context& cx) { return from_->poll_recv_many(cx, *into_, limit_); }

 private:
  basic_receiver<C>* from_;
  std::vector<typename C::value_type>* into_;
  std::size_t limit_;
};

}  // namespace tokio::sync::mpsc
