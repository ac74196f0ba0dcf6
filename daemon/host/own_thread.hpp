// Calls into a plugin that are neither polls nor jobs (constructors, init, stop, fini, destructors) run on a thread
// made for that one call. So whatever they leave in thread-local storage is destroyed while the code is still mapped,
// and a call that never returns costs its own thread and nobody else's. Invariant: when `returned` is the answer, the
// thread has been joined. Otherwise it is left behind and `call` lives on
//            in it, so `call` owns everything that it uses.
// Threads:   [any]; the caller waits.
#pragma once
#include <cstdint>
#include <functional>

#include "base/clock.hpp"

namespace tokiod::host {

enum class own_thread_result : std::uint8_t {
  returned,
  late,       // still running at the deadline
  no_thread,  // the system gave none
};

// `name` is the thread's, at most 15 characters.
own_thread_result on_own_thread(const char* name, instant_ns deadline, std::function<void()> call);

// True on a thread made by on_own_thread: where [ctl] functions run.
[[nodiscard]] bool on_ctl_thread();

}  // namespace tokiod::host
