// Which version of the C ABI this daemon speaks, for those who may not include the ABI.
// Threads: pure function.
#pragma once
#include <string>

#include "tokio/abi/version.h"

namespace tokiod::host {

[[nodiscard]] inline std::string abi_version() {
  return std::to_string(TOKIO_ABI_MAJOR) + "." + std::to_string(TOKIO_ABI_MINOR);
}

}  // namespace tokiod::host
