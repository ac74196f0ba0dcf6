// Users and groups by name, as the system knows them. That a name is unknown and that it could not be looked up are two
// different answers: a rule must not vanish because a file could not be opened.
// Threads: [any].
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

#include "base/error.hpp"

namespace tokiod {

// Nothing: there is no such name. Fails: io_error.
[[nodiscard]] outcome<std::optional<uid_t>> uid_named(const std::string& name);
[[nodiscard]] outcome<std::optional<gid_t>> gid_named(const std::string& name);

}  // namespace tokiod
