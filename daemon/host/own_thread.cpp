#include "host/own_thread.hpp"

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace tokiod::host {
namespace {

thread_local constinit bool ctl_thread = false;

struct rendezvous {
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
};

void body(const char* name, const std::function<void()>& call, rendezvous& meet) {
  ::pthread_setname_np(::pthread_self(), name);
  ctl_thread = true;
  call();
  const std::lock_guard hold(meet.mutex);
  meet.done = true;
  meet.ended.notify_one();
}

}  // namespace

own_thread_result on_own_thread(const char* name, duration_ns limit, std::function<void()> call) {
  const auto meet = std::make_shared<rendezvous>();
  std::thread thread;
  try {
    thread = std::thread([name, meet, call = std::move(call)] { body(name, call, *meet); });
  } catch (const std::system_error&) {
    return own_thread_result::no_thread;
  }
  std::unique_lock hold(meet->mutex);
  // Bounded, because the standard library adds the duration to now and would overflow on "for ever".
  const auto wait = std::chrono::nanoseconds(std::min<duration_ns>(limit, 86'400 * second));
  const bool done = meet->ended.wait_for(hold, wait, [&] { return meet->done; });
  hold.unlock();
  if (done)
    thread.join();
  else
    thread.detach();
  return done ? own_thread_result::returned : own_thread_result::late;
}

bool on_ctl_thread() { return ctl_thread; }

}  // namespace tokiod::host
