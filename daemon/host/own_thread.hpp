// Calls into a plugin that are neither polls nor jobs (constructors, init, stop, fini, destructors) run on a thread
// made for that one call. So whatever they leave in thread-local storage is destroyed while the code is still mapped,
// and a call that never returns costs its own thread and nobody else's. One thread is kept for when the system has no
// other: a plugin that used up all threads can still be ended.
// Invariant: when `returned` is the answer, the thread has been joined. Otherwise it is left behind and `call` lives on
//            in it, so `call` owns everything that it uses.
// Threads:   [any]; the caller waits.
#pragma once
#include <cstdint>
#include <functional>
#include <mutex>

#include "base/clock.hpp"
#include "base/spare_thread.hpp"

namespace tokiod::host {

enum class own_thread_result : std::uint8_t {
  returned,
  late,       // still running at the deadline
  no_thread,  // the system gave none, and the one that is kept is in use
};

class own_threads {
 public:
  // Makes the thread that is kept. EAGAIN. Without it calls only need threads of the system.
  result<void> keep_one();
  // `name` is the thread's, at most 15 characters.
  own_thread_result run(const char* name, instant_ns deadline, const std::function<void()>& call);

 private:
  static constexpr duration_ns patience = 200 * millisecond;  // for a thread, when there is none
  [[nodiscard]] result<os_thread> start(const char* name, instant_ns deadline, const std::function<void()>& call);

  std::mutex mutex_;  // for the spare; never held while something runs or is waited for
  spare_thread spare_;
};

// True on a thread made by own_threads: where [ctl] functions run.
[[nodiscard]] bool on_ctl_thread();

}  // namespace tokiod::host
