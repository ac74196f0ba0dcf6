// Which programs the daemon becomes when it is told to: only such as nobody but the administrator, or the daemon's own
// user, can have put there.
// Invariant: the file and every folder above it belong to root or to us, and nobody else may write to them; a folder of
//            root's in which everybody keeps his own (the sticky bit) is one too.
// Threads:   pure functions of the file system.
#pragma once
#include <string>

#include "base/error.hpp"

namespace tokiod::app {

// What this process runs; the path of what took its place when the file was replaced since.
[[nodiscard]] outcome<std::string> own_program();

// Its path without symbolic links. Fails: not_trusted, with who could write where; not_found.
[[nodiscard]] outcome<std::string> trusted_program(const std::string& path);

}  // namespace tokiod::app
