#include "host/own_thread.hpp"

#include <algorithm>
#include <ctime>

namespace tokiod::host {
namespace {

thread_local constinit bool ctl_thread = false;

}  // namespace

result<void> own_threads::keep_one() {
  const std::lock_guard hold(mutex_);
  return spare_.keep();
}

// A thread that was joined has still to leave the system's books: what it occupied is free a moment later.
result<os_thread> own_threads::start(const char* name, instant_ns deadline, const std::function<void()>& call) {
  const steady_clock time;
  const auto limit = std::min(deadline, time.now() + patience);
  for (;;) {
    auto thread = [&] {
      const std::lock_guard hold(mutex_);
      return spare_.start({.name = name}, [call] {
        ctl_thread = true;
        call();
      });
    }();
    if (thread || time.now() >= limit) return thread;
    const timespec pause{0, 1'000'000};
    ::nanosleep(&pause, nullptr);
  }
}

own_thread_result own_threads::run(const char* name, instant_ns deadline, const std::function<void()>& call) {
  auto thread = start(name, deadline, call);
  if (!thread) return own_thread_result::no_thread;
  const bool returned = thread->join_until(deadline);
  if (!returned) thread->detach();
  (void)keep_one();  // if it was the spare; where there is still no thread, the next call tries again
  return returned ? own_thread_result::returned : own_thread_result::late;
}

bool on_ctl_thread() { return ctl_thread; }

}  // namespace tokiod::host
