// One timer: a deadline, whom to wake, and its place in a wheel. It lives where its user wants it (in a task's body, in
// a host's handle); the wheel only links it.
// Invariant: while `armed` it is linked in exactly one wheel and is neither moved nor destroyed; who fires it touches
// it
//            for the last time when it stores `fired`.
// Threads:   state, deadline [the owner of the entry, one thread at a time]; the rest is the wheel's, under its lock.
// Model:     tests/model/timer_model.cpp
#pragma once
#include <cstdint>

#include "base/assert.hpp"
#include "base/clock.hpp"
#include "base/policy.hpp"
#include "runtime/task/handles.hpp"

namespace tokiod::time {

template <class P, class Key>
class basic_timer_queue;
template <class P, class Key>
class basic_wheel;

enum class timer_state : std::uint8_t { idle, armed, fired };

// `Key` wakes a task: {task pointer, generation}. A stale one is harmless, so nothing here owns it.
template <class P, class Key>
class basic_timer_entry {
 public:
  basic_timer_entry() = default;
  basic_timer_entry(const basic_timer_entry&) = delete;
  basic_timer_entry& operator=(const basic_timer_entry&) = delete;
  ~basic_timer_entry() { TOKIOD_DEBUG_ASSERT(!armed()); }

  // Acquire pairs with the release of the thread that fires: an entry that is seen fired is the owner's alone.
  [[nodiscard]] timer_state state() const { return state_.load(acquire); }
  [[nodiscard]] bool armed() const { return state() == timer_state::armed; }
  // Relaxed: the owner wrote it last.
  [[nodiscard]] instant_ns deadline() const { return deadline_.load(relaxed); }

 private:
  friend class basic_timer_queue<P, Key>;
  friend class basic_wheel<P, Key>;

  basic_timer_entry* next_ = nullptr;
  basic_timer_entry** link_ = nullptr;                   // the pointer that points here
  basic_timer_queue<P, Key>* queue_ = nullptr;           // where it was armed last; the owner's
  typename P::template cell<Key> waiter_;                // written under the lock
  typename P::template atomic<instant_ns> deadline_{0};  // atomic: the owner may move it later without the lock
  typename P::template atomic<timer_state> state_{timer_state::idle};
  std::uint16_t place_ = 0;  // the level and slot it is linked in
};

class timer_entry final : public basic_timer_entry<real_policy, task::key> {};
static_assert(sizeof(timer_entry) == 56);

}  // namespace tokiod::time
