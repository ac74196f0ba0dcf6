#include "host/own_thread.hpp"

#include "base/os_thread.hpp"

namespace tokiod::host {
namespace {

thread_local constinit bool ctl_thread = false;

}  // namespace

own_thread_result on_own_thread(const char* name, instant_ns deadline, std::function<void()> call) {
  auto thread = os_thread::start({.name = name}, [call = std::move(call)] {
    ctl_thread = true;
    call();
  });
  if (!thread) return own_thread_result::no_thread;
  if (thread->join_until(deadline)) return own_thread_result::returned;
  thread->detach();
  return own_thread_result::late;
}

bool on_ctl_thread() { return ctl_thread; }

}  // namespace tokiod::host
