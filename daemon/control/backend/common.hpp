// What the faces of the daemon share.
// Threads: plain values.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "wire/json.hpp"
#include "wire/method.hpp"

namespace tokiod::control {

using wire::daemon_state;
using wire::json;

// What somebody has turned on for a while.
struct passing_info {
  bool on = false;
  std::optional<double> left_seconds;  // absent: until somebody ends it
  std::string reason;
};

// A round of what changed of the tasks, of the resources or of the operations since a moment, in pages by id. The next
// round is since the first page's `began`.
struct change_query {
  instant_ns since = 0;
  std::uint64_t after_id = 0;  // 0: a round begins
  instant_ns began = 0;        // of the round, as its first page said
  std::size_t limit = 500;
};

}  // namespace tokiod::control
