// Time as nanoseconds in a uint64. `instant_ns` counts from an arbitrary start (CLOCK_MONOTONIC); never mix it with
// wall time. Threads: any; manual_clock may be read by any thread and is advanced by one.
// No model: one moment, nothing else is published.
#pragma once
#include <atomic>
#include <cstdint>

namespace tokiod {

using instant_ns = std::uint64_t;
using duration_ns = std::uint64_t;

inline constexpr duration_ns microsecond = 1'000;
inline constexpr duration_ns millisecond = 1'000'000;
inline constexpr duration_ns second = 1'000'000'000;
inline constexpr instant_ns never = UINT64_MAX;  // a deadline that does not come

// Where the runtime reads time. One virtual call: the callers that cannot afford it cache the value per turn.
class clock {
 public:
  virtual ~clock() = default;
  [[nodiscard]] virtual instant_ns now() const = 0;
};

class steady_clock final : public clock {
 public:
  [[nodiscard]] instant_ns now() const override;
};

[[nodiscard]] const clock& system_clock();  // a steady_clock that is there for as long as the process

class manual_clock final : public clock {
 public:
  // Relaxed is enough: the value carries no other data, and a test that advances synchronises by other means.
  [[nodiscard]] instant_ns now() const override { return now_.load(std::memory_order_relaxed); }
  void advance(duration_ns by) { now_.fetch_add(by, std::memory_order_relaxed); }

 private:
  std::atomic<instant_ns> now_{1};
};

[[nodiscard]] std::int64_t wall_clock_ns();   // Unix time
[[nodiscard]] duration_ns thread_cpu_time();  // that the calling thread has used
// The same of a thread of this process, by the id that the kernel gave it; 0: there is none.
[[nodiscard]] duration_ns thread_cpu_time_of(int os_thread);

}  // namespace tokiod
