// What the threads of the process do now: asks them all, and takes what comes until a bound.
// Invariant: runs no code of a plugin and waits for no thread beyond the bound; a thread that does not answer is listed
//            with the reason.
// Threads:   [any]; several at once are heard one after the other.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/thread_stack.hpp"
#include "control/backend/diag.hpp"
#include "host/registry.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::app {

[[nodiscard]] control::stack_report stacks_of(const tokiod::runtime& rt, const host::registry& plugins,
                                              const control::stack_query& query);

// The raw answers of these threads, in their order.
[[nodiscard]] std::vector<thread_stack> ask_all(const std::vector<answering_thread>& who, duration_ns within);

// The function as people write it.
[[nodiscard]] control::frame_info frame_info_of(const stack_frame& frame, const std::string& file,
                                                const std::map<std::string, std::string>& build_ids);

}  // namespace tokiod::app
