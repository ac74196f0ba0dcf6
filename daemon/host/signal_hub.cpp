#include "host/signal_hub.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <string>

#include "base/policy.hpp"
#include "base/thread_stack.hpp"

namespace tokiod::host::signal_hub {
namespace {

struct line {
  std::atomic<std::uint64_t> count{0};
  std::atomic<int> event{-1};  // -1: nobody has listened yet. Never closed: a handler may be writing to it
  std::atomic<bool> owned{false}, refused{false};
  bool handled = false;                // under the lock
  std::atomic<bool> published{false};  // `before` may be read
  struct sigaction before{};           // the handler that was there
};

// Constant initialisation and no destruction: a handler may run at any time.
constinit std::array<line, NSIG> lines;
constinit std::mutex mutex;  // of whoever opens a line

line& at(int number) { return lines[static_cast<std::size_t>(number)]; }

void call_before(line& of, int number, siginfo_t* info, void* context) {
  if (!of.published.load(acquire)) return;
  if ((of.before.sa_flags & SA_SIGINFO) != 0)
    of.before.sa_sigaction(number, info, context);
  else if (of.before.sa_handler != SIG_DFL && of.before.sa_handler != SIG_IGN)
    of.before.sa_handler(number);
}

void on_signal(int number, siginfo_t* info, void* context) {
  const int saved = errno;
  deliver(number);
  call_before(at(number), number, info, context);
  errno = saved;
}

// The line's eventfd, from the first listener on. Under the lock.
result<int> event_of(int number) {
  line& of = at(number);
  if (const int there = of.event.load(relaxed); there >= 0) return there;
  auto made = make_eventfd();
  if (!made) return std::unexpected(made.error());
  of.event.store(made->get(), release);  // pairs with deliver()
  return made->release();
}

}  // namespace

std::string why_not(int number) {
  const auto text = "signal " + std::to_string(number);
  switch (number) {
    case SIGKILL:
    case SIGSTOP: return text + " cannot be handled";
    case SIGILL:
    case SIGFPE:
    case SIGSEGV: return text + " comes from an error of the code, which a listener does not end";
    default: break;
  }
  if (number < 1 || number > SIGRTMAX)
    return "there is no " + text + "; they are numbered 1 to " + std::to_string(SIGRTMAX);
  if (number > SIGSYS && number < SIGRTMIN) return text + " belongs to the C library";
  if (at(number).refused.load(relaxed))
    return text + " is how this process ends when it is broken; nobody may listen to it";
  if (number == stack_signal()) return text + " asks threads of this process for their stacks; take another one";
  return {};
}

result<unique_fd> listen(int number) {
  const std::lock_guard hold(mutex);
  const auto event = event_of(number);
  if (!event) return std::unexpected(event.error());
  unique_fd copy(::fcntl(*event, F_DUPFD_CLOEXEC, 3));
  if (!copy) return std::unexpected(error::last("fcntl"));
  return copy;
}

result<void> handle(int number) {
  const std::lock_guard hold(mutex);
  line& of = at(number);
  if (of.owned.load(relaxed) || of.handled) return {};
  if (::sigaction(number, nullptr, &of.before) != 0) return std::unexpected(error::last("sigaction"));
  struct sigaction ours{};
  ours.sa_sigaction = on_signal;
  ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  of.published.store(true, release);  // `before`; pairs with on_signal()
  if (::sigaction(number, &ours, nullptr) != 0) return std::unexpected(error::last("sigaction"));
  of.handled = true;
  return {};
}

std::uint64_t count(int number) { return at(number).count.load(acquire); }

void owned_by_program(std::initializer_list<int> numbers) {
  for (const int number : numbers) at(number).owned.store(true, relaxed);
}

void refused_by_program(std::initializer_list<int> numbers) {
  for (const int number : numbers) at(number).refused.store(true, relaxed);
}

void deliver(int number) noexcept {
  line& of = at(number);
  of.count.fetch_add(1, release);  // pairs with count(), whose caller the write wakes
  const int event = of.event.load(acquire);
  const std::uint64_t one = 1;
  if (event >= 0) (void)!::write(event, &one, sizeof one);
}

}  // namespace tokiod::host::signal_hub
