// How tokioctl ends, so that scripts and systemd can tell why. The numbers above 63 are those of sysexits.
// Threads: pure functions [any].
#pragma once
#include <cstdint>

#include "base/error.hpp"
#include "wire/rpc.hpp"

namespace tokiod::ctl {

enum class exit_code : std::uint8_t {
  ok = 0,
  failed = 1,        // the daemon refused or the operation failed
  finding = 2,       // it answered, and the answer is bad news: not ready, or something looks wrong
  usage = 64,        // wrong words on the command line
  bad_input = 65,    // a document or parameter that cannot be right
  unreachable = 69,  // no daemon answers
  internal = 70,
  temporary = 75,  // busy or too late: the same may work later
  permission = 77,
  configuration = 78,
};

[[nodiscard]] exit_code exit_code_of(const wire::rpc_error& error);

}  // namespace tokiod::ctl
