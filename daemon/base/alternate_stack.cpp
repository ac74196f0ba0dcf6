#include "base/alternate_stack.hpp"

#include <pthread.h>
#include <sys/mman.h>

#include <atomic>
#include <csignal>

namespace tokiod {
namespace {

constexpr std::size_t size = 128 * 1024;  // the unwinder's tables and a report; untouched pages cost nothing

// No model: rises once, before those who read it are made.
constinit std::atomic<bool> wanted_by_all{false};

bool has_one() {
  stack_t now{};
  return ::sigaltstack(nullptr, &now) == 0 && (now.ss_flags & SS_DISABLE) == 0;
}

}  // namespace

void alternate_stack::want() { wanted_by_all.store(true, std::memory_order_relaxed); }

alternate_stack::alternate_stack() {
  if (!wanted_by_all.load(std::memory_order_relaxed)) return;
  sigset_t faults;
  ::sigemptyset(&faults);
  // A fault whose signal is blocked ends the process without a word.
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS}) ::sigaddset(&faults, number);
  ::pthread_sigmask(SIG_UNBLOCK, &faults, nullptr);
  if (has_one()) return;  // a sanitizer's
  void* const at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (at == MAP_FAILED) return;  // then a stack that is full ends the process without a report
  const stack_t ours{.ss_sp = at, .ss_flags = 0, .ss_size = size};
  ::sigaltstack(&ours, nullptr);
  at_ = at;
}

alternate_stack::~alternate_stack() {
  if (at_ == nullptr) return;
  const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
  ::sigaltstack(&none, nullptr);
  ::munmap(at_, size);
}

}  // namespace tokiod
