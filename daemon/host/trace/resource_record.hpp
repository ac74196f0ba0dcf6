// What is written down of one resource of a plugin (a timer, a lock, a channel), and of one operation that waits for
// it, while somebody listens.
// Invariant: plain values; nothing points into a plugin, so a record may outlive what it tells of, and its image.
// Threads:   values.
#pragma once
#include <array>
#include <cstdint>

#include "base/clock.hpp"
#include "host/trace/task_record.hpp"

namespace tokiod::host::trace {

enum class attribute_kind : std::uint8_t { none, whole, negative, real, truth };

// A number, or whether something is so. `bits` is an unsigned or a signed number, or the bits of a double.
struct attribute {
  short_text<24> name;
  short_text<8> unit;
  attribute_kind kind = attribute_kind::none;
  std::uint64_t bits = 0;
};

// Times are of CLOCK_MONOTONIC; 0 is never.
struct resource_record {
  static constexpr std::size_t most_attributes = 4;

  std::uint64_t id = 0;
  std::uint64_t parent = 0;  // the resource that it is a part of; 0: of none
  std::uintptr_t owner = 0;  // the instance, to be compared only
  bool internal = false;     // its user does not see it
  bool seen_from_birth = true;
  bool full = false;  // it has more attributes than are kept
  std::uint32_t line = 0;
  short_text<40> type;
  short_text<16> kind;
  short_text<64> instance;
  short_text<120> file;
  std::array<attribute, most_attributes> attributes;

  instant_ns created = 0;  // or first seen
  instant_ns dropped = 0;
  instant_ns changed = 0;
};

struct op_record {
  std::uint64_t id = 0;
  std::uint64_t resource = 0;  // that it waits for
  std::uint64_t parent = 0;    // the operation that it is a part of; 0: of none
  std::uintptr_t owner = 0;    // the instance, to be compared only
  task::task_id task = 0;      // that waits; 0: a thread does
  bool in_poll = false;
  bool ready = false;  // said by its last poll
  short_text<48> source;
  short_text<24> poll_name;
  short_text<64> instance;

  instant_ns created = 0;
  instant_ns dropped = 0;
  instant_ns changed = 0;

  std::uint64_t polls = 0;
  instant_ns last_poll_started = 0, last_poll_ended = 0;
  duration_ns busy = 0;

  // Until `now`, which is not before any time in it.
  [[nodiscard]] duration_ns total(instant_ns now) const { return (dropped != 0 ? dropped : now) - created; }
  [[nodiscard]] duration_ns busy_until(instant_ns now) const { return busy + (in_poll ? now - last_poll_started : 0); }
  [[nodiscard]] duration_ns idle(instant_ns now) const {
    return total(now) > busy_until(now) ? total(now) - busy_until(now) : 0;
  }
};

}  // namespace tokiod::host::trace
