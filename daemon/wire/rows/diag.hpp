// The rows of diag.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr param lint_params[] = {{"limit", integer, false, "at most this many", "1000", 1, 1000}};

inline constexpr sv stack_scopes[] = {"workers", "all_threads"};
inline constexpr param stacks_params[] = {
    {"scope", text, false, "whose stacks", "\"workers\"", 0, 16, stack_scopes},
    {"worker", integer, false, "only the thread of this worker", "", 0, 1023},
    {"timeout_ms", integer, false, "how long a thread may take to answer", "1000", 1, 5000},
};
inline constexpr sv slow_kinds[] = {"poll", "control", "blocking"};
inline constexpr param slow_params[] = {
    {"kind", text, false, "only of this kind", "", 0, 16, slow_kinds},
    {"reset", boolean, false, "begin anew afterwards; needs the level operate", "false"},
};

inline constexpr param profile_params[] = {
    {"seconds", number, false, "how long", "5", 0.01, 60},
    {"hz", integer, false, "how often in a second", "99", 1, 500},
    wait,
    patience_s,
};
inline constexpr param trace_params[] = {
    {"seconds", number, false, "how long", "1", 0.01, 60},
    {"max_events", integer, false, "the newest so many are told", "10000", 1, 20'000},
    wait,
    patience_s,
};
inline constexpr param only_waiting[] = {wait, patience_s};
inline constexpr kind e_bundle[] = {kind::busy, kind::unsupported, kind::io_error};
inline constexpr kind e_busy[] = {kind::busy};

inline constexpr auto diag = std::to_array<method>({
    {"diag.bundle", level::admin, always, only_waiting,
     "Keeps one archive of everything that helps to find a fault, without secrets, in the state directory",
     "{path, bytes}", e_bundle, "{}"},
    {"diag.doctor",
     level::observe,
     always,
     {},
     "What is wrong, in sentences: what lints, checks and numbers say together, the worst first",
     "{findings:[{severity, finding, evidence, command}], worst}",
     {},
     "{}"},
    {"diag.lint",
     level::observe,
     always,
     lint_params,
     "What looks wrong with the runtime, and with the tasks that somebody listens to; the worst first",
     "{findings:[{id, lint, severity, subject, sentence, hint, since, evidence, threshold, task?, plugin?, name?, "
     "location?}], more, listening, paused}",
     {},
     "{}"},
    {"diag.profile", level::operate, always, profile_params,
     "Where workers spend their time: their stacks, asked for so many times a second, folded for a flame graph",
     "{samples, stacks, idle, missing, folded}", e_busy, R"({"seconds":0.05,"hz":50})"},
    {"diag.self_test", level::operate, always, only_waiting, "Uses each part of the daemon, and says which do not work",
     "{checks:[{name, ok, detail, seconds}], ok}", e_busy, "{}"},
    {"diag.slow",
     level::observe,
     always,
     slow_params,
     "The slowest polls, control calls and blocking jobs since the start, or since the last reset",
     "{entries:[{kind, seconds, at_least, time, what, plugin?, location?, task?, worker?, stack?}]}",
     {},
     R"({"kind":"control"})"},
    {"diag.stacks", level::operate, always, stacks_params,
     "What threads do now: each writes down its own call stack when a signal asks for it",
     "{threads:[{tid, thread, worker?, state?, task?, plugin?, frames:[{module, offset, symbol?, build_id?}], "
     "missing?}], "
     "partial}",
     e_found, R"({"timeout_ms":200})"},
    {"diag.trace", level::operate, always, trace_params,
     "What the scheduler does for some seconds, in the Chrome trace format: polls, sleeps, wakes, thefts and takeovers",
     "{traceEvents, displayTimeUnit, otherData:{left_out}}", e_busy, R"({"seconds":0.05})"},
});

}  // namespace tokiod::wire::rows
