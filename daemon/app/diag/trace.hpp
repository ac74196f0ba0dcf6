// What the scheduler did for some seconds, as a document of the Chrome trace format: one track for each worker.
// Invariant: at most as many events as were asked for; the newest are told, and how many are not.
// Threads:   [any]; trace_scheduler() waits, one at a time.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "host/registry.hpp"
#include "runtime/runtime.hpp"
#include "runtime/sched/trace_ring.hpp"
#include "wire/json.hpp"

namespace tokiod::app {

struct traced_worker {
  std::uint32_t index = 0;
  std::vector<sched::trace_event> events;  // oldest first
};

// `names`: of tasks, where known. Moments are microseconds since `begun`.
[[nodiscard]] wire::json chrome_trace(std::vector<traced_worker> workers, instant_ns begun, std::size_t most,
                                      const std::map<std::uint64_t, std::string>& names);

// Fails: busy, somebody traces already.
[[nodiscard]] outcome<wire::json> trace_scheduler(tokiod::runtime& rt, const host::registry& plugins,
                                                  duration_ns length, std::size_t most,
                                                  const std::function<bool()>& given_up);

// Sleeps until then; less when it is given up.
void sleep_until(instant_ns end, const std::function<bool()>& given_up);

}  // namespace tokiod::app
