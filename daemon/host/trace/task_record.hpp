// What is written down of one task or blocking job while somebody listens: what it is, and how its time went.
// Invariant: plain values; nothing points into a plugin, so a record may outlive its task and its image.
// Threads:   values.
#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/clock.hpp"
#include "runtime/metrics/histogram.hpp"
#include "runtime/task/id.hpp"

namespace tokiod::host::trace {

// A text of bounded length. What is too long loses its beginning: of a path the end says most.
template <std::size_t Room>
class short_text {
 public:
  void set(std::string_view from) {
    if (from.size() > Room) from.remove_prefix(from.size() - Room);
    size_ = static_cast<std::uint8_t>(from.size());
    if (!from.empty()) std::memcpy(bytes_.data(), from.data(), from.size());
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  static_assert(Room <= UINT8_MAX);
  std::uint8_t size_ = 0;
  std::array<char, Room> bytes_{};
};

enum class task_kind : std::uint8_t { task, local, blocking };
enum class task_end : std::uint8_t { none, completed, cancelled, panicked };

// Of times up to `most`; longer ones are counted apart, so that one of them does not widen all buckets.
struct bounded_times {
  static constexpr duration_ns most = second;

  metrics::distribution counted;
  std::uint64_t longer = 0;  // than `most`
  duration_ns longest = 0;   // of those

  void record(duration_ns one) {
    if (one > most) {
      ++longer;
      longest = std::max(longest, one);
      return;
    }
    ++counted.counts[metrics::bucket_of(one)];
    counted.sum += one;
  }
};

// Times are of CLOCK_MONOTONIC; 0 is never.
struct task_record {
  task::task_id id = 0;
  task::task_id parent = 0;  // in whose poll it was made; 0: in none, or not known
  task_kind kind = task_kind::task;
  task_end end = task_end::none;
  bool in_poll = false;
  bool yielded = false;          // at the end of its last poll
  bool seen_from_birth = false;  // false: it was there before anybody listened
  std::uint32_t line = 0, column = 0;
  std::uint64_t bytes = 0;  // of its block less the header: the future as it was spawned, rounded up; none is boxed
  std::uint64_t least_bytes = 0;  // of the future; more only where it was there before anybody listened
  short_text<64> instance, name;
  short_text<120> file, function;  // where it was spawned

  instant_ns created = 0;  // or first seen
  instant_ns dropped = 0;
  instant_ns changed = 0;

  std::uint64_t wakes = 0, self_wakes = 0;  // by itself while it was polled
  std::uint64_t unpolled_wakes = 0;         // since the last poll began
  instant_ns last_wake = 0;
  instant_ns runnable_since = 0;  // 0: it does not wait for a poll, or that is not known

  std::uint64_t polls = 0;
  instant_ns first_poll = 0, last_poll_started = 0, last_poll_ended = 0;
  duration_ns busy = 0, scheduled = 0;
  bounded_times poll_times, scheduled_times;

  // Until `now`, which is not before any time in it.
  [[nodiscard]] duration_ns total(instant_ns now) const { return (dropped != 0 ? dropped : now) - created; }
  [[nodiscard]] duration_ns busy_until(instant_ns now) const { return busy + (in_poll ? now - last_poll_started : 0); }
  [[nodiscard]] duration_ns idle(instant_ns now) const {
    const duration_ns known = busy_until(now) + scheduled;
    return total(now) > known ? total(now) - known : 0;
  }
};

}  // namespace tokiod::host::trace
