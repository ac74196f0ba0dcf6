// The slowest polls since somebody began anew, with what their threads did: those that the monitor tells of
// (runtime.stuck_after_ms), and of tasks that somebody listens to.
// Invariant: holds a log, and the polls of one moment; what of these does not fit is left out.
// Threads:   [any].
#pragma once
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/clock.hpp"
#include "host/trace/slow_log.hpp"

namespace tokiod::app {

class slow_polls {
 public:
  static constexpr std::size_t most_open = 256;

  // The monitor found it, and it goes on, as far as the monitor knew then.
  void found(std::uint32_t worker, std::uint64_t poll, bool taken_over, host::trace::slow_entry what);
  // It is over, or its worker goes on without it; that may be told before it is found.
  void over(std::uint32_t worker, std::uint64_t poll, duration_ns lasted);
  // Those that go on, and those that ended; the slowest first.
  [[nodiscard]] std::vector<host::trace::slow_entry> slowest() const;
  void clear();

 private:
  struct open {
    std::uint32_t worker = 0;
    std::uint64_t poll = 0;
    instant_ns since = 0;
    bool taken_over = false;
    host::trace::slow_entry what;
  };
  struct ended {
    std::uint32_t worker = 0;
    std::uint64_t poll = 0;
    duration_ns lasted = 0;
  };

  host::trace::slow_log log_{0};
  mutable std::mutex mutex_;  // for what follows
  std::vector<open> open_;
  std::vector<ended> ended_;  // before it was found
};

}  // namespace tokiod::app
