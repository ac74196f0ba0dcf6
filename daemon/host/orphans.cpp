#include "host/orphans.hpp"

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "base/log.hpp"
#include "base/os_thread.hpp"
#include "base/policy.hpp"

namespace tokiod::host::orphans {
namespace {

struct home {
  std::mutex mutex;  // of its making
  bool made = false;
  unique_fd epoll;  // holds the children: an event carries number and descriptor of one
  // No model: a sum, relaxed, that orders nothing.
  std::atomic<std::size_t> running{0};
};

// Never destroyed: its thread outlives the destructors of statics.
home& the_home() {
  static auto* const one = new home;
  return *one;
}

std::uint64_t to_word(const child_process& child) {
  return std::uint64_t{static_cast<std::uint32_t>(child.pid())} << 32 | static_cast<std::uint32_t>(child.event());
}
child_process from_word(std::uint64_t word) {
  return {static_cast<pid_t>(word >> 32), unique_fd(static_cast<int>(word & UINT32_MAX))};
}

// A child that has ended is reaped and taken out of the set before its descriptor is closed: the process that a spawn
// is just making holds a copy, which would keep it in the set under a number that is somebody else's by then. One whose
// end is held back (a debugger has it) says so once more when it can be had.
void reap(child_process child) {
  siginfo_t seen{};
  const int failed = child.look(seen);
  if (failed == 0 ? seen.si_pid == 0 : failed != ECHILD) return (void)child.release();  // ECHILD: somebody else has
  (void)::epoll_ctl(the_home().epoll.get(), EPOLL_CTL_DEL, child.event(), nullptr);     // it is there
  unique_fd(child.release()).reset();
  the_home().running.fetch_sub(1, relaxed);
}

void wait_for_all() {
  std::array<epoll_event, 64> events;
  for (;;) {
    const int n = ::epoll_wait(the_home().epoll.get(), events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) reap(from_word(events[static_cast<std::size_t>(i)].data.u64));
  }
}

}  // namespace

result<void> prepare() {
  home& all = the_home();
  const std::lock_guard hold(all.mutex);
  if (all.made) return {};
  if (const auto ready = child_process::prepare(); !ready) return ready;
  if (!all.epoll) all.epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!all.epoll) return std::unexpected(error::last("epoll_create1"));
  auto started = os_thread::start({.name = "tokio-orphans"}, wait_for_all);
  if (!started) return std::unexpected(started.error());
  started->detach();
  all.made = true;
  return {};
}

void add(child_process child) noexcept {
  home& all = the_home();
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;  // an end that is held back would be told without a pause else
  event.data.u64 = to_word(child);
  all.running.fetch_add(1, relaxed);
  if (::epoll_ctl(all.epoll.get(), EPOLL_CTL_ADD, child.event(), &event) == 0) return (void)child.release();
  all.running.fetch_sub(1, relaxed);
  log::warn("host", "a child cannot be watched, and stays a zombie when it ends",
            {{"error", error::last("epoll_ctl").text()}});
}

std::size_t count() { return the_home().running.load(relaxed); }

}  // namespace tokiod::host::orphans
