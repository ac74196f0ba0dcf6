// Where work is begun for a client: whatever it throws (memory that cannot be had, most likely) becomes its answer, and
// an incident: an id that the client is told and under which the log has it.
// Threads: any.
// No model: a count.
#pragma once
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/policy.hpp"

namespace tokiod::control {

// "i-<pid>-<count>": the logs of several processes are searched together.
[[nodiscard]] inline std::string next_incident() {
  static std::atomic<std::uint64_t> count{0};
  return "i-" + std::to_string(::getpid()) + "-" + std::to_string(count.fetch_add(1, relaxed) + 1);
}

struct incident {
  std::string id;
  std::string why;
};

// What `call` gives, or, when it throws, what `otherwise(incident)` gives.
template <class Call, class Otherwise>
auto guarded(std::string_view what, Call call, Otherwise otherwise) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& failed) {
    const incident of{next_incident(), failed.what()};
    log::error("control", "work for a client failed", {{"what", what}, {"why", of.why}, {"incident", of.id}});
    return otherwise(of);
  }
}

}  // namespace tokiod::control
