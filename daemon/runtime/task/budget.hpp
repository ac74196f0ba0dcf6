// How many ready operations a task may complete before it has to let others run. Without it a task whose sockets and
// channels are always ready would keep its core for ever.
// Invariant: a poll starts with a full budget, except in a chain of tasks run from the LIFO slot, which share one.
// Threads:   the thread that polls.
#pragma once
#include <cstdint>

namespace tokiod::task {

class coop_budget {
 public:
  static constexpr std::int32_t full = 128;

  void refill() { left_ = full; }
  [[nodiscard]] bool exhausted() const { return left_ <= 0; }
  // Spends one unit for an operation that made progress; false: yield first, and try again in the next poll.
  [[nodiscard]] bool spend() {
    if (left_ <= 0) return false;
    --left_;
    return true;
  }
  [[nodiscard]] std::int32_t* raw() { return &left_; }  // what a plugin counts down without a call

 private:
  std::int32_t left_ = full;
};

}  // namespace tokiod::task
