// Internal to mpsc: an unbounded queue with many producers and one consumer, in blocks that are used again.
// A producer takes a ticket with one fetch_add on a word that holds the last block and the next slot in it, fills the
// slot, and publishes it. The consumer reads the slots in order; when there is nothing, its waker is offered in the
// slot that will be filled next.
// Invariant: a ticket's block lives until the ticket's slot was consumed; tickets past the end of a block are void, and
//            who got one helps to append a block and takes another. An offer is taken once, by whoever then wakes.
// Threads:   push [any]; push_end [the last producer]; take_offer [any, while the consumer keeps the slot]; everything
//            else [the consumer].
// Model:     tests/model/message_queue_model.cpp
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "tokio/sync/waker_room.hpp"

namespace tokio::sync {

template <class T, class P>
class message_queue {
 public:
  enum class seen { nothing, value, hole, end };

  message_queue() : head_(new block), tail_(address(head_)) {}
  message_queue(const message_queue&) = delete;
  message_queue& operator=(const message_queue&) = delete;
  ~message_queue() {
    while (offset_ < slots || to_next_block()) {
      auto& at = head_->at[offset_++];
      if (state(at.word.load(relaxed)) == full) at.value().~T();  // alone by now
    }
    delete head_;
  }

  // Moves the value in, unless the consumer has closed the queue. When the move throws, the slot becomes a hole.
  bool push(T& value) {
    const ticket mine = take_ticket();
    if (!mine.in) return false;
    slot& at = mine.in->at[mine.offset];
    try {
      ::new (static_cast<void*>(at.room)) T(std::move(value));
    } catch (...) {
      publish(at, hole);
      throw;
    }
    publish(at, full);
    return true;
  }
  // After the last push of all: the consumer finds the end.
  void push_end() {
    auto tail = tail_.load(relaxed);  // the block is not looked into before the lock is held
    for (; offset(tail) >= slots; tail = tail_.load(relaxed)) extend(in(tail));
    tail = tail_.fetch_add(one_ticket | ended, acquire);  // as in take_ticket()
    publish(in(tail)->at[offset(tail)], end);
  }
  bool is_closed() const noexcept { return (tail_.load(acquire) & closed) != 0; }

  // What the next slot holds.
  seen look() {
    while (offset_ == slots && !to_next_block()) extend(head_);  // so that there is a slot to wait in
    switch (state(head_->at[offset_].word.load(acquire))) {      // pairs with publish()
      case full: return seen::value;
      case hole: return seen::hole;
      case end: return seen::end;
      default: return seen::nothing;
    }
  }
  // After seen::value.
  T take() {
    slot& at = head_->at[offset_++];
    struct destroy {
      T& value;
      ~destroy() { value.~T(); }
    } after{at.value()};
    return std::move(after.value);
  }
  void skip_hole() noexcept { ++offset_; }

  // After seen::nothing: offers the waker to whoever fills the next slot. False: it is filled.
  bool wait(waker who) noexcept {
    auto& word = head_->at[offset_].word;
    auto now = word.load(relaxed);  // only a guess for the CAS below
    if (state(now) != nothing) return false;
    if (now & waits) {
      if (room_.get() == who) return true;
      // Withdraws the old waker: failing means that the slot is filled now.
      if (!word.compare_exchange_strong(now, now & ~waits, acq_rel, relaxed)) return false;
      now &= ~waits;
    }
    room_.put(who);
    // Publishes the waker to publish().
    return word.compare_exchange_strong(now, (now | waits) + one_offer, acq_rel, relaxed);
  }

  // The offer that stands after wait(), for somebody else than who fills the slot.
  struct offer {
    typename P::template atomic<std::uint32_t>* word = nullptr;
    waker who;
  };
  offer standing_offer() noexcept { return {&head_->at[offset_].word, room_.get()}; }
  // True: nobody has taken it, and nobody will; it is the caller's to wake. Relaxed: the caller knows the waker
  // already.
  static bool take_offer(const offer& standing) noexcept {
    auto now = standing.word->load(relaxed);  // only a guess for the CAS below
    return (now & waits) && standing.word->compare_exchange_strong(now, now & ~waits, relaxed, relaxed);
  }

  // No ticket is given out after this.
  void close() noexcept {
    const hold lock(mutex_);
    const auto tail = tail_.fetch_or(closed, acq_rel);  // pairs with is_closed(); tickets taken before it count
    if (!(tail & closed)) last_ = index(tail);
  }
  // Messages for which a ticket was taken, filled or not yet.
  std::size_t len() const noexcept {
    const hold lock(mutex_);
    const auto tail = tail_.load(relaxed);  // ordered by the lock
    const auto to = (tail & closed) ? last_ : index(tail);
    return static_cast<std::size_t>(to - (head_->first.get() + offset_));
  }

 private:
  static constexpr std::uint32_t slots = P::block_slots;

  // A slot's word: what is in it, whether the consumer waits in it, and how often it offered to.
  static constexpr std::uint32_t nothing = 0, full = 1, hole = 2, end = 3, state_mask = 3;
  static constexpr std::uint32_t waits = 4;
  static constexpr std::uint32_t one_offer = 8;
  static std::uint32_t state(std::uint32_t word) noexcept { return word & state_mask; }

  struct slot {
    typename P::template atomic<std::uint32_t> word{nothing};
    alignas(T) std::byte room[sizeof(T)];
    T& value() noexcept { return *std::launder(reinterpret_cast<T*>(room)); }
  };
  struct alignas(64) block {
    slot at[slots];
    typename P::template atomic<block*> next{nullptr};
    typename P::template cell<std::uint64_t> first{0};  // how many slots there were before this block
  };

  // The tail word: [63:48] next slot, [47:6] block, and two flags below.
  using tail_word = std::uint64_t;
  static constexpr tail_word closed = 1;  // by the consumer
  static constexpr tail_word ended = 2;   // by the last producer, whose ticket is no message
  static constexpr tail_word flags = closed | ended;
  static constexpr tail_word one_ticket = tail_word{1} << 48;
  static constexpr tail_word address_mask = one_ticket - 64;

  static tail_word address(block* b) noexcept { return reinterpret_cast<tail_word>(b); }
  static block* in(tail_word tail) noexcept { return reinterpret_cast<block*>(tail & address_mask); }
  static std::uint32_t offset(tail_word tail) noexcept { return static_cast<std::uint32_t>(tail / one_ticket); }
  // By the consumer, who alone frees blocks, and under the lock, so that the tail's block is the last one and no other.
  static std::uint64_t index(tail_word tail) noexcept {
    return in(tail)->first.get() + std::min(offset(tail), slots) - ((tail & ended) ? 1 : 0);
  }

  struct ticket {
    block* in;
    std::uint32_t offset;
  };
  ticket take_ticket() {
    while (!(tail_.load(relaxed) & closed)) {  // a look that keeps a closed queue from counting up; decided below
      // Acquire: the block as install() published it. The count itself orders the messages.
      const auto tail = tail_.fetch_add(one_ticket, acquire);
      if (tail & closed) break;
      if (offset(tail) < slots) return {in(tail), offset(tail)};
      extend(in(tail));
    }
    return {nullptr, 0};
  }

  void publish(slot& at, std::uint32_t what) noexcept {
    auto word = at.word.load(acquire);  // acquire: the waker that it may offer
    waker who;
    do {
      if (word & waits) who = room_.get();
      // Publishes the value to look(). The consumer may free the block after this.
    } while (!at.word.compare_exchange_weak(word, what, acq_rel, acquire));
    if (word & waits) P::wake(who);
  }

  // Appends a block after `last`, unless that was done already.
  void extend(block* last) {
    if (install(last, nullptr)) return;
    install(last, std::unique_ptr<block>(new block));
  }
  // False: a block is needed and there is none to use again.
  bool install(block* last, std::unique_ptr<block> fresh) {
    const hold lock(mutex_);
    auto tail = tail_.load(relaxed);  // under the lock nobody else changes its block
    if (in(tail) != last || offset(tail) < slots) {
      if (fresh) spare_ = std::move(fresh);
      return true;
    }
    if (!fresh) fresh = std::move(spare_);
    if (!fresh) return false;
    block* next = fresh.release();
    next->first.set(last->first.get() + slots);
    last->next.store(next, release);  // publishes the block to to_next_block(); `last` may be gone after this
    // Publishes the block to take_ticket(). Failing: another void ticket, or a flag that must stay.
    while (!tail_.compare_exchange_weak(tail, address(next) | (tail & flags), release, relaxed)) {
    }
    return true;
  }

  bool to_next_block() {
    block* next = head_->next.load(acquire);  // pairs with install()
    if (!next) return false;
    recycle(std::exchange(head_, next));
    offset_ = 0;
    return true;
  }
  void recycle(block* used) {
    for (auto& at : used->at) at.word.store(nothing, relaxed);  // published with the block, by install()
    used->next.store(nullptr, relaxed);                         // as above
    std::unique_ptr<block> surplus(used);
    const hold lock(mutex_);
    std::swap(spare_, surplus);
  }

  // The consumer's.
  block* head_;
  std::uint32_t offset_ = 0;
  std::uint64_t last_ = 0;
  waker_room<P> room_;
  // Everybody's.
  alignas(64) typename P::template atomic<tail_word> tail_;
  mutable typename P::mutex mutex_;
  std::unique_ptr<block> spare_;
};

}  // namespace tokio::sync
