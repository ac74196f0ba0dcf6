#include "base/clock.hpp"

#include <ctime>

namespace tokiod {
namespace {

std::uint64_t read(clockid_t id) {
  timespec t{};
  ::clock_gettime(id, &t);  // fails only for the thread that is gone: 0
  return static_cast<std::uint64_t>(t.tv_sec) * second + static_cast<std::uint64_t>(t.tv_nsec);
}

}  // namespace

instant_ns steady_clock::now() const { return read(CLOCK_MONOTONIC); }

const clock& system_clock() {
  static const steady_clock& only = *new steady_clock;  // never destroyed: threads may end after everything else
  return only;
}

duration_ns thread_cpu_time() { return read(CLOCK_THREAD_CPUTIME_ID); }

duration_ns thread_cpu_time_of(int os_thread) {
  // What pthread_getcpuclockid() makes of a thread that it has a handle of: the id, that it is a thread, and of which
  // clock.
  constexpr clockid_t of_thread = 4, scheduler = 2;
  return os_thread <= 0 ? 0 : read(static_cast<clockid_t>(~os_thread * 8) | of_thread | scheduler);
}

std::int64_t wall_clock_ns() { return static_cast<std::int64_t>(read(CLOCK_REALTIME)); }

}  // namespace tokiod
