// What is left of a process that a fault ends: a file that names the signal, whose code it was (instance, plugin, task,
// where that is spawned, worker), and the stack; and a line on standard error. Then the signal takes its course, so
// that a core dump and the service manager see the true one. The file is `crash/new-<seconds since 1970>-<pid>.json` in
// the state directory: a JSON object on its first line, the frames in another on its second, which is missing where the
// walk over the stack faulted, too. Invariant: the handler takes no lock and allocates nothing; of several threads that
// fault the first one is told of. Threads:   install [main, before other threads]; threads that are made later have a
// stack for the handler.
#pragma once
#include <string>

namespace tokiod::app {

// An empty directory: only the line is written. Replaces no handler of a sanitizer's for good: it comes next.
void install_crash_report(const std::string& state_directory);

// What systemd's StateDirectory= gave us; empty: none.
[[nodiscard]] std::string state_directory();

}  // namespace tokiod::app
