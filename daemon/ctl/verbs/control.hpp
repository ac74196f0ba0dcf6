// The verbs of control.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr auto control = std::to_array<verb>({
    {"ping", "control.ping"},
    {"whoami", "control.whoami"},
});

}  // namespace tokiod::ctl::rows
