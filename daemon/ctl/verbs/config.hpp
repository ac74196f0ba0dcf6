// The verbs of config.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr sv by_document[] = {"document"};
inline constexpr column problem_columns[] = {
    {"WHERE", "/source"}, {"PATH", "/path"}, {"KIND", "/kind"}, {"PROBLEM", "/message"}, {"HINT", "/hint"}};

inline constexpr auto config = std::to_array<verb>({
    {"config check", "config.check", by_document, "problems", problem_columns},
    {"config get", "config.get", by_path},
    {"config reload", "config.reload"},
    {"config schema", "config.schema", by_path},
});

}  // namespace tokiod::ctl::rows
