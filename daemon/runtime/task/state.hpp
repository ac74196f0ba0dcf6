// The state word of a task: generation and flags in 64 bits, one function per transition.
//
//   free --spawn--> scheduled --begin_poll--> (polled) --end_pending--> idle --wake--> scheduled ...
//                                                 |---- again / yield ------------------^
//                                                 '---- finish --> complete | free        free --> next generation
//                                   idle --claim--> (read) --end_pending--> idle, or scheduled when it was woken
//
// Invariant: whoever set `scheduled` (S) alone may queue, poll and settle the task, and owns its body and `next`;
//            claim() sets it without queueing, for somebody who only reads.
//            A word without `live` is dead: every transition from outside refuses it. Generations of a slot only grow,
//            so a key {slot, generation} of an earlier tenant never matches again.
//            The join words are written by the join handle alone. A completer that reads them while they change wakes a
//            stale or mixed key, which is harmless, and does not complete on it, because the join version has moved on.
// Threads:   spawn, begin_poll, end_pending, finish, retire [holder of S]; register_join, release_join [join handle];
//            wake, cancel, claim, load [any].
// Model:     tests/model/task_model.cpp
#pragma once
#include <cstdint>
#include <optional>

#include "base/assert.hpp"
#include "base/bits.hpp"
#include "base/policy.hpp"

namespace tokiod::task {

enum class wake_outcome : std::uint8_t {
  schedule,  // it was idle: the caller now holds S and must queue it
  merged,    // it is queued or running: it will be polled (again)
  gone,      // complete, or another generation
};

enum class cancel_outcome : std::uint8_t {
  schedule,  // it was idle: the caller now holds S and must queue it, so that a worker cancels it
  marked,    // it is queued or running: the next poll edge cancels it
  gone,      // complete, another generation, or already asked
};

struct nothing {
  void operator()() const {}
};

// How hard a task is cancelled. A graceful task that was asked is polled on; one that was forced is not.
enum class cancel_kind : std::uint8_t { ask, force };

enum class begin_outcome : std::uint8_t { poll, asked, forced };

enum class pending_outcome : std::uint8_t {
  idle,       // S is gone: the task must not be touched any more
  again,      // woken while it ran: back into the queue
  cancelled,  // cancelled while it ran: decide as at begin_poll
};

enum class finish_outcome : std::uint8_t {
  unobserved,   // nobody will ask for the result: destroy the body if it still is there, then retire()
  published,    // the join handle owns the task now: it must not be touched any more
  wake_joiner,  // the same, and `joiner` is to be woken
};

enum class join_outcome : std::uint8_t {
  complete,    // the result is there
  registered,  // the waiter will be woken
  spent,       // too many different waiters for the version to stay unambiguous: the waiter polls again by itself
};

enum class release_outcome : std::uint8_t {
  detached,  // the task goes on alone
  owned,     // it was complete: the caller destroys what is left of the body, then retire()
};

// Two words that wake a task: no reference, no plugin code. A stale one is harmless.
template <class Header>
struct basic_key {
  Header* task = nullptr;
  std::uint64_t generation = 0;  // 0 matches no task

  [[nodiscard]] explicit operator bool() const { return task != nullptr; }
  friend bool operator==(const basic_key&, const basic_key&) = default;
};

// Where a join handle leaves its waiter. Atomic only because the completer may read while the handle rewrites.
template <class P, class Header>
struct join_slot {
  typename P::template atomic<Header*> task{nullptr};
  typename P::template atomic<std::uint64_t> generation{0};

  // Relaxed: published by the compare-exchange that sets J, see register_join().
  void store(basic_key<Header> waiter) {
    task.store(waiter.task, relaxed);
    generation.store(waiter.generation, relaxed);
  }
  // Relaxed: ordered after the acquire load that saw J; two halves of different waiters are a stale key, no more.
  [[nodiscard]] basic_key<Header> load() const { return {task.load(relaxed), generation.load(relaxed)}; }
};

template <class P>
class basic_state {
 public:
  using word = std::uint64_t;

  static constexpr word live = 1;                           // spawned, not yet retired
  static constexpr word scheduled = 2;                      // S: queued, running, or over; idle without it
  static constexpr word woken = 4;                          // W: woken while S
  static constexpr word cancelled = 8;                      // K: asked to stop
  static constexpr word forced = 16;                        // F: and not to be asked twice
  static constexpr word complete = 32;                      // C: the result is published
  static constexpr word join_interest = 64;                 // I: a join handle exists
  static constexpr word join_waiting = 128;                 // J: the join slot holds a waiter
  using join_version = bit_field<8, P::join_version_bits>;  // counts settings of J, so that a completer cannot mistake
                                                            // a second waiter for the first
  using generation_field = bit_field<16, P::generation_bits>;
  static_assert(P::join_version_bits <= 8 && P::generation_bits <= 48);

  [[nodiscard]] static constexpr std::uint64_t generation_of(word w) { return generation_field::get(w); }
  [[nodiscard]] static constexpr bool is_live(word w) { return (w & live) != 0; }
  [[nodiscard]] static constexpr bool is_running_or_queued(word w) { return (w & (scheduled | complete)) == scheduled; }
  [[nodiscard]] static constexpr bool has_join_handle(word w) { return (w & join_interest) != 0; }
  [[nodiscard]] static constexpr bool is_complete(word w) { return (w & complete) != 0; }

  // Acquire pairs with the release in spawn(): who sees a live word sees the header's constant fields.
  [[nodiscard]] word load() const { return word_.load(acquire); }

  // A prepared slot becomes a task that is about to be queued; returns its generation. No RMW: nobody else has a key of
  // this generation, and who has an old one changes nothing.
  [[nodiscard]] std::uint64_t spawn(bool with_join_handle) {
    // Relaxed: the slot is ours, and the free list or the depot that gave it ordered us after its last tenant.
    const word dead = word_.load(relaxed);
    TOKIOD_DEBUG_ASSERT((dead & ~generation_field::mask) == 0 && generation_of(dead) != 0);
    // Release publishes the header's constant fields to load() of a walker. A worker gets the task through a queue.
    word_.store(dead | live | scheduled | (with_join_handle ? join_interest : 0), release);
    return generation_of(dead);
  }

  // The generation of a slot that is ours and not spawned yet.
  [[nodiscard]] std::uint64_t prepared_generation() const { return generation_of(word_.load(relaxed)); }

  [[nodiscard]] wake_outcome wake(std::uint64_t generation) {
    word seen = word_.load(relaxed);  // a guess: the compare-exchange below decides
    for (;;) {
      if (!matches(seen, generation) || is_complete(seen)) return wake_outcome::gone;
      const word next = (seen & scheduled) != 0 ? seen | woken : seen | scheduled;
      // Exchanged even when nothing changes: the release is what publishes the waker's writes to the poll that follows,
      // and an early return would let that poll miss them.
      if (word_.compare_exchange_weak(seen, next, acq_rel, relaxed)) {
        return (seen & scheduled) != 0 ? wake_outcome::merged : wake_outcome::schedule;
      }
    }
  }

  [[nodiscard]] cancel_outcome cancel(std::uint64_t generation, cancel_kind kind) {
    const word wanted = kind == cancel_kind::force ? cancelled | forced : cancelled;
    word seen = word_.load(relaxed);  // a guess: the compare-exchange below decides
    for (;;) {
      if (!matches(seen, generation) || is_complete(seen)) return cancel_outcome::gone;
      if ((seen & wanted) == wanted) return cancel_outcome::gone;
      // Acquire for a caller that becomes the holder of S; release so that its writes are seen by who ends the task.
      if (word_.compare_exchange_weak(seen, seen | wanted | scheduled, acq_rel, relaxed)) {
        return (seen & scheduled) != 0 ? cancel_outcome::marked : cancel_outcome::schedule;
      }
    }
  }

  // Keeps an idle task from being polled, so that its body may be read. What a cancel said of it before is for
  // end_pending(), which gives S away again. Nothing: it is not idle.
  [[nodiscard]] std::optional<begin_outcome> claim(std::uint64_t generation) {
    word seen = word_.load(relaxed);  // a guess: the compare-exchange below decides
    for (;;) {
      if (!matches(seen, generation) || (seen & (scheduled | complete)) != 0) return std::nullopt;
      // Acquire pairs with end_pending(): the body is as the last poll left it. Nothing of ours is to be published yet.
      if (word_.compare_exchange_weak(seen, seen | scheduled, acquire, relaxed)) return cancel_seen(seen);
    }
  }

  // No RMW on the common path: S keeps every other poller away, and a wake that comes after this load makes the
  // compare-exchange in end_pending() fail, which costs one more poll and loses nothing. `on_woken` is called if a wake
  // merged before.
  template <class Then = nothing>
  [[nodiscard]] begin_outcome begin_poll(Then on_woken = {}) {
    word seen = word_.load(acquire);  // pairs with wake(): what came before a merged wake is seen by this poll
    TOKIOD_DEBUG_ASSERT((seen & (live | scheduled | complete)) == (live | scheduled));
    if ((seen & woken) != 0) {
      seen = word_.fetch_and(~woken, acq_rel);  // acquire: the same for wakes up to now
      on_woken();
    }
    return cancel_seen(seen);
  }

  // `begun` is what begin_poll() said: a cancel that the body already knows of does not end the poll again.
  [[nodiscard]] pending_outcome end_pending(begin_outcome begun) {
    const word known = bits_of(begun);
    word seen = word_.load(acquire);  // acquire: for the two early returns; pairs with wake() and cancel()
    for (;;) {
      if (((seen & (cancelled | forced)) & ~known) != 0) return pending_outcome::cancelled;
      if ((seen & woken) != 0) return pending_outcome::again;  // left set: begin_poll() clears it with one RMW
      // Release publishes the body and the leaf to the next holder of S, who acquires it in wake() or cancel().
      if (word_.compare_exchange_weak(seen, seen & ~scheduled, acq_rel, acquire)) return pending_outcome::idle;
    }
  }

  // The result, or the reason why there is none, is in the header. `joiner` is filled for wake_joiner.
  template <class Header>
  [[nodiscard]] finish_outcome finish(const join_slot<P, Header>& slot, basic_key<Header>& joiner) {
    word seen = word_.load(acquire);  // pairs with register_join(): the join slot is readable if J is set
    for (;;) {
      // Interest never comes back, so without it the word is ours but for wakers, who change nothing that matters.
      if ((seen & join_interest) == 0) return finish_outcome::unobserved;
      if ((seen & join_waiting) != 0) joiner = slot.load();
      // Release publishes the result to register_join() and release_join(). From here on the handle owns the task.
      if (word_.compare_exchange_weak(seen, seen | complete, acq_rel, acquire)) {
        return (seen & join_waiting) != 0 ? finish_outcome::wake_joiner : finish_outcome::published;
      }
    }
  }

  // The slot is free again, one generation later. Wakes and cancels that came meanwhile are overwritten: they are late.
  void retire() {
    const std::uint64_t used = generation_of(word_.load(relaxed));  // only the holder changes the generation
    std::uint64_t next = (used + 1) & generation_field::max;
    if (next == 0) next = 1;
    // Relaxed: the next tenant gets the slot from us through a free list or the depot's lock, and who holds an old key
    // reads nothing but this word.
    word_.store(generation_field::make(next), relaxed);
  }

  [[nodiscard]] bool poll_complete() const {
    return is_complete(word_.load(acquire));  // pairs with finish(): the result is readable
  }

  // The waiter of a join handle. The same waiter twice costs no RMW; another one replaces it, and if the task completes
  // between our two steps, the second fails and the result is there.
  template <class Header>
  [[nodiscard]] join_outcome register_join(join_slot<P, Header>& slot, basic_key<Header> waiter) {
    word seen = word_.load(acquire);  // pairs with finish()
    if (is_complete(seen)) return join_outcome::complete;
    if ((seen & join_waiting) != 0 && slot.load() == waiter) return join_outcome::registered;
    if (join_version::get(seen) == join_version::max) return join_outcome::spent;
    slot.store(waiter);
    return set_waiting(seen) ? join_outcome::registered : join_outcome::complete;
  }

  [[nodiscard]] release_outcome release_join() {
    word seen = word_.load(acquire);  // pairs with finish(): the result is ours to destroy
    for (;;) {
      TOKIOD_DEBUG_ASSERT((seen & join_interest) != 0);
      if (is_complete(seen)) return release_outcome::owned;
      // Release: what the handle read of the task comes before its end.
      if (word_.compare_exchange_weak(seen, seen & ~(join_interest | join_waiting), acq_rel, acquire)) {
        return release_outcome::detached;
      }
    }
  }

 private:
  [[nodiscard]] static bool matches(word w, std::uint64_t generation) {
    return is_live(w) && generation_of(w) == generation;
  }

  [[nodiscard]] static begin_outcome cancel_seen(word w) {
    if ((w & (cancelled | forced)) == 0) [[likely]]
      return begin_outcome::poll;
    return (w & forced) != 0 ? begin_outcome::forced : begin_outcome::asked;
  }

  [[nodiscard]] static word bits_of(begin_outcome begun) {
    switch (begun) {
      case begin_outcome::poll: return 0;
      case begin_outcome::asked: return cancelled;
      case begin_outcome::forced: return cancelled | forced;
    }
    return 0;
  }

  // Release publishes the join slot to finish(). Only the handle changes J and its version, so the loop repeats for
  // wakes and the like alone.
  [[nodiscard]] bool set_waiting(word& seen) {
    for (;;) {
      const word next = join_version::set(seen, join_version::get(seen) + 1) | join_waiting;
      if (word_.compare_exchange_weak(seen, next, acq_rel, acquire)) return true;
      if (is_complete(seen)) return false;
    }
  }

  typename P::template atomic<word> word_;
};

}  // namespace tokiod::task
