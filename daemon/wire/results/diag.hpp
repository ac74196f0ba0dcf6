// What diag.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto diag = std::to_array<result_shape>({
    {"diag.bundle", "{path: text, bytes: integer}"},
    {"diag.doctor", "{findings: [doctor_finding], worst: text}"},
    {"diag.lint", "{findings: [lint], more: boolean, listening: boolean, paused: boolean}"},
    {"diag.profile", "{samples: integer, stacks: integer, idle: integer, missing: integer, folded: text}"},
    {"diag.self_test", "{checks: [{name: text, ok: boolean, detail: text, seconds: number}], ok: boolean}"},
    {"diag.slow", "{entries: [slow_entry]}"},
    {"diag.stacks", "{threads: [thread_stack], partial: boolean}"},
    // The events are those of the Chrome trace format.
    {"diag.trace", "{traceEvents: [any], displayTimeUnit: text, otherData: {left_out: integer}}"},
    {"doctor_finding", "{severity: severity, finding: text, evidence: text, command: text}"},
    {"lint",
     "{id: text, lint: text, severity: severity, subject: text, sentence: text, hint: text, since: number, "
     "evidence: {measured: number, unit: text}, threshold: number, task?: text, plugin?: text, name?: text, "
     "location?: text}"},
    {"severity", R"("info" | "warning" | "error")"},
    {"slow_entry",
     "{kind: slow_kind, seconds: number, at_least: boolean, time: number, what: text, plugin?: text, location?: text, "
     "task?: text, stack?: text, worker?: integer}"},
    {"slow_kind", R"("poll" | "control" | "blocking")"},
    {"thread_stack",
     "{tid: integer, thread: text, frames: [{module: text, offset: text, symbol?: text, build_id?: text}], "
     "worker?: integer, state?: worker_state, task?: text, plugin?: text, missing?: text}"},
});

}  // namespace tokiod::wire::results
