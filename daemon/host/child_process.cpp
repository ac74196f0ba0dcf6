#include "host/child_process.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

#include "base/policy.hpp"
#include "host/signal_hub.hpp"

namespace tokiod::host {
namespace {

enum class known_by : int { unknown, descriptor, number };
std::atomic<known_by> known{known_by::unknown};

bool by_number() { return known.load(relaxed) == known_by::number; }

// The C library's header for these does not say that they are functions of C.
int open_pidfd(pid_t pid) { return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)); }

// This process is not its own child: a kernel that waits by descriptors says just that. One that has none, or a sandbox
// that knows no such call, is believed for good; a process without descriptors is asked again.
result<known_by> ask() {
  const unique_fd self(open_pidfd(::getpid()));
  if (!self) {
    const bool none = errno == ENOSYS || errno == EPERM || errno == EINVAL;
    return none ? result<known_by>(known_by::number) : std::unexpected(error::last("pidfd_open"));
  }
  siginfo_t seen{};
  (void)::waitid(P_PIDFD, static_cast<id_t>(self.get()), &seen, WEXITED | WNOHANG);
  return errno == ECHILD ? known_by::descriptor : known_by::number;
}

// There is an eventfd of SIGCHLD that is never closed, and from here on whoever ends is told of.
result<void> hear_of_ends() {
  const auto event = signal_hub::listen(SIGCHLD);
  if (!event) return std::unexpected(event.error());
  return signal_hub::handle(SIGCHLD);
}

}  // namespace

result<void> child_process::prepare() {
  if (known.load(relaxed) != known_by::unknown) return {};
  const auto answer = ask();
  if (!answer) return std::unexpected(answer.error());
  if (*answer == known_by::number)
    if (const auto heard = hear_of_ends(); !heard) return heard;
  known.store(*answer, relaxed);
  return {};
}

result<child_process> child_process::open(pid_t pid) {
  unique_fd event;
  if (by_number()) {
    auto copy = signal_hub::listen(SIGCHLD);
    if (!copy) return std::unexpected(copy.error());
    event = std::move(*copy);
  } else {
    event.reset(open_pidfd(pid));
    if (!event) return std::unexpected(error::last("pidfd_open"));
  }
  child_process made(pid, std::move(event));
  siginfo_t seen{};
  if (made.look(seen, WEXITED | WNOWAIT) != 0) return std::unexpected(error{ESRCH, "waitid"});
  return made;
}

int child_process::look(siginfo_t& seen, int how) const {
  const auto kind = by_number() ? P_PID : P_PIDFD;
  const auto which = static_cast<id_t>(by_number() ? pid_ : event_.get());
  return retry_eintr([&] { return ::waitid(kind, which, &seen, how | WNOHANG); }) == 0 ? 0 : errno;
}

int child_process::send(int signo) const {
  const auto sent =
      by_number() ? ::kill(pid_, signo) : ::syscall(SYS_pidfd_send_signal, event_.get(), signo, nullptr, 0);
  return sent == 0 ? 0 : errno;
}

}  // namespace tokiod::host
