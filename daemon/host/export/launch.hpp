// Internal to host/export: how a child process comes to be. Everything that needs memory is made before the child is;
// the child itself makes only system calls, because it is one thread of a program with many.
// Invariant: launch() returns when the program runs or nothing of the child is left. The child has no signal blocked
//            and none ignored or handled, and no descriptor but 0, 1 and 2 unless pre_exec let one through.
// Threads:   [any]; the calling thread waits until the program has been loaded.
#pragma once
#include <sys/types.h>

#include <array>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "host/child_process.hpp"
#include "tokio/abi/process.h"

namespace tokiod::host {

struct launch_plan {
  std::vector<std::string> arguments, environment;  // as they are for the child
  std::vector<std::string> programs;                // tried in this order
  std::string directory;                            // empty: this process's
  std::array<unique_fd, 3> stdio;                   // none: this process's. Numbers above 2, so that none hides another
  std::optional<uid_t> user;
  std::optional<gid_t> group;
  std::optional<std::vector<gid_t>> groups;
  std::optional<pid_t> process_group;
  int32_t (*pre_exec)(void*) TOKIO_NOEXCEPT = nullptr;
  void* pre_exec_user = nullptr;
};

// What went wrong where: "exec of /bin/nothing: No such file or directory".
struct launch_failure {
  int code = 0;
  std::string sentence;
  bool in_child = false;
};

// Where `program` may be, by the PATH of that environment.
[[nodiscard]] std::vector<std::string> places_of(const std::string& program,
                                                 const std::vector<std::string>& environment);
// `report` is a pipe for what the child says. After child_process::prepare().
[[nodiscard]] std::expected<child_process, launch_failure> launch(const launch_plan& plan, unique_fd report_from,
                                                                  unique_fd report_to);

}  // namespace tokiod::host
