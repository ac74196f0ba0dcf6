// One value, from one task to another, once. One allocation, and on the way that does not wait one compare-exchange.
// Invariant: a side that has said it is done (sent, sender_gone, receiver_gone) never touches the cell again; whoever
//            says so last frees it. The value belongs to the sender until `sent`, then to the receiver.
// Threads:   sender and receiver may be on different threads; each of them is used by one task at a time.
// Model:     tests/model/sync_model.cpp
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <utility>

#include "tokio/core/slot.hpp"
#include "tokio/sync/waker_room.hpp"
#include "tokio/task/awaitable.hpp"

namespace tokio::sync {

// The word: who is done, and whose waker is offered. The upper part counts offers, so that an offer which was withdrawn
// and made again is not taken for the old one.
template <class P>
class oneshot_word {
 public:
  using bits = std::uint64_t;
  static constexpr bits sent = 1;             // the value is there, the sender is gone
  static constexpr bits sender_gone = 2;      // without a value
  static constexpr bits closed = 4;           // the receiver wants no value any more
  static constexpr bits receiver_gone = 8;    // the receiver is gone
  static constexpr bits receiver_waits = 16;  // its waker is offered
  static constexpr bits sender_waits = 32;    // its waker is offered (for closed())
  static constexpr bits one_offer = 64;

  bits look() const noexcept { return word_.load(acquire); }  // pairs with every CAS below

  // Sender: the value is in place. False: the receiver does not want it; then the value is the sender's again.
  bool send() noexcept {
    auto word = look();
    waker who;
    do {
      if (word & (closed | receiver_gone)) return false;
      if (word & receiver_waits) who = receiver_.get();
      // Publishes the value to look() of the receiver, which from now on may free the cell.
    } while (!word_.compare_exchange_weak(word, word | sent, acq_rel, acquire));
    if (word & receiver_waits) P::wake(who);
    return true;
  }

  // Sender leaves without a value. True: the receiver is gone too and the cell is the caller's to free.
  bool leave_sender() noexcept {
    auto word = look();
    waker who;
    do {
      if (word & receiver_waits) who = receiver_.get();
      // Release: the sender's accesses come before the free by the receiver.
    } while (!word_.compare_exchange_weak(word, word | sender_gone, acq_rel, acquire));
    if (word & receiver_gone) return true;
    if (word & receiver_waits) P::wake(who);
    return false;
  }

  // Receiver: close() with `closed`, the end with `receiver_gone`. Returns the word as it was.
  bits leave_receiver(bits how) noexcept {
    auto word = look();
    waker who;
    do {
      if (word & sender_waits) who = sender_.get();
      // Publishes that no value is wanted to send(); release: the receiver's accesses come before the sender's free.
    } while (!word_.compare_exchange_weak(word, word | how, acq_rel, acquire));
    // A sender that is done waits for nothing.
    if ((word & sender_waits) && !(word & (sent | sender_gone))) P::wake(who);
    return word;
  }

  // Offers a waker to the other side, which is not done. False: it is now (or changed something else): look() again.
  bool offer_receiver(bits word, waker who) noexcept {
    return offer(word, receiver_waits, sent | sender_gone, receiver_, who);
  }
  bool offer_sender(bits word, waker who) noexcept {
    return offer(word, sender_waits, closed | receiver_gone, sender_, who);
  }

 private:
  bool offer(bits word, bits offered, bits done, waker_room<P>& room, waker who) noexcept {
    if (word & offered) {
      if (room.get() == who) return true;
      // Withdraws the old waker. Failing means that the other side has moved, perhaps with the old waker.
      if (!word_.compare_exchange_strong(word, word & ~offered, acq_rel, acquire)) return false;
      word &= ~offered;
    }
    room.put(who);
    // Publishes the waker to the look() of the other side.
    while (!word_.compare_exchange_weak(word, (word | offered) + one_offer, acq_rel, acquire))
      if (word & done) return false;
    return true;
  }

  typename P::template atomic<bits> word_{0};
  waker_room<P> receiver_;
  waker_room<P> sender_;
};

namespace oneshot {

struct recv_error {
  static constexpr const char* text = "the sender is gone, or the channel is closed";
};
enum class try_recv_error { empty, closed };

template <class T>
struct cell {
  explicit cell(const call_site& at) noexcept : resource(resource_type::oneshot, at) {}
  oneshot_word<policy> word;
  slot<T> value;
  policy::resource_of_one resource;  // its wait is the receiver's
};
using word = oneshot_word<policy>;

template <class T>
class sender;
template <class T>
class receiver;

template <class T>
std::pair<sender<T>, receiver<T>> channel(call_site at = call_site::current()) {
  auto* shared = new cell<T>(at);
  return {sender<T>(shared), receiver<T>(shared)};
}

// Ready once the receiver is gone or has closed. Cancel safe. The newest one of several is woken.
template <class T>
class [[nodiscard]] closed_future {
 public:
  using output = void;
  explicit closed_future(cell<T>* shared) noexcept : shared_(shared) {}

  tokio::poll<void> poll(context& cx) noexcept {
    if (!cx.proceed()) return pending;
    while (true) {
      const auto now = shared_->word.look();
      if (now & (word::closed | word::receiver_gone)) return ready();
      if (shared_->word.offer_sender(now, cx.waker())) break;
    }
    cx.restore();
    return pending;
  }

 private:
  cell<T>* shared_;
};

template <class T>
class sender {
 public:
  sender(sender&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
  sender& operator=(sender&& other) noexcept {
    sender before(std::move(*this));
    cell_ = std::exchange(other.cell_, nullptr);
    return *this;
  }
  ~sender() { leave(); }

  // Never waits. The value comes back when the receiver is gone or has closed; success does not prove that it will be
  // received.
  std::expected<void, T> send(T value, call_site at = call_site::current()) && {
    if (!cell_) panic("a oneshot sender was used twice", at);
    if (is_closed()) return refuse(std::move(value));
    cell_->value.emplace(std::move(value));
    cell_->resource.is("value_sent");  // before: afterwards it may be gone
    if (cell_->word.send()) {
      cell_ = nullptr;
      return {};
    }
    T back = std::move(cell_->value.value());
    cell_->value.clear();
    return refuse(std::move(back));
  }

  bool is_closed() const noexcept { return (cell_->word.look() & (word::closed | word::receiver_gone)) != 0; }
  closed_future<T> closed() noexcept { return closed_future<T>(cell_); }

 private:
  friend std::pair<sender, receiver<T>> channel<T>(call_site);
  explicit sender(cell<T>* shared) noexcept : cell_(shared) {}

  std::expected<void, T> refuse(T value) {
    leave();
    return std::unexpected(std::move(value));
  }
  void leave() noexcept {
    if (cell_) leave_unused();
  }
  [[gnu::noinline]] void leave_unused() noexcept {
    auto* shared = std::exchange(cell_, nullptr);
    shared->resource.is("tx_dropped");
    if (shared->word.leave_sender()) delete shared;
  }

  cell<T>* cell_;
};

// A future of its own: `co_await receiver` by reference is cancel safe.
template <class T>
class [[nodiscard]] receiver {
 public:
  using output = std::expected<T, recv_error>;

  receiver(receiver&& other) noexcept : cell_(std::exchange(other.cell_, nullptr)) {}
  receiver& operator=(receiver&& other) noexcept {
    receiver before(std::move(*this));
    cell_ = std::exchange(other.cell_, nullptr);
    return *this;
  }
  ~receiver() { leave(); }

  tokio::poll<output> poll(context& cx) {
    if (!cell_) panic("a oneshot receiver was awaited after its channel had ended");
    if (!cx.proceed()) return pending;
    cell_->resource.poll_begins();
    while (true) {
      const auto now = cell_->word.look();
      const bool done = (now & (word::sent | word::sender_gone | word::closed)) != 0;
      if (!done && !cell_->word.offer_receiver(now, cx.waker())) continue;
      cell_->resource.polled(done);
      if (now & word::sent) return {std::in_place, take()};
      if (done) break;
      cx.restore();
      return pending;
    }
    leave();
    return {std::in_place, std::unexpect};
  }

  std::expected<T, try_recv_error> try_recv() {
    if (!cell_) return std::unexpected(try_recv_error::closed);
    const auto now = cell_->word.look();
    if (now & word::sent) return take();
    if (!(now & (word::sender_gone | word::closed))) return std::unexpected(try_recv_error::empty);
    leave();
    return std::unexpected(try_recv_error::closed);
  }
  // For threads that may block; panics inside a task.
  output blocking_recv(call_site at = call_site::current()) && {
    return block_on(*this, "blocking_recv() was called inside a task: await the receiver", at);
  }

  // Later sends fail; a value that was sent before can still be received.
  void close() noexcept {
    if (cell_) cell_->word.leave_receiver(word::closed);
  }
  // The channel has ended for this side: a value or an error was received.
  bool is_terminated() const noexcept { return !cell_; }
  bool is_empty() const noexcept { return !cell_ || !(cell_->word.look() & word::sent); }

 private:
  friend std::pair<sender<T>, receiver> channel<T>(call_site);
  explicit receiver(cell<T>* shared) noexcept : cell_(shared) {}

  // The value was sent: the cell is ours alone.
  T take() {
    cell_->resource.is("value_received");
    const std::unique_ptr<cell<T>> mine(std::exchange(cell_, nullptr));
    return std::move(mine->value.value());
  }
  void leave() noexcept {
    if (cell_) leave_unread();
  }
  [[gnu::noinline]] void leave_unread() noexcept {
    auto* shared = std::exchange(cell_, nullptr);
    if (shared->resource.seen()) [[unlikely]]
      tell_gone(*shared);
    if (shared->word.leave_receiver(word::receiver_gone) & (word::sent | word::sender_gone)) delete shared;
  }

  [[gnu::cold, gnu::noinline]] static void tell_gone(cell<T>& shared) noexcept {
    shared.resource.give_up();
    shared.resource.is("rx_dropped");
  }

  cell<T>* cell_;
};

}  // namespace oneshot
}  // namespace tokio::sync
