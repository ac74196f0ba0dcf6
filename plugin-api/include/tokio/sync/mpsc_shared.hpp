// Internal to mpsc: what the two ends of a channel share, and the counted handles on it.
// Invariant: the shared part lives as long as any handle; the channel ends for the receiver when the last strong handle
//            goes, and for the senders when the receiver closes.
// Threads:   everything [any], except what is marked as the receiver's.
// Model:     tests/model/channel_model.cpp
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "tokio/sync/message_queue.hpp"
#include "tokio/sync/notify.hpp"
#include "tokio/sync/semaphore.hpp"

namespace tokio::sync::mpsc {

template <class T = void>
struct send_error {
  T value;  // comes back
};
template <>
struct send_error<void> {};

enum class try_send_failure { full, closed };
template <class T>
struct try_send_error {
  try_send_failure why;
  T value;  // comes back
};

enum class try_recv_error { empty, disconnected };

// Counts handles. The queue itself needs no lock; see message_queue.hpp.
template <class P>
struct handle_counts {
  typename P::template atomic<std::size_t> strong{1};
  typename P::template atomic<std::size_t> weak{0};
  typename P::template atomic<std::size_t> all{2};  // one sender and the receiver
};

template <class T, class P = policy>
class unbounded_channel_state {
 public:
  using value_type = T;
  using policy_type = P;

  explicit unbounded_channel_state(call_site at = {}) : resource(resource_type::mpsc, at) {}

  bool is_closed() const noexcept { return queue.is_closed(); }
  // The receiver's. Nothing more can come?
  bool is_drained() const noexcept { return queue.len() == 0; }
  bool wait_drained() const noexcept { return is_drained(); }
  void stop_waiting() const noexcept {}
  void taken(std::size_t) noexcept {}
  void close() noexcept {
    queue.close();
    rx_closed.notify_waiters();
  }

  message_queue<T, P> queue;
  notify_core<P> rx_closed;
  handle_counts<P> counts;
  typename P::resource_of_one resource;  // its wait is the receiver's
};

// Every message holds a permit from before it was sent until it was received.
template <class T, class P = policy>
class bounded_channel_state {
 public:
  using value_type = T;
  using policy_type = P;

  explicit bounded_channel_state(std::size_t n, call_site at = {})
      : resource(resource_type::mpsc, at), permits(n, at, resource_type::permits, resource.id()), capacity(n) {}

  bool is_closed() const noexcept { return permits.is_closed(); }
  // A permit comes back without a message. A closed receiver may be waiting for the last one.
  void give_back(std::size_t n) {
    permits.release(n);
    if (!permits.is_closed()) return;
    const hold lock(drained_mutex_);
    if (!waiting_.word || !is_drained()) return;
    // Under the lock, so that nothing is on its way to a receiver that has taken the lock in stop_waiting().
    if (const auto offered = std::exchange(waiting_, {}); queue.take_offer(offered)) P::wake(offered.who);
  }
  // The receiver's. After close(): no message and no permit is out there?
  bool is_drained() const noexcept { return permits.available() == capacity; }
  // False: who is offered in the queue is woken when it is. Pairs with give_back(): whoever takes the lock second sees
  // the other's part.
  bool wait_drained() noexcept {
    const hold lock(drained_mutex_);
    if (is_drained()) return true;
    waiting_ = queue.standing_offer();
    return false;
  }
  // Before the receiver leaves the slot that it waited in.
  void stop_waiting() noexcept {
    const hold lock(drained_mutex_);
    waiting_ = {};
  }
  void taken(std::size_t n) { permits.release(n); }
  void close() {
    permits.close();
    rx_closed.notify_waiters();
  }

  message_queue<T, P> queue;
  typename P::resource_of_one resource;  // of which the permits are a part; its wait is the receiver's
  semaphore_core<P> permits;
  notify_core<P> rx_closed;
  handle_counts<P> counts;
  const std::size_t capacity;

 private:
  typename P::mutex drained_mutex_;
  typename message_queue<T, P>::offer waiting_;  // of a receiver that has closed
};

// Keeps the shared part.
template <class C>
class channel_ref {
 public:
  explicit channel_ref(C* counted) noexcept : at_(counted) {}
  channel_ref(const channel_ref& other) noexcept : at_(other.at_) {
    if (at_) at_->counts.all.fetch_add(1, relaxed);  // the other handle keeps it alive meanwhile
  }
  channel_ref(channel_ref&& other) noexcept : at_(std::exchange(other.at_, nullptr)) {}
  channel_ref& operator=(channel_ref other) noexcept {
    std::swap(at_, other.at_);
    return *this;
  }
  ~channel_ref() {
    // Release: what was done through this handle; acquire: what was done through all others comes before the end.
    if (at_ && at_->counts.all.fetch_sub(1, acq_rel) == 1) delete at_;
  }
  C* operator->() const noexcept { return at_; }
  C* get() const noexcept { return at_; }
  explicit operator bool() const noexcept { return at_ != nullptr; }
  friend bool operator==(const channel_ref& a, const channel_ref& b) noexcept { return a.at_ == b.at_; }

 private:
  C* at_;
};

// A sender's handle: the receiver sees the end of the channel when the last one goes.
template <class C>
class strong_ref {
 public:
  explicit strong_ref(channel_ref<C> counted) noexcept : to_(std::move(counted)) {}
  strong_ref(const strong_ref& other) noexcept : to_(other.to_) {
    if (to_) to_->counts.strong.fetch_add(1, relaxed);  // another one exists, so the end was not reached
  }
  strong_ref(strong_ref&&) noexcept = default;
  strong_ref& operator=(strong_ref other) noexcept {
    std::swap(to_, other.to_);
    return *this;
  }
  ~strong_ref() {
    // Acquire and release: every push of every sender comes before push_end().
    if (to_ && to_->counts.strong.fetch_sub(1, acq_rel) == 1) to_->queue.push_end();
  }
  C* operator->() const noexcept { return to_.get(); }
  C* get() const noexcept { return to_.get(); }
  const channel_ref<C>& channel() const noexcept { return to_; }

 private:
  channel_ref<C> to_;
};

// Does not keep the channel open.
template <class C>
class weak_ref {
 public:
  explicit weak_ref(channel_ref<C> to) noexcept : to_(std::move(to)) { to_->counts.weak.fetch_add(1, relaxed); }
  weak_ref(const weak_ref& other) noexcept : weak_ref(other.to_) {}
  weak_ref(weak_ref&&) noexcept = default;
  weak_ref& operator=(weak_ref other) noexcept {
    std::swap(to_, other.to_);
    return *this;
  }
  ~weak_ref() {
    if (to_) to_->counts.weak.fetch_sub(1, relaxed);  // only a number for weak_count()
  }
  C* operator->() const noexcept { return to_.get(); }

  std::optional<strong_ref<C>> upgrade() const noexcept {
    auto& strong = to_->counts.strong;
    auto now = strong.load(relaxed);
    do {
      if (now == 0) return std::nullopt;
      // Counts one more while there is one; the end cannot be pushed before this one goes. Relaxed, as in a copy.
    } while (!strong.compare_exchange_weak(now, now + 1, relaxed, relaxed));
    return strong_ref<C>(to_);
  }

 private:
  channel_ref<C> to_;
};

// Ready once the receiver has closed or is gone. Cancel safe.
template <class C>
class [[nodiscard]] closed_future {
 public:
  using output = void;
  explicit closed_future(C* channel) noexcept : channel_(channel), wait_(channel->rx_closed) {}

  tokio::poll<void> poll(context& cx) {
    if (!cx.proceed()) return pending;
    if (channel_->is_closed() || wait_.poll(cx.waker())) return ready();
    cx.restore();
    return pending;
  }

 private:
  C* channel_;
  notify_wait<typename C::policy_type> wait_;
};

}  // namespace tokio::sync::mpsc
