// internal to bench: a clock for a stretch of work, values that the compiler must really make, and counting to an end.
// Threads: countdown::one_less [any], once for each of its counts; everything else belongs to one task.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>

#include "tokio/sync.hpp"
#include "tokio/task.hpp"

namespace bench {

class stopwatch {
 public:
  [[nodiscard]] std::uint64_t ns() const {
    const auto took = std::chrono::steady_clock::now() - begin_;
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
  }

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

// The compiler must have `value` in memory here, and knows nothing of what it is afterwards.
template <class T>
void opaque(T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

// Counts down to zero and then wakes who waits: how a workload knows that its detached tasks have run.
class countdown {
 public:
  explicit countdown(std::uint64_t from) : left_(from) {}
  // acq_rel: what each task did before is seen by the one that counts last, and through the notify by who waits.
  void one_less() {
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) done_.notify_one();
  }
  // Only when it has reached zero and finished() was waited for.
  void again(std::uint64_t from) { left_.store(from, std::memory_order_relaxed); }
  auto finished() { return done_.notified(); }

 private:
  std::atomic<std::uint64_t> left_;
  tokio::sync::notify done_;
};

// Ends what it is given, where the end is what others wait for.
template <class T>
void end(T) {}

inline tokio::task<> nothing() { co_return; }

}  // namespace bench
