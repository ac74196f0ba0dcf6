// What one core did lately, as long as somebody wants to see it: polls, sleeps, wakes, thefts and takeovers, in a ring
// of fixed size whose oldest events give way.
// Invariant: an event that was complete when the ring was read is told as it was written. One that is overwritten
//            meanwhile may be told as a mixture: read a ring that is not written any more (engine::stop_trace).
// Threads:   write [the holder of the core]; read [any].
// No model: words that stand alone, relaxed; the count publishes those before it.
#pragma once
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/policy.hpp"

namespace tokiod::sched {

enum class trace_kind : std::uint8_t {
  poll,      // of a task, which lasted
  park,      // a sleep, which lasted
  wake,      // a task became runnable here
  steal,     // `subject` tasks were taken from others
  takeover,  // the poll of the task goes on without the core
};

struct trace_event {
  trace_kind kind = trace_kind::poll;
  instant_ns at = 0;          // by CLOCK_MONOTONIC, when it began
  duration_ns lasted = 0;     // up to 2^56 ns
  std::uint64_t subject = 0;  // a task's id, or a number
};

class trace_ring {
 public:
  explicit trace_ring(std::size_t events) : mask_(std::bit_ceil(events) - 1), slots_(new slot[mask_ + 1]) {}

  void write(const trace_event& one) noexcept {
    const std::uint64_t at = count_.load(relaxed);  // own store, or that of the holder before
    slot& to = slots_[at & mask_];
    to.at.store(one.at, relaxed);
    to.what.store(one.lasted << kind_bits | static_cast<std::uint64_t>(one.kind), relaxed);
    to.subject.store(one.subject, relaxed);
    count_.store(at + 1, release);  // pairs with read()
  }
  // Those that are there still and did not begin before `since`, the oldest first.
  [[nodiscard]] std::vector<trace_event> read(instant_ns since) const {
    const std::uint64_t end = count_.load(acquire);
    std::vector<trace_event> all;
    for (std::uint64_t i = end > mask_ ? end - mask_ - 1 : 0; i < end; ++i) {
      const slot& from = slots_[i & mask_];
      const std::uint64_t what = from.what.load(relaxed);
      const instant_ns at = from.at.load(relaxed);
      if (at >= since)
        all.push_back({static_cast<trace_kind>(what & 0xff), at, what >> kind_bits, from.subject.load(relaxed)});
    }
    return all;
  }
  [[nodiscard]] std::size_t capacity() const { return mask_ + 1; }
  [[nodiscard]] std::uint64_t written() const { return count_.load(acquire); }

 private:
  static constexpr unsigned kind_bits = 8;
  struct slot {
    std::atomic<instant_ns> at{0};
    std::atomic<std::uint64_t> what{0}, subject{0};
  };

  const std::size_t mask_;
  const std::unique_ptr<slot[]> slots_;
  std::atomic<std::uint64_t> count_{0};
};

}  // namespace tokiod::sched
