// A stack that runs a function and can be left and entered again: what a model thread is.
// Invariant: exactly one fiber, or the host thread, runs at a time; a fiber may be abandoned at any switch and started
//            anew on the same stack (its objects are then never destroyed: a failed execution ends so).
// Threads:   one.
#pragma once
#include <cstddef>
#include <memory>

#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace tokiod::model {

class fiber {
 public:
  using entry = void (*)();  // never returns: it ends by a switch

  // Prepares a fresh run of `start`; the next switch_to() this fiber enters it.
  void prepare(entry start);

  // Leaves `from` and continues `to`. A default-constructed fiber that was never prepared stands for the host thread.
  static void switch_to(fiber& from, fiber& to);

  static void entered();  // the first statement of every entry

 private:
  static constexpr std::size_t stack_bytes = 128 * 1024;
  struct free_stack {
    void operator()(std::byte* p) const;
  };

  std::unique_ptr<std::byte, free_stack> stack_;
#if defined(__x86_64__)
  void* stack_pointer_ = nullptr;
#else
  ucontext_t context_{};
#endif
};

}  // namespace tokiod::model
