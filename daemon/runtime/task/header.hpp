// The 64 bytes in front of every task's body. The owner and the way to the scheduler are not here but at the base of
// the slab, which the address gives.
// Invariant: `state` is word 0 and outlives every tenant of the slot; the words of a free slot (memory/slab.hpp)
// overlay
//            words 1 to 3, never 0.
// Threads:   state [any]; next [holder of S]; end [holder of S, after completion the join handle]; ops, home, kind
//            [holder of S; all but timed and again of kind constant from spawn to retire]; about, id [the same, and any
//            walker, see registry.hpp]; joiner [see state.hpp]; stamped [holder of S].
// Model:     tests/model/task_model.cpp
#pragma once
#include <cstddef>
#include <cstdint>

#include "runtime/memory/slab.hpp"
#include "runtime/task/body.hpp"
#include "runtime/task/id.hpp"
#include "runtime/task/state.hpp"

namespace tokiod::task {

// How a task ended. Also what a join handle is told.
enum class end_kind : std::uint8_t { none, completed, cancelled, panicked };

struct traits {
  bool graceful : 1 = false;          // asked to stop, it is polled on until it is ready, or forced
  bool system : 1 = false;            // a background task: it does not hold up a drain
  bool local_hint : 1 = false;        // prefers the core that spawned it
  bool empty_when_ready : 1 = false;  // a poll that says ready has left nothing in the body: drop is not called then
  bool timed : 1 = false;             // gets a stamp whenever it becomes runnable; see core::delay_of()
  bool again : 1 = false;             // of a timed one: it became that without having been idle
};

template <class P>
struct alignas(64) basic_header {
  basic_state<P> state;
  typename P::template cell<basic_header*> next;  // in a queue; free list; after a panic: its message, see join.hpp
  const basic_body_ops<P>* ops;
  join_slot<P, basic_header> joiner;
  typename P::template atomic<const void*> about;  // for whoever set ops: which kind of body this is
  typename P::template atomic<task_id> id;
  std::uint16_t home;                       // the shard a wake from outside goes to
  typename P::template cell<end_kind> end;  // published by the completion; what ended by itself keeps its body until
                                            // the handle is released
  traits kind;
  typename P::template cell<std::uint32_t> stamped;  // when it became runnable, see poll.hpp; 0: nobody wants to know.
                                                     // Until it is spawned: the bytes of its body
};

using header = basic_header<real_policy>;
using key = basic_key<header>;
static_assert(sizeof(header) == memory::task_header_bytes && offsetof(header, state) == 0);
static_assert(offsetof(header, about) >= sizeof(memory::free_slot) &&
              offsetof(header, id) >= sizeof(memory::free_slot));

inline constexpr std::size_t body_offset = sizeof(header);
inline constexpr std::size_t body_align = alignof(header);

[[nodiscard]] inline void* body_of(header& task) { return reinterpret_cast<std::byte*>(&task) + body_offset; }
[[nodiscard]] inline header& task_of(void* body) {
  return *reinterpret_cast<header*>(static_cast<std::byte*>(body) - body_offset);
}
[[nodiscard]] inline memory::owner_id owner_of(const header& task) { return memory::slab_of(&task).owner; }

}  // namespace tokiod::task
