// What may be changed of a log that was started, beside its levels.
// Threads: [any].
#pragma once
#include <cstdint>
#include <memory>

#include "base/log.hpp"

namespace tokiod::log {

// options::burst, from the next record on.
void set_burst(std::uint32_t records);
// What is queued may go to either. One in which the writer hangs is left when it comes back.
void set_sink(std::unique_ptr<sink> where);

}  // namespace tokiod::log
