// A child of this process that nobody has reaped: by its descriptor, or where the kernel has no descriptors of
// processes by its number, its end announced by SIGCHLD as by any other listener's signal (signal_hub.hpp). Invariant:
// by its descriptor nothing ever meets another process. A number belongs to the child until somebody reaps
//            it: so it is used under the lock of whoever may reap it, and never after that. Only children that were
//            opened are reaped, one by one, never "any child": the others are somebody else's.
// Threads:   prepare, open [any]; a value belongs to one thread at a time.
// No model:  one word that is written once, with what a kernel answers always alike.
#pragma once
#include <sys/types.h>
#include <sys/wait.h>

#include <utility>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace tokiod::host {

class child_process {
 public:
  child_process() = default;  // none
  child_process(pid_t pid, unique_fd event) : pid_(pid), event_(std::move(event)) {}

  // Before a child is made, so that its end is not missed. EMFILE.
  [[nodiscard]] static result<void> prepare();
  // `pid` was made by this process just now, after prepare(). ESRCH: it may be gone already, and its number another's,
  // because the program reaps every child, or has said that nobody waits for them (SIGCHLD is ignored). EMFILE.
  [[nodiscard]] static result<child_process> open(pid_t pid);

  [[nodiscard]] explicit operator bool() const { return static_cast<bool>(event_); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Readable once more whenever the child may have ended; it is never read, so it is watched edge-triggered.
  [[nodiscard]] int event() const { return event_.get(); }
  [[nodiscard]] int release() { return event_.release(); }
  // As waitid(), which reaps unless `how` has WNOWAIT, but it never waits: 0, or an errno. No number in `seen`: the
  // child runs, or its end is held back (a debugger has it).
  [[nodiscard]] int look(siginfo_t& seen, int how = WEXITED) const;
  [[nodiscard]] int send(int signo) const;  // 0, or an errno

 private:
  pid_t pid_ = 0;
  unique_fd event_;
};

}  // namespace tokiod::host
