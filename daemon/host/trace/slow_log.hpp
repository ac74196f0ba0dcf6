// The slowest of their kind since somebody began anew: polls, jobs, control calls.
// Invariant: at most `room` entries of bounded size; what is faster than the fastest of a full log costs one load.
// Threads:   [any].
// No model: a hint that is checked again under the lock.
#pragma once
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/policy.hpp"

namespace tokiod::host::trace {

struct slow_entry {
  duration_ns lasted = 0;
  bool at_least = false;     // it was not seen to its end
  std::int64_t wall_ns = 0;  // when it was written down
  std::string what;          // a task's name, a method
  std::string instance;
  std::string location;  // file:line
  std::string stack;     // innermost first; empty: not known
  std::uint64_t task = 0;
  std::int32_t worker = -1;
};

class slow_log {
 public:
  static constexpr std::size_t room = 64;
  static constexpr std::size_t most_text = 1024;  // bytes of each text; what is longer is cut

  // What is faster than `least` is never written down.
  explicit slow_log(duration_ns least) : least_(least), bar_(least) {}

  [[nodiscard]] bool takes(duration_ns lasted) const { return lasted >= bar_.load(relaxed); }
  void add(slow_entry one);
  [[nodiscard]] std::vector<slow_entry> slowest() const;  // the slowest first
  void clear();

 private:
  void drop_fastest();

  const duration_ns least_;
  std::atomic<duration_ns> bar_;
  mutable std::mutex mutex_;
  std::vector<slow_entry> all_;
};

// Of the blocking jobs of this process.
[[nodiscard]] slow_log& slow_jobs();

}  // namespace tokiod::host::trace
