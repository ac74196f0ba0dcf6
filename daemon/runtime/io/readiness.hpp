// One direction of a source: what the kernel said, and who waits to hear more. One word, one function per move.
//
//   word:  generation | tick | moves | waiting | crowded | ready bits
//
//   idle --event--> ready --clear--> idle          event: the bits are added, a waiter is taken and woken
//   idle --wait---> waiting --event--> ready       clear: takes effect only if no event came since the look
//   idle --join---> crowded --event--> ready       wait, join: fail when the bits are there already
//   any  --retire-> idle of the next generation
//   any  --event of `gone`--> gone: whoever looks or waits sees it, whatever he wants, and it is not cleared
//
// Invariant: the tick moves with every event: a clear is harmless when a newer one came. `moves` goes on with every
//            change of the waiter, so a compare-exchange on a whole word proves that a waiter that was read is the one
//            that was registered. An event of an earlier generation changes nothing. A waiter is woken at most once per
//            registration; with bits it wants set, none stays registered. Whoever takes `crowded` away wakes the crowd.
// Threads:   wait [the poller of this direction, one at a time]; look, clear [any]; join [any, under the crowd's lock];
//            event [any that turns the reactor]; generation, retire [the owner of the source, when nobody polls it].
// Model:     tests/model/readiness_model.cpp
#pragma once
#include <cstdint>
#include <optional>

#include "base/bits.hpp"
#include "base/policy.hpp"
#include "runtime/io/interest.hpp"

namespace tokiod::io {

// What a look at a direction saw: its bits, and when. Empty: nothing that was asked for.
struct readiness {
  ready bits = ready::none;
  std::uint64_t word = 0;  // the whole word: a clear refers to it

  [[nodiscard]] explicit operator bool() const { return any(bits); }
};

enum class event_outcome : std::uint8_t {
  stale,   // of an earlier tenant: nothing changed
  marked,  // nobody waits
  wake,    // the waiter is the caller's to wake
};

// `Key` is two words that wake a task: {task pointer, generation}. A stale one is harmless, so nothing here owns it.
template <class P, class Key>
class basic_readiness {
  using pointer = decltype(Key{}.task);

 public:
  using word = std::uint64_t;
  using bits_field = bit_field<0, 6>;
  static constexpr word crowded = word{1} << 6;  // there may be somebody in the crowd of this direction
  static constexpr word waiting = word{1} << 7;  // the key slot holds a waiter
  using moves_field = bit_field<8, P::tick_bits>;
  using tick_field = bit_field<8 + 16, P::tick_bits>;
  using generation_field = bit_field<8 + 32, P::source_generation_bits>;
  static_assert(P::tick_bits <= 16 && P::source_generation_bits <= 24);

  [[nodiscard]] static constexpr ready bits_of(word w) { return static_cast<ready>(bits_field::get(w)); }

  // Relaxed: only the owner of the slot asks, and only it changes the generation.
  [[nodiscard]] std::uint32_t generation() const {
    return static_cast<std::uint32_t>(generation_field::get(word_.load(relaxed)));
  }

  // A look without waiting.
  [[nodiscard]] readiness look(ready wanted) const {
    const word seen = word_.load(acquire);  // pairs with event()
    return {told(seen, wanted), seen};
  }

  // A look; when there is nothing, `who` is woken by the next event. A newer waiter replaces an earlier one.
  [[nodiscard]] readiness wait(ready wanted, Key who) {
    word seen = word_.load(acquire);  // pairs with event()
    for (;;) {
      if (const ready bits = told(seen, wanted); any(bits)) return {bits, seen};
      if ((seen & waiting) != 0) {
        if (key() == who) return {};  // registered already: only pollers write the key, and this is the poller
        if (!drop_waiter(seen)) continue;
      }
      set_key(who);
      if (set_waiter(seen)) return {};
    }
  }

  // Whose it is now. Acquire pairs with retire(): who sees the next tenant sees all that was done before the last one
  // went, so that he went.
  [[nodiscard]] std::uint32_t tenant() const {
    return static_cast<std::uint32_t>(generation_field::get(word_.load(acquire)));
  }

  // A look for somebody who has sat down in the crowd; when there is nothing, the next event wakes the crowd. Nothing:
  // the `tenant` that it is about is gone.
  [[nodiscard]] std::optional<readiness> join(std::uint32_t tenant, ready wanted) {
    word seen = word_.load(acquire);  // pairs with event()
    for (;;) {
      if (generation_field::get(seen) != tenant) return std::nullopt;
      if (const ready bits = told(seen, wanted); any(bits)) return readiness{bits, seen};
      // Acquire on failure: there may be bits now. The success needs no order, but g++ wants none that is weaker.
      if ((seen & crowded) != 0 || word_.compare_exchange_weak(seen, seen | crowded, acquire, acquire))
        return readiness{};
    }
  }

  // The caller acted on `seen` and found `which` of it used up, which never is `gone`. Nothing happens if an event came
  // since.
  void clear(readiness seen, ready which) {
    // Relaxed is enough: the word carries no data from the poller to the event, and a failure is as good as a success.
    for (word now = word_.load(relaxed); events_of(now) == events_of(seen.word);) {
      const word left = bits_field::set(now, static_cast<word>(without(bits_of(now), which)));
      if (left == now || word_.compare_exchange_weak(now, left, relaxed, relaxed)) return;
    }
  }

  // Who waits, if anybody does: for those who only look, since it may be over at once. The key is the waiter's when the
  // word has not moved meanwhile.
  [[nodiscard]] std::optional<Key> waiter() const {
    const word seen = word_.load(acquire);  // pairs with set_waiter()
    if ((seen & waiting) == 0) return std::nullopt;
    const Key who = key();
    // Acquire: a key that was rewritten meanwhile shows in a word that has moved.
    return word_.load(acquire) == seen ? std::optional(who) : std::nullopt;
  }

  // The kernel said `bits` about the tenant `generation`. `waiter` is filled for wake; `crowd` becomes true when the
  // crowd is the caller's to wake, too.
  [[nodiscard]] event_outcome event(std::uint32_t generation, ready bits, Key& waiter, bool& crowd) {
    word seen = word_.load(acquire);  // pairs with set_waiter(): the key is readable if `waiting` is set
    for (;;) {
      if (generation_field::get(seen) != generation) return event_outcome::stale;
      if ((seen & waiting) != 0) waiter = key();
      const word next = next_tick((seen & ~(waiting | crowded)) | bits_field::make(static_cast<word>(bits)));
      // Release pairs with the loads in look(), wait() and join(). Acquire on failure: the key may have been set since.
      if (!word_.compare_exchange_weak(seen, next, acq_rel, acquire)) continue;
      crowd = (seen & crowded) != 0;
      return (seen & waiting) != 0 ? event_outcome::wake : event_outcome::marked;
    }
  }
  [[nodiscard]] event_outcome event(std::uint32_t generation, ready bits, Key& waiter) {
    bool crowd = false;
    return event(generation, bits, waiter, crowd);
  }

  // The tenant is gone: its waiter is dropped, and events that are still under way will be stale. No RMW: what an event
  // does between the load and the store was meant for the tenant that goes.
  void retire() {
    const auto next = generation_field::get(word_.load(relaxed)) + 1;  // only the owner changes it
    word_.store(generation_field::make(next), release);                // pairs with tenant()
  }

 private:
  // What somebody who wants `wanted` is told.
  [[nodiscard]] static constexpr ready told(word w, ready wanted) { return bits_of(w) & (wanted | ready::gone); }
  [[nodiscard]] static constexpr word next_tick(word w) { return tick_field::set(w, tick_field::get(w) + 1); }
  [[nodiscard]] static constexpr word next_move(word w) { return moves_field::set(w, moves_field::get(w) + 1); }
  // What an event changes and nobody else does.
  [[nodiscard]] static constexpr word events_of(word w) { return w & (tick_field::mask | generation_field::mask); }

  // Relaxed: published by the compare-exchange in set_waiter(). What an event reads while the poller rewrites is thrown
  // away, because its own compare-exchange fails on the moves.
  void set_key(Key who) {
    task_.store(who.task, relaxed);
    generation_.store(who.generation, relaxed);
  }
  [[nodiscard]] Key key() const { return {task_.load(relaxed), generation_.load(relaxed)}; }

  // False: an event took the waiter first, and `seen` is what it left. Acquire: an event that already read the key must
  // not see it rewritten and still succeed; its exchange and ours are ordered by the word.
  [[nodiscard]] bool drop_waiter(word& seen) {
    const word next = next_move(seen & ~waiting);
    if (!word_.compare_exchange_strong(seen, next, acq_rel, acquire)) return false;
    seen = next;
    return true;
  }

  // Release publishes the key to event(). False: an event came first, and `seen` is what it left.
  [[nodiscard]] bool set_waiter(word& seen) {
    return word_.compare_exchange_strong(seen, next_move(seen | waiting), acq_rel, acquire);
  }

  typename P::template atomic<word> word_{0};
  typename P::template atomic<pointer> task_{nullptr};
  typename P::template atomic<std::uint64_t> generation_{0};
};

}  // namespace tokiod::io
