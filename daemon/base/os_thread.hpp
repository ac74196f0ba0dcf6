// A thread of the system with a name and a stack size, whose creation may fail and is then an error value (std::thread
// would throw), and which can be joined with a deadline.
// Invariant: a started thread is joined or detached exactly once; all signals are blocked in it (the process has one
//            place that takes signals, and it is not a worker), but for those of faults where somebody takes these
//            (alternate_stack.hpp).
// Threads:   one owner at a time; the body runs on the new thread.
#pragma once
#include <pthread.h>

#include <cstddef>
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace tokiod {

struct thread_options {
  std::string name;             // the kernel keeps the first 15 bytes
  std::size_t stack_bytes = 0;  // 0 = the system's default; rounded up to what the system needs
};

class os_thread {
 public:
  os_thread() = default;
  os_thread(os_thread&& other) noexcept;
  os_thread& operator=(os_thread&& other) noexcept;
  ~os_thread();  // must not be joinable any more

  // EAGAIN: the system or a limit has no more threads.
  [[nodiscard]] static result<os_thread> start(const thread_options& options, std::function<void()> body);

  [[nodiscard]] bool joinable() const { return joinable_; }
  void join();
  // False: it still runs at `deadline` (CLOCK_MONOTONIC); it stays joinable.
  [[nodiscard]] bool join_until(instant_ns deadline);
  void detach();

 private:
  pthread_t id_{};
  bool joinable_ = false;
};

[[nodiscard]] int current_thread_id();  // gettid()

}  // namespace tokiod
