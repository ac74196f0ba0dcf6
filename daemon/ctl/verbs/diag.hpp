// The verbs of diag.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr column lint_columns[] = {
    {"SEVERITY", "/severity"}, {"LINT", "/lint"}, {"SUBJECT", "/subject"},
    {"PLUGIN", "/plugin"},     {"NAME", "/name"}, {"WHAT", "/sentence"},
};

inline constexpr column slow_columns[] = {
    {"KIND", "/kind"},         {"TOOK", "/seconds", format::seconds},
    {"AT LEAST", "/at_least"}, {"WHAT", "/what"},
    {"PLUGIN", "/plugin"},     {"TASK", "/task"},
    {"WORKER", "/worker"},     {"LOCATION", "/location"},
    {"STACK", "/stack"},
};
inline constexpr column self_columns[] = {
    {"CHECK", "/name"}, {"OK", "/ok"}, {"TOOK", "/seconds", format::seconds}, {"DETAIL", "/detail"}};
inline constexpr sv by_seconds[] = {"seconds"};
inline constexpr sv by_scope[] = {"scope"};
inline constexpr sv by_kind[] = {"kind"};

inline constexpr column doctor_columns[] = {
    {"SEVERITY", "/severity"}, {"FINDING", "/finding"}, {"EVIDENCE", "/evidence"}, {"COMMAND", "/command"}};

inline constexpr auto diag = std::to_array<verb>({
    {"bundle", "diag.bundle"},
    {"doctor", "diag.doctor", {}, "findings", doctor_columns},
    {"lint", "diag.lint", {}, "findings", lint_columns},
    {"profile", "diag.profile", by_seconds},
    {"self-test", "diag.self_test", {}, "checks", self_columns},
    {"slow", "diag.slow", by_kind, "entries", slow_columns},
    {"stacks", "diag.stacks", by_scope},
    {"trace", "diag.trace", by_seconds},
});

}  // namespace tokiod::ctl::rows
