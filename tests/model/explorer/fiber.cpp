#include "explorer/fiber.hpp"

#include <cstdlib>
#include <new>

#if defined(TOKIOD_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>

// A failed execution abandons its fibers with whatever they own, so the leak checker would report by design; the
// explorer counts `tracked` objects itself. Fake stacks cannot follow an abandoned fiber either.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0:detect_stack_use_after_return=0"; }
#endif

namespace tokiod::model {
namespace {

#if defined(TOKIOD_ASAN)
const void* host_stack = nullptr;
std::size_t host_stack_bytes = 0;
#endif

}  // namespace

#if defined(__x86_64__)
// Saves the callee-saved registers on the stack we leave, and restores those of the stack we enter.
extern "C" void tokiod_model_switch(void** save, void* enter);
__asm__(
    ".text\n"
    ".globl tokiod_model_switch\n"
    ".type tokiod_model_switch,@function\n"
    "tokiod_model_switch:\n"
    "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
    "  mov %rsp,(%rdi)\n"
    "  mov %rsi,%rsp\n"
    "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
    "  ret\n"
    ".size tokiod_model_switch,.-tokiod_model_switch\n");
#endif

void fiber::free_stack::operator()(std::byte* p) const { std::free(p); }

void fiber::prepare(entry start) {
  if (!stack_) stack_.reset(static_cast<std::byte*>(std::aligned_alloc(64, stack_bytes)));
  if (!stack_) throw std::bad_alloc();
#if defined(TOKIOD_ASAN)
  __asan_unpoison_memory_region(stack_.get(), stack_bytes);  // red zones of the frames that were abandoned here
#endif
#if defined(__x86_64__)
  auto** top = reinterpret_cast<void**>(stack_.get() + stack_bytes);
  *--top = nullptr;  // the return address of `start`, which keeps the stack aligned as after a call
  *--top = reinterpret_cast<void*>(start);
  for (int saved = 0; saved < 6; ++saved) *--top = nullptr;
  stack_pointer_ = top;
#else
  getcontext(&context_);
  context_.uc_stack.ss_sp = stack_.get();
  context_.uc_stack.ss_size = stack_bytes;
  context_.uc_link = nullptr;
  makecontext(&context_, start, 0);
#endif
}

void fiber::switch_to(fiber& from, fiber& to) {
#if defined(TOKIOD_ASAN)
  void* unused = nullptr;
  if (to.stack_)
    __sanitizer_start_switch_fiber(&unused, to.stack_.get(), stack_bytes);
  else
    __sanitizer_start_switch_fiber(&unused, host_stack, host_stack_bytes);
#endif
#if defined(__x86_64__)
  tokiod_model_switch(&from.stack_pointer_, to.stack_pointer_);
#else
  swapcontext(&from.context_, &to.context_);
#endif
#if defined(TOKIOD_ASAN)
  __sanitizer_finish_switch_fiber(unused, nullptr, nullptr);
#endif
}

void fiber::entered() {
#if defined(TOKIOD_ASAN)
  const void* left = nullptr;
  std::size_t left_bytes = 0;
  __sanitizer_finish_switch_fiber(nullptr, &left, &left_bytes);
  if (host_stack == nullptr) {  // the very first fiber of the process is entered from the host thread
    host_stack = left;
    host_stack_bytes = left_bytes;
  }
#endif
}

}  // namespace tokiod::model
