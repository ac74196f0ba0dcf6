// The verbs of diag.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr column lint_columns[] = {
    {"LINT", "/lint"}, {"TASK", "/task"}, {"PLUGIN", "/plugin"}, {"NAME", "/name"}, {"WHAT", "/sentence"},
};

inline constexpr auto diag = std::to_array<verb>({
    {"lint", "diag.lint", {}, "findings", lint_columns},
});

}  // namespace tokiod::ctl::rows
