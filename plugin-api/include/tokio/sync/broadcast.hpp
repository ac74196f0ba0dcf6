// Every receiver gets every value. The newest values are kept, as many as the channel's size; a receiver that falls
// behind further is told how many it missed and goes on with the oldest that is left.
// Invariant: a slot keeps its value while some receiver has not passed it. Values are made, copied and destroyed
// outside
//            of the lock, and a value lives while somebody copies it.
// Threads:   everything [any]; a receiver is used by one task at a time. Several threads may copy one value at the same
//            time, so T's copy constructor must be what the standard library asks of const access: free of data races.
// Model:     tests/model/broadcast_model.cpp
#pragma once

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <utility>

#include "tokio/sync/closed.hpp"
#include "tokio/sync/notify.hpp"
#include "tokio/sync/wait_list.hpp"

namespace tokio::sync::broadcast {

template <class T>
struct send_error {
  T value;  // comes back: nobody listens
};
// Closed, or lagged: so many values were overwritten before this receiver saw them.
struct recv_error {
  std::uint64_t missed = 0;
  bool is_closed() const noexcept { return missed == 0; }
  bool is_lagged() const noexcept { return missed != 0; }
};
enum class try_recv_failure { empty, closed, lagged };
struct try_recv_error {
  try_recv_failure why;
  std::uint64_t missed = 0;
};

// A value, kept by its slot and by those who copy it now.
template <class T, class P = policy>
class shared_value {
 public:
  shared_value() noexcept = default;
  explicit shared_value(T value) : at_(new node{std::move(value)}) {}
  shared_value(const shared_value& other) noexcept : at_(other.at_) {
    if (at_) at_->users.fetch_add(1, relaxed);  // the slot keeps it meanwhile
  }
  shared_value(shared_value&& other) noexcept : at_(std::exchange(other.at_, nullptr)) {}
  shared_value& operator=(shared_value other) noexcept {
    std::swap(at_, other.at_);
    return *this;
  }
  ~shared_value() {
    // Every use through this handle comes before the destruction by the last one.
    if (at_ && at_->users.fetch_sub(1, acq_rel) == 1) delete at_;
  }
  const T& operator*() const noexcept { return at_->value; }
  T take_back() && { return std::move(at_->value); }  // by the only user

 private:
  struct node {
    T value;
    typename P::template atomic<std::size_t> users{1};
  };
  node* at_ = nullptr;
};

// What senders and receivers share. All of it under the lock, except the counts of handles.
template <class T, class P = policy>
class channel_state {
 public:
  using policy_type = P;

  using kept_value = shared_value<T, P>;
  struct waiter : wait_node {
    bool queued = false;  // under the lock
  };
  enum class outcome { value, empty, closed, lagged };
  struct got {
    outcome what;
    std::uint64_t missed = 0;
    kept_value value{};
  };

  channel_state(std::size_t capacity, const call_site& at)
      : resource(resource_type::broadcast, at),
        mask_(rounded(capacity, at) - 1),
        slots_(std::make_unique<slot[]>(mask_ + 1)) {}

  // The number of receivers, or none when there are none; then `value` is the caller's still.
  std::optional<std::size_t> send(kept_value& value) {
    kept_value evicted;
    const hold lock(mutex_);
    if (receivers_ == 0) return std::nullopt;
    slot& at = slots_[tail_++ & mask_];
    evicted = std::exchange(at.value, std::move(value));  // destroyed after the lock is gone: declared before it
    at.unseen = receivers_;
    wake_all();
    return receivers_;
  }
  // The value at `next`, which then moves on. With `who`, stands in line when there is none.
  got receive(std::uint64_t& next, waiter* who, waker task) {
    kept_value seen_by_all;
    const hold lock(mutex_);
    leave(who);
    if (next == tail_) {
      if (senders_ == 0) return {outcome::closed};
      if (who) enter(*who, task);
      return {outcome::empty};
    }
    if (tail_ - next > size()) {
      const auto missed = tail_ - size() - next;
      next += missed;
      return {outcome::lagged, missed};
    }
    slot& at = slots_[next++ & mask_];
    got here{outcome::value, 0, at.value};
    pass(at, seen_by_all);
    return here;
  }
  void cancel(waiter& who) noexcept {
    const hold lock(mutex_);
    leave(&who);
  }

  std::uint64_t subscribe() noexcept {
    const hold lock(mutex_);
    ++receivers_;
    return tail_;
  }
  // A receiver goes: what it has not seen it will never see.
  void unsubscribe(std::uint64_t next) {
    const auto [end, last] = forget_receiver();
    while (pass_unseen(next, end)) {
    }
    if (last) no_receivers.notify_waiters();
  }

  void add_sender() noexcept {
    const hold lock(mutex_);
    ++senders_;
  }
  bool revive_sender() noexcept {
    const hold lock(mutex_);
    if (senders_ == 0) return false;
    ++senders_;
    return true;
  }
  void drop_sender() {
    const hold lock(mutex_);
    if (--senders_ == 0) wake_all();
  }
  void add_weak() noexcept {
    const hold lock(mutex_);
    ++weak_;
  }
  void drop_weak() noexcept {
    const hold lock(mutex_);
    --weak_;
  }

  // True while there is no receiver. A short time without one may be missed.
  bool poll_closed(notify_wait<P>& wait, waker task) {
    return wait.poll_until(task, [&] { return receiver_count() == 0; });
  }

  std::size_t receiver_count() const noexcept {
    const hold lock(mutex_);
    return receivers_;
  }
  std::size_t senders() const noexcept {
    const hold lock(mutex_);
    return senders_;
  }
  std::size_t weak() const noexcept {
    const hold lock(mutex_);
    return weak_;
  }
  std::size_t unread(std::uint64_t next) const noexcept {
    const hold lock(mutex_);
    return static_cast<std::size_t>(tail_ - next);
  }
  // Values that some receiver has not seen. Receivers go in order, so those that all have seen are the oldest.
  std::size_t unseen() const noexcept {
    const hold lock(mutex_);
    auto from = oldest();
    auto to = tail_;
    while (from < to) {
      const auto middle = from + (to - from) / 2;
      if (slots_[middle & mask_].unseen == 0)
        from = middle + 1;
      else
        to = middle;
    }
    return static_cast<std::size_t>(tail_ - from);
  }

  notify_core<P> no_receivers;
  typename P::resource resource;

 private:
  struct slot {
    kept_value value;
    std::size_t unseen = 0;  // receivers that have not passed
  };

  static std::size_t rounded(std::size_t capacity, const call_site& at) {
    if (capacity == 0) panic("a broadcast channel needs room for one value: its capacity is 0", at);
    if (capacity > SIZE_MAX / 2) panic("a broadcast channel's capacity is more than SIZE_MAX / 2", at);
    return std::bit_ceil(capacity);
  }
  std::uint64_t size() const noexcept { return mask_ + 1; }
  std::uint64_t oldest() const noexcept { return tail_ > size() ? tail_ - size() : 0; }

  // One receiver passes the slot; the last one takes the value out of it.
  static void pass(slot& at, kept_value& seen_by_all) noexcept {
    if (--at.unseen == 0) seen_by_all = std::move(at.value);
  }
  // Where the values end that were counted for a receiver that goes now, and whether it was the last one.
  std::pair<std::uint64_t, bool> forget_receiver() noexcept {
    const hold lock(mutex_);
    return {tail_, --receivers_ == 0};
  }
  // One slot at a time, so that no destructor runs under the lock. A slot that was overwritten meanwhile counted the
  // receivers of then. False: there is none left.
  bool pass_unseen(std::uint64_t& next, std::uint64_t end) noexcept {
    kept_value seen_by_all;
    const hold lock(mutex_);
    next = std::max(next, oldest());
    if (next >= end) return false;
    pass(slots_[next++ & mask_], seen_by_all);
    return true;
  }

  void enter(waiter& who, waker task) noexcept {
    who.who = task;
    who.queued = true;
    queue_.push_back(who);
  }
  void leave(waiter* who) noexcept {
    if (who && std::exchange(who->queued, false)) queue_.remove(*who);
  }
  void wake_all() {
    while (auto* first = queue_.front()) {
      leave(first);
      P::wake(first->who);  // the task takes the lock before it looks, hence after our unlock
    }
  }

  mutable typename P::mutex mutex_;
  const std::uint64_t mask_;
  const std::unique_ptr<slot[]> slots_;
  std::uint64_t tail_ = 0;
  std::size_t receivers_ = 0;
  std::size_t senders_ = 1;
  std::size_t weak_ = 0;
  wait_list<waiter> queue_;
};

template <class T>
class sender;
template <class T>
class weak_sender;
template <class T>
class receiver;

template <class T>
class [[nodiscard]] recv_future {
 public:
  using output = std::expected<T, recv_error>;
  explicit recv_future(receiver<T>& from) noexcept : from_(&from) {}
  recv_future(recv_future&&) noexcept = default;
  recv_future& operator=(recv_future&&) = delete;
  ~recv_future() {
    if (waits_) from_->state_->cancel(node_);
  }

  tokio::poll<output> poll(context& cx) {
    if (!cx.proceed()) return pending;
    using outcome = typename channel_state<T>::outcome;
    told_.poll_begins();
    auto got = from_->state_->receive(from_->next_, &node_, cx.waker());
    waits_ = got.what == outcome::empty;
    told_.polled(from_->state_->resource, !waits_);
    switch (got.what) {
      case outcome::value: return output(std::in_place, *got.value);
      case outcome::closed: return output(std::unexpect);
      case outcome::lagged: return output(std::unexpect, got.missed);
      case outcome::empty: break;
    }
    cx.restore();
    return pending;
  }

 private:
  receiver<T>* from_;
  typename channel_state<T>::waiter node_;
  bool waits_ = false;
  policy::operation told_;
};

template <class T>
class receiver {
 public:
  receiver(receiver&& other) noexcept = default;
  receiver& operator=(receiver&& other) noexcept {
    receiver before(std::move(*this));
    state_ = std::move(other.state_);
    next_ = other.next_;
    return *this;
  }
  ~receiver() {
    if (state_) state_->unsubscribe(next_);
  }

  // The next value, or how many were missed. Cancel safe.
  recv_future<T> recv() noexcept { return recv_future<T>(*this); }
  std::expected<T, try_recv_error> try_recv() {
    using outcome = typename channel_state<T>::outcome;
    auto got = state_->receive(next_, nullptr, waker());
    switch (got.what) {
      case outcome::value: return *got.value;
      case outcome::closed: return fail(try_recv_failure::closed);
      case outcome::lagged: return fail(try_recv_failure::lagged, got.missed);
      case outcome::empty: break;
    }
    return fail(try_recv_failure::empty);
  }
  // For threads that may block; panics inside a task.
  std::expected<T, recv_error> blocking_recv(call_site at = call_site::current()) {
    return block_on(recv(), "blocking_recv() was called inside a task: await recv() instead", at);
  }

  // Values not received yet, with those that are overwritten already; more than the channel's size means a lag.
  std::size_t len() const noexcept { return state_->unread(next_); }
  bool is_empty() const noexcept { return len() == 0; }
  bool is_closed() const noexcept { return state_->senders() == 0; }
  // Another receiver, for what is sent from now on.
  receiver resubscribe() const { return receiver(state_); }
  bool same_channel(const receiver& other) const noexcept { return state_ == other.state_; }
  std::size_t sender_strong_count() const noexcept { return state_->senders(); }
  std::size_t sender_weak_count() const noexcept { return state_->weak(); }

 private:
  friend class recv_future<T>;
  friend class sender<T>;
  explicit receiver(std::shared_ptr<channel_state<T>> state) : state_(std::move(state)), next_(state_->subscribe()) {}
  static auto fail(try_recv_failure why, std::uint64_t missed = 0) {
    return std::unexpected(try_recv_error{why, missed});
  }

  std::shared_ptr<channel_state<T>> state_;
  std::uint64_t next_;
};

template <class T>
class sender {
  static_assert(std::copy_constructible<T>, "broadcast::sender<T>: every receiver gets a copy, so T must be copyable.");

 public:
  // A sender that nobody listens to yet.
  explicit sender(std::size_t capacity, call_site at = call_site::current())
      : state_(std::make_shared<channel_state<T>>(capacity, at)) {}
  sender(const sender& other) noexcept : state_(other.state_) {
    if (state_) state_->add_sender();
  }
  sender(sender&&) noexcept = default;
  sender& operator=(sender other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~sender() {
    if (state_) state_->drop_sender();
  }

  // Never waits. How many receivers there are; the value comes back when there are none.
  std::expected<std::size_t, send_error<T>> send(T value) const {
    shared_value<T> shared(std::move(value));
    if (auto receivers = state_->send(shared)) return *receivers;
    return std::unexpected(send_error<T>{std::move(shared).take_back()});
  }
  // A receiver for what is sent from now on.
  receiver<T> subscribe() const { return receiver<T>(state_); }
  closed_future<channel_state<T>> closed() const noexcept { return closed_future(state_.get()); }
  std::size_t receiver_count() const noexcept { return state_->receiver_count(); }
  // Values that are kept because some receiver has not seen them.
  std::size_t len() const noexcept { return state_->unseen(); }
  bool is_empty() const noexcept { return len() == 0; }
  bool same_channel(const sender& other) const noexcept { return state_ == other.state_; }
  std::size_t strong_count() const noexcept { return state_->senders(); }
  std::size_t weak_count() const noexcept { return state_->weak(); }
  weak_sender<T> downgrade() const noexcept { return weak_sender<T>(state_); }

 private:
  friend class weak_sender<T>;
  // Adopts one that is counted already.
  explicit sender(std::shared_ptr<channel_state<T>> counted) noexcept : state_(std::move(counted)) {}

  std::shared_ptr<channel_state<T>> state_;
};

// Does not keep the channel open: upgrade() fails once the last sender is gone.
template <class T>
class weak_sender {
 public:
  weak_sender(const weak_sender& other) noexcept : weak_sender(other.state_) {}
  weak_sender(weak_sender&&) noexcept = default;
  weak_sender& operator=(weak_sender other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~weak_sender() {
    if (state_) state_->drop_weak();
  }
  std::optional<sender<T>> upgrade() const noexcept {
    if (!state_->revive_sender()) return std::nullopt;
    return sender<T>(state_);
  }
  std::size_t strong_count() const noexcept { return state_->senders(); }
  std::size_t weak_count() const noexcept { return state_->weak(); }

 private:
  friend class sender<T>;
  explicit weak_sender(std::shared_ptr<channel_state<T>> state) noexcept : state_(std::move(state)) {
    if (state_) state_->add_weak();
  }
  std::shared_ptr<channel_state<T>> state_;
};

// Keeps `capacity` values, rounded up to a power of two.
template <class T>
std::pair<sender<T>, receiver<T>> channel(std::size_t capacity, call_site at = call_site::current()) {
  sender<T> first(capacity, at);
  auto to = first.subscribe();
  return {std::move(first), std::move(to)};
}

}  // namespace tokio::sync::broadcast
