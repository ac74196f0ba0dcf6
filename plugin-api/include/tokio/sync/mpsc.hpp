// Messages from many senders to one receiver, in the order they were sent. `channel` holds at most n messages and makes
// senders wait in line; `unbounded_channel` never does.
// Invariant: a permit, once given, can be used: its send succeeds even after the receiver has closed.
// Threads:   senders [any], also concurrently; the receiver is used by one task at a time.
#pragma once

#include <cstddef>
#include <expected>
#include <iterator>
#include <optional>
#include <utility>

#include "tokio/sync/mpsc_receiver.hpp"

namespace tokio::sync::mpsc {

template <class T>
using receiver = basic_receiver<bounded_channel_state<T>>;
template <class T>
using unbounded_receiver = basic_receiver<unbounded_channel_state<T>>;

template <class T>
class sender;
template <class T>
class weak_sender;

// The right to send one message. Borrows its sender, which must outlive it; destroying it gives the right back.
template <class T>
class [[nodiscard]] permit {
 public:
  explicit permit(bounded_channel_state<T>* to) noexcept : to_(to) {}
  permit(permit&& other) noexcept : to_(std::exchange(other.to_, nullptr)) {}
  permit& operator=(permit&& other) noexcept {
    permit before(std::move(*this));
    to_ = std::exchange(other.to_, nullptr);
    return *this;
  }
  ~permit() {
    if (to_) to_->give_back(1);
  }
  void send(T value) && { std::exchange(to_, nullptr)->queue.push(value); }

 private:
  bounded_channel_state<T>* to_;
};

// The right to send n messages, one permit at a time: `for (auto p : permits) std::move(p).send(...)`.
template <class T>
class [[nodiscard]] permit_iterator {
 public:
  permit_iterator(bounded_channel_state<T>* to, std::size_t n) noexcept : to_(to), left_(n) {}
  permit_iterator(permit_iterator&& other) noexcept : to_(other.to_), left_(std::exchange(other.left_, 0)) {}
  permit_iterator& operator=(permit_iterator&& other) noexcept {
    permit_iterator before(std::move(*this));
    to_ = other.to_;
    left_ = std::exchange(other.left_, 0);
    return *this;
  }
  ~permit_iterator() {
    if (left_ != 0) to_->give_back(left_);
  }

  std::size_t size() const noexcept { return left_; }
  std::optional<permit<T>> next() noexcept {
    if (left_ == 0) return std::nullopt;
    --left_;
    return permit<T>(to_);
  }

  class iterator {
   public:
    explicit iterator(permit_iterator* of) noexcept : of_(of) {}
    permit<T> operator*() const noexcept { return *of_->next(); }
    iterator& operator++() noexcept { return *this; }
    bool operator==(std::default_sentinel_t) const noexcept { return of_->left_ == 0; }

   private:
    permit_iterator* of_;
  };
  iterator begin() noexcept { return iterator(this); }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  bounded_channel_state<T>* to_;
  std::size_t left_;
};

// The right to send one message, together with the sender, which comes back.
template <class T>
class [[nodiscard]] owned_permit {
 public:
  owned_permit(owned_permit&& other) noexcept : from_(std::move(other.from_)) {}
  owned_permit& operator=(owned_permit&& other) noexcept {
    owned_permit before(std::move(*this));
    from_ = std::move(other.from_);
    return *this;
  }
  ~owned_permit() {
    if (from_.state()) from_.state()->give_back(1);
  }
  sender<T> send(T value) && {
    sender<T> back = std::move(from_);
    back.state()->queue.push(value);
    return back;
  }
  sender<T> release() && {
    sender<T> back = std::move(from_);
    back.state()->give_back(1);
    return back;
  }
  bool same_channel(const owned_permit& other) const noexcept { return from_.same_channel(other.from_); }
  bool same_channel_as_sender(const sender<T>& other) const noexcept { return from_.same_channel(other); }

 private:
  template <class U>
  friend class reserve_owned_future;
  friend class sender<T>;
  explicit owned_permit(sender<T> from) noexcept : from_(std::move(from)) {}

  sender<T> from_;
};

// What send, reserve and reserve_many have in common: the wait for permits of a channel.
template <class T>
class permit_wait {
 public:
  using acquired = semaphore_core<policy>::acquired;
  permit_wait(bounded_channel_state<T>* to, std::size_t n) noexcept : to_(to), wait_(to->permits, n) {}

  acquired poll(context& cx) { return wait_.poll(cx); }
  bounded_channel_state<T>* to() const noexcept { return to_; }

 private:
  bounded_channel_state<T>* to_;
  acquire_wait<policy> wait_;
};

// Cancelling loses the message and the place in line.
template <class T>
class [[nodiscard]] send_future {
 public:
  using output = std::expected<void, send_error<T>>;
  send_future(bounded_channel_state<T>* to, T value) : wait_(to, 1), value_(std::move(value)) {}

  tokio::poll<output> poll(context& cx) {
    using acquired = permit_wait<T>::acquired;
    switch (wait_.poll(cx)) {
      case acquired::yes: wait_.to()->queue.push(value_); return {std::in_place};
      case acquired::closed: return {std::in_place, std::unexpect, std::move(value_)};
      case acquired::no: break;
    }
    return pending;
  }
  // Gives up: the message again.
  T into_message() && { return std::move(value_); }

 private:
  permit_wait<T> wait_;
  T value_;
};

template <class T>
class [[nodiscard]] reserve_future {
 public:
  using output = std::expected<permit<T>, send_error<>>;
  explicit reserve_future(bounded_channel_state<T>* to) noexcept : wait_(to, 1) {}

  tokio::poll<output> poll(context& cx) {
    using acquired = permit_wait<T>::acquired;
    switch (wait_.poll(cx)) {
      case acquired::yes: return {std::in_place, std::in_place, wait_.to()};
      case acquired::closed: return {std::in_place, std::unexpect};
      case acquired::no: break;
    }
    return pending;
  }

 private:
  permit_wait<T> wait_;
};

template <class T>
class [[nodiscard]] reserve_many_future {
 public:
  using output = std::expected<permit_iterator<T>, send_error<>>;
  reserve_many_future(bounded_channel_state<T>* to, std::size_t n) noexcept : wait_(to, n), n_(n) {}

  tokio::poll<output> poll(context& cx) {
    if (n_ > wait_.to()->capacity) return output(std::unexpect);  // it would wait for ever
    using acquired = permit_wait<T>::acquired;
    switch (wait_.poll(cx)) {
      case acquired::yes: return {std::in_place, std::in_place, wait_.to(), n_};
      case acquired::closed: return {std::in_place, std::unexpect};
      case acquired::no: break;
    }
    return pending;
  }

 private:
  permit_wait<T> wait_;
  std::size_t n_;
};

template <class T>
class [[nodiscard]] reserve_owned_future {
 public:
  using output = std::expected<owned_permit<T>, send_error<>>;
  explicit reserve_owned_future(sender<T> from) noexcept : from_(std::move(from)), wait_(from_.state(), 1) {}

  tokio::poll<output> poll(context& cx) {
    using acquired = permit_wait<T>::acquired;
    switch (wait_.poll(cx)) {
      case acquired::yes: return output(owned_permit<T>(from_));
      case acquired::closed: return output(std::unexpect);
      case acquired::no: break;
    }
    return pending;
  }

 private:
  sender<T> from_;
  permit_wait<T> wait_;
};

template <class T>
class sender {
 public:
  // Waits for room, in line with the others. The message comes back when the receiver has closed or is gone. Dropping
  // it loses the message and the place in line, and nothing of the channel: where that matters, reserve() first.
  send_future<T> send(T value) const { return send_future<T>(state(), std::move(value)); }
  std::expected<void, try_send_error<T>> try_send(T value) const {
    switch (state()->permits.try_acquire(1)) {
      case acquired::yes: state()->queue.push(value); return {};
      case acquired::no: return fail(try_send_failure::full, std::move(value));
      case acquired::closed: break;
    }
    return fail(try_send_failure::closed, std::move(value));
  }
  // For threads that may block; panics inside a task.
  std::expected<void, send_error<T>> blocking_send(T value, call_site at = call_site::current()) const {
    return block_on(send(std::move(value)), "blocking_send() was called inside a task: await send() instead", at);
  }

  // As send(), for at most `span`; then the message comes back with send_timeout_failure::timeout. Dropping it before
  // that loses the message. Needs
  // tokio/time/send_timeout.hpp (part of tokio/sync.hpp), which stands above this folder.
  template <class Span>
  auto send_timeout(T value, Span span, call_site at = call_site::current()) const {
    return send_within(send(std::move(value)), span, at);
  }

  // Room first, the message later. Cancel safe, but the place in line is lost.
  reserve_future<T> reserve() const noexcept { return reserve_future<T>(state()); }
  std::expected<permit<T>, try_send_failure> try_reserve() const {
    if (auto failed = try_take(1)) return std::unexpected(*failed);
    return permit<T>(state());
  }
  // As reserve(), all n at once. Fails at once when n is more than the channel can ever hold.
  reserve_many_future<T> reserve_many(std::size_t n) const noexcept { return reserve_many_future<T>(state(), n); }
  std::expected<permit_iterator<T>, try_send_failure> try_reserve_many(std::size_t n) const {
    if (n > max_capacity()) return std::unexpected(try_send_failure::full);
    if (auto failed = try_take(n)) return std::unexpected(*failed);
    return permit_iterator<T>(state(), n);
  }
  // As reserve(); this sender comes back from the permit. Dropping the wait drops the sender, too.
  reserve_owned_future<T> reserve_owned() && { return reserve_owned_future<T>(std::move(*this)); }
  std::expected<owned_permit<T>, try_send_error<sender>> try_reserve_owned() && {
    if (auto failed = try_take(1)) return std::unexpected(try_send_error<sender>{*failed, std::move(*this)});
    return owned_permit<T>(std::move(*this));
  }

  closed_future<bounded_channel_state<T>> closed() const noexcept {
    return closed_future<bounded_channel_state<T>>(state());
  }
  bool is_closed() const noexcept { return state()->is_closed(); }
  std::size_t capacity() const noexcept { return state()->permits.available(); }
  std::size_t max_capacity() const noexcept { return state()->capacity; }
  bool same_channel(const sender& other) const noexcept { return to_.get() == other.to_.get(); }
  std::size_t strong_count() const noexcept { return state()->counts.strong.load(acquire); }
  std::size_t weak_count() const noexcept { return state()->counts.weak.load(relaxed); }
  weak_sender<T> downgrade() const noexcept { return weak_sender<T>(to_.channel()); }

  explicit sender(strong_ref<bounded_channel_state<T>> to) noexcept : to_(std::move(to)) {}

 private:
  friend class owned_permit<T>;
  friend class reserve_owned_future<T>;
  using acquired = semaphore_core<policy>::acquired;

  bounded_channel_state<T>* state() const noexcept { return to_.get(); }
  static auto fail(try_send_failure why, T value) { return std::unexpected(try_send_error<T>{why, std::move(value)}); }
  std::optional<try_send_failure> try_take(std::size_t n) const {
    switch (state()->permits.try_acquire(n)) {
      case acquired::yes: return std::nullopt;
      case acquired::no: return try_send_failure::full;
      case acquired::closed: break;
    }
    return try_send_failure::closed;
  }

  strong_ref<bounded_channel_state<T>> to_;
};

template <class T>
class unbounded_sender;

// Does not keep the channel open: upgrade() fails once the last sender is gone.
template <class T>
class weak_sender {
 public:
  explicit weak_sender(channel_ref<bounded_channel_state<T>> to) noexcept : to_(std::move(to)) {}
  std::optional<sender<T>> upgrade() const noexcept {
    auto strong = to_.upgrade();
    if (!strong) return std::nullopt;
    return sender<T>(*std::move(strong));
  }
  std::size_t strong_count() const noexcept { return to_->counts.strong.load(acquire); }
  std::size_t weak_count() const noexcept { return to_->counts.weak.load(relaxed); }

 private:
  weak_ref<bounded_channel_state<T>> to_;
};

template <class T>
class weak_unbounded_sender {
 public:
  explicit weak_unbounded_sender(channel_ref<unbounded_channel_state<T>> to) noexcept : to_(std::move(to)) {}
  std::optional<unbounded_sender<T>> upgrade() const noexcept {
    auto strong = to_.upgrade();
    if (!strong) return std::nullopt;
    return unbounded_sender<T>(*std::move(strong));
  }
  std::size_t strong_count() const noexcept { return to_->counts.strong.load(acquire); }
  std::size_t weak_count() const noexcept { return to_->counts.weak.load(relaxed); }

 private:
  weak_ref<unbounded_channel_state<T>> to_;
};

template <class T>
class unbounded_sender {
 public:
  explicit unbounded_sender(strong_ref<unbounded_channel_state<T>> to) noexcept : to_(std::move(to)) {}

  // Never waits; memory is the bound. The message comes back when the receiver has closed or is gone.
  std::expected<void, send_error<T>> send(T value) const {
    if (to_->queue.push(value)) return {};
    return std::unexpected(send_error<T>{std::move(value)});
  }
  closed_future<unbounded_channel_state<T>> closed() const noexcept {
    return closed_future<unbounded_channel_state<T>>(to_.get());
  }
  bool is_closed() const noexcept { return to_->is_closed(); }
  bool same_channel(const unbounded_sender& other) const noexcept { return to_.get() == other.to_.get(); }
  std::size_t strong_count() const noexcept { return to_->counts.strong.load(acquire); }
  std::size_t weak_count() const noexcept { return to_->counts.weak.load(relaxed); }
  weak_unbounded_sender<T> downgrade() const noexcept { return weak_unbounded_sender<T>(to_.channel()); }

 private:
  strong_ref<unbounded_channel_state<T>> to_;
};

// A channel for at most `capacity` messages.
template <class T>
std::pair<sender<T>, receiver<T>> channel(std::size_t capacity, call_site at = call_site::current()) {
  if (capacity == 0) panic("an mpsc channel needs room for one message: its capacity is 0", at);
  auto* shared = blaming(at, [&] { return new bounded_channel_state<T>(capacity, at); });
  return {sender<T>(strong_ref(channel_ref(shared))), receiver<T>(channel_ref(shared))};
}

template <class T>
std::pair<unbounded_sender<T>, unbounded_receiver<T>> unbounded_channel(call_site at = call_site::current()) {
  auto* shared = new unbounded_channel_state<T>(at);
  return {unbounded_sender<T>(strong_ref(channel_ref(shared))), unbounded_receiver<T>(channel_ref(shared))};
}

}  // namespace tokio::sync::mpsc
