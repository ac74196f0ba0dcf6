// A fixed ring of runnable tasks: one owner pushes and takes, any thief takes up to half.
// The owner claims several tasks with one compare-exchange into a private batch and then takes them without any, which
// makes a push and a take cost 2.5 ns instead of 13; a thief needs one compare-exchange for its batch.
// Invariant: head <= tail <= head + capacity; the tasks in [head, tail) are the ring's, those in the batch the owner's.
//            Positions are 64 bits wide and never wrap, so a stalled compare-exchange cannot succeed on a later round.
// Threads:   push, take, drain, ran_empty, steal_from as the thief [owner]; steal_from as the victim [any];
//            length, claimed, oldest, end [any, a hint].
// Model:     tests/model/run_queue_model.cpp
#pragma once
#include <array>
#include <cstdint>

#include "base/aside.hpp"
#include "base/assert.hpp"
#include "base/bits.hpp"
#include "base/cache_line.hpp"
#include "base/policy.hpp"
#include "runtime/queue/overflow.hpp"

namespace tokiod::queue {

template <class P, class Task>
class run_queue {
 public:
  static constexpr std::uint32_t capacity = P::ring_capacity;
  static constexpr std::uint32_t claim_max = P::claim_max;
  static constexpr std::uint32_t steal_max = P::steal_max;
  static_assert(is_power_of_two(capacity) && claim_max <= capacity && steal_max <= capacity / 2);

  // Behind everything that waits here. A full ring keeps its older half and sends the rest, `task` last, to `target`.
  template <class Overflow>
    requires overflow_for<Overflow, Task>
  void push(Task* task, Overflow& target) {
    if (!try_push(task)) [[unlikely]]
      push_or_spill(task, target);
  }

  // False: the ring is full.
  [[nodiscard]] bool try_push(Task* task) {
    const std::uint64_t tail = tail_.load(relaxed);  // only the owner writes it
    // Acquire pairs with the release of a thief's compare-exchange: its reads of a slot come before we overwrite it.
    if (tail - head_.load(acquire) == capacity) [[unlikely]]
      return false;
    slot(tail).store(task, relaxed);  // published by the tail
    tail_.store(tail + 1, release);   // publishes the slot and the task; pairs with the acquire in steal_from()
    return true;
  }

  // The oldest task, or null. `claim_limit`: at most so many tasks become invisible to thieves by this call; a caller
  // whose polls are long says 1.
  [[nodiscard]] Task* take(std::uint32_t claim_limit = claim_max) {
    // Relaxed, here and wherever the batch is touched: the owner's alone; atomic so that claimed() may look.
    const std::uint32_t next = batch_next_.load(relaxed);
    if (next == batch_end_.load(relaxed)) [[unlikely]]
      return claim(claim_limit);
    batch_next_.store(next + 1, relaxed);
    return batch_[next];
  }

  // Since the last call a take has left nothing behind for a thief to see.
  [[nodiscard]] bool ran_empty() {
    const bool was = ran_empty_;
    ran_empty_ = false;
    return was;
  }

  // Half of the victim's tasks, at most steal_max: the oldest is returned to be run, the others are pushed here.
  // Null: nothing to take, or somebody was faster. This queue must have room, which an empty one has.
  [[nodiscard]] Task* steal_from(run_queue& victim) {
    const std::uint64_t tail = tail_.load(relaxed);                      // ours
    const std::uint64_t room = capacity - (tail - head_.load(acquire));  // as in try_push()
    const std::uint64_t head = victim.head_.load(acquire);  // before the tail: never claims more than what was pushed
    // Acquire pairs with the victim's release of its tail: the slots and the tasks in them are readable.
    const std::uint64_t waiting = victim.tail_.load(acquire) - head;
    if (waiting == 0 || waiting > capacity) return nullptr;  // more than fits: head was stale
    const auto count = static_cast<std::uint32_t>(smallest((waiting + 1) / 2, steal_max, room + 1));
    Task* const first = victim.slot(head).load(relaxed);  // ordered by the acquire of the tail
    for (std::uint32_t i = 1; i < count; ++i) slot(tail + i - 1).store(victim.slot(head + i).load(relaxed), relaxed);
    if (!victim.advance_head(head, head + count)) return nullptr;  // the copies are behind our tail: nobody sees them
    if (count > 1) tail_.store(tail + count - 1, release);         // as in try_push()
    return first;
  }

  // Everything the owner has, oldest first, as a chain: when a core retires or is taken over.
  [[nodiscard]] chain<Task> drain() {
    chain<Task> all;
    while (Task* task = take()) append(all, *task);
    return all;
  }

  // Tasks a thief may see.
  [[nodiscard]] std::uint32_t length() const {
    const std::uint64_t head = head_.load(acquire);  // before the tail, so that the difference is not negative
    const std::uint64_t waiting = tail_.load(acquire) - head;
    return static_cast<std::uint32_t>(waiting > capacity ? capacity : waiting);
  }
  // The positions of the task that is taken next, and of the one that comes next; read in this order they do not cross.
  [[nodiscard]] std::uint64_t oldest() const { return head_.load(acquire); }
  [[nodiscard]] std::uint64_t end() const { return tail_.load(acquire); }
  // Tasks that only the owner can take. The end first: the owner never moves the beginning past it.
  [[nodiscard]] std::uint32_t claimed() const {
    const std::uint32_t end = batch_end_.load(relaxed);
    const std::uint32_t next = batch_next_.load(relaxed);
    return end > next ? end - next : 0;
  }

 private:
  using atomic_task = typename P::template atomic<Task*>;
  using atomic_position = typename P::template atomic<std::uint64_t>;
  using atomic_count = typename P::template atomic<std::uint32_t>;

  static std::uint64_t smallest(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
    const std::uint64_t ab = a < b ? a : b;
    return ab < c ? ab : c;
  }

  [[nodiscard]] atomic_task& slot(std::uint64_t position) { return slots_[position & (capacity - 1)]; }

  // Release: our reads of the slots come before the owner's reuse of them, which acquires head. Acquire: a thief that
  // builds on this value is ordered after whoever moved head before.
  [[nodiscard]] bool advance_head(std::uint64_t from, std::uint64_t to) {
    return head_.compare_exchange_strong(from, to, acq_rel, relaxed);
  }

  [[nodiscard]] Task* claim(std::uint32_t limit) {
    for (;;) {
      const std::uint64_t head = head_.load(relaxed);            // a guess: the compare-exchange decides
      const std::uint64_t waiting = tail_.load(relaxed) - head;  // ours; thieves only lower the difference
      if (waiting <= 1) ran_empty_ = true;
      if (waiting == 0) return nullptr;
      const auto count =
          waiting == 1 ? 1u
                       : static_cast<std::uint32_t>(smallest((waiting + 1) / 2, claim_max, limit == 0 ? 1 : limit));
      Task* const first = slot(head).load(relaxed);  // the owner wrote it, and the others
      for (std::uint32_t i = 1; i < count; ++i) batch_[i] = slot(head + i).load(relaxed);
      if (!advance_head(head, head + count)) continue;
      if (count == 1) return first;  // the batch stays as it is, empty
      batch_next_.store(1, relaxed);
      batch_end_.store(count, relaxed);
      return first;
    }
  }

  // Apart, so that a push that finds room saves no registers for it.
  template <class Overflow>
  TOKIOD_ASIDE void push_or_spill(Task* task, Overflow& target) noexcept {
    while (!spill(task, target)) {
      if (try_push(task)) return;
    }
  }

  // Takes everything with one compare-exchange, puts the older half back and sends the newer half and `task` away.
  // False: a thief made room meanwhile. The tail cannot simply be taken back: a thief may have seen the old one.
  template <class Overflow>
  [[nodiscard]] bool spill(Task* task, Overflow& target) {
    const std::uint64_t tail = tail_.load(relaxed);  // ours
    const std::uint64_t head = head_.load(relaxed);  // a guess: the compare-exchange decides
    if (tail - head != capacity || !advance_head(head, tail)) return false;
    chain<Task> newer;
    for (std::uint64_t at = head + capacity / 2; at != tail; ++at) append(newer, *slot(at).load(relaxed));
    append(newer, *task);
    // The older half needs no copying: a full ring's tail stands on the same slot as its head.
    tail_.store(tail + capacity / 2, release);  // as in try_push()
    target.overflow(newer);
    return true;
  }

  alignas(cache_line) atomic_position head_{0};  // moved by thieves and owner
  alignas(cache_line) atomic_position tail_{0};  // moved by the owner
  atomic_count batch_next_{0};                   // [owner writes]
  atomic_count batch_end_{0};                    // [owner writes]
  std::array<Task*, claim_max> batch_{};         // [owner]
  bool ran_empty_ = false;                       // [owner]
  std::array<atomic_task, capacity> slots_{};
};

}  // namespace tokiod::queue
