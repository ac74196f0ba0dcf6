// Where work is begun for a client: whatever it throws (memory that cannot be had, most likely) becomes its answer.
// Threads: any.
#pragma once
#include <exception>
#include <string_view>

#include "base/log.hpp"

namespace tokiod::control {

// What `call` gives, or, when it throws, what `otherwise(why)` gives.
template <class Call, class Otherwise>
auto guarded(std::string_view what, Call call, Otherwise otherwise) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& failed) {
    log::error("control", "work for a client failed", {{"what", what}, {"why", failed.what()}});
    return otherwise(failed.what());
  }
}

}  // namespace tokiod::control
