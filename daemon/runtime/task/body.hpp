// What the runtime runs. A body is memory behind a task's header and two functions; the runtime knows no coroutine and
// no C ABI, only these.
// Invariant: poll is never concurrent with poll or drop of the same task; drop runs exactly once per spawned task and
//            leaves nothing alive in the body, but for a task that is empty_when_ready (header.hpp) and was ready.
// Threads:   poll [a thread that holds a core]; drop [any thread, never inside poll of the same task].
#pragma once
#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "base/policy.hpp"
#include "runtime/task/budget.hpp"

namespace tokiod::task {

template <class P>
struct basic_header;

enum class poll_result : std::uint8_t {
  ready,     // the result is in the body
  pending,   // a waker will come
  panicked,  // the body caught what must not leave it; the message is in the context
  yielded,   // run the others first
};

// What a poll may use; lives on the stack of the polling thread.
struct context {
  coop_budget* budget = nullptr;
  void* core = nullptr;         // the scheduler's, opaque here
  void* user = nullptr;         // of the task's owner: whose body this is
  instant_ns now = 0;           // when this turn began
  bool cancelled = false;       // a graceful task was asked to stop
  bool polling = false;         // a body's poll is on the stack of the thread whose context this is
  duration_ns waited = 0;       // for how long a task was runnable before its poll, where that was measured,
  std::uint64_t waited_in = 0;  // and which poll of the core that was
  std::string panic_message;    // set by a body before it returns panicked
};

template <class P>
struct basic_body_ops {
  poll_result (*poll)(basic_header<P>& task, context& cx) noexcept;
  void (*drop)(basic_header<P>& task) noexcept;
  // It waits for a poll from now on. Told only of a task whose kind is timed; may be null. [holder of S, in the middle
  // of a wake: it takes no lock that is held while something is woken]
  void (*runnable)(basic_header<P>& task) noexcept = nullptr;
};

using body_ops = basic_body_ops<real_policy>;

}  // namespace tokiod::task
