// What is left of a process that a fault ends: a file that names the signal, whose code it was (instance, plugin, task,
// where that is spawned, worker), and the stack; and a line on standard error. Then the signal takes its course, so
// that a core dump and the service manager see the true one; or that of a fault in the report itself.
//
// The file is `crash/new-<seconds since 1970>-<pid>.json` in the state directory, a JSON object on each line, from what
// is sure to what may fault, too, and is then missing or cut short: the facts; the frames of the stack; the last
// records of the log; what each worker polls at this moment.
//
// Invariant: the handler waits for no lock that it may have interrupted, and allocates nothing; a report stays below
//            100 KiB; of several threads that fault the first one is told of.
//
// Threads:   install [main, before other threads]; threads that are made later have a stack for the handler. Others
//            [any].
// No model: a pointer and a number that the handler reads, which order nothing.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace tokiod {
class runtime;
}

namespace tokiod::app {

// How the line with the log begins.
inline constexpr std::string_view crash_report_log = R"({"log":)";

// An empty directory: only the line is written. Replaces no handler of a sanitizer's for good: it comes next.
void install_crash_report(const std::string& state_directory);

// What a report says beside: the revision of the configuration in force, and what the workers of a runtime do. Null:
// nothing of them, from here on.
void tell_crash_report_revision(std::uint64_t revision);
void tell_crash_report_workers(const runtime* of);

// What systemd's StateDirectory= gave us; empty: none.
[[nodiscard]] std::string state_directory();

}  // namespace tokiod::app
