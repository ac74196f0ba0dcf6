// The kernel's ring for work on files: submitted at once, reaped by whoever turns the reactor that watches it.
// One ring for a runtime and one lock around it: what it saves is a thread for each call that waits, and the way to
// that thread and back.
// Invariant: no more is in flight than the kernel has room to answer for, so that no answer overflows. An entry that
// the
//            kernel did not take is made into one that does nothing, and its operation is the caller's again.
// Threads:   any. The lock is held during the system call that submits, which may copy what is in the page cache, and
//            never while an operation is completed.
// No model: the words that are shared with the kernel are the library's; ours are under the lock, but for a count.
#pragma once
#include <liburing.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/policy.hpp"
#include "runtime/uring/operation.hpp"

namespace tokiod::uring {

class ring {
 public:
  static constexpr std::uint32_t most_in_flight = 256;

  // ENOSYS, EPERM: the kernel has none, or none for us; ENOTSUP: it is too old for what we need. EMFILE, ENFILE,
  // ENOMEM.
  [[nodiscard]] static result<std::unique_ptr<ring>> create();
  ring(const ring&) = delete;
  ring& operator=(const ring&) = delete;
  ~ring();  // nothing is in flight

  [[nodiscard]] bool supports(int opcode) const { return io_uring_opcode_supported(offered_.get(), opcode) != 0; }
  // A descriptor that is readable while there is something to reap.
  [[nodiscard]] int pollable() const { return kernel_.ring_fd; }

  // EBUSY: too many are in flight, or the kernel takes no more just now. ECANCELED: the ring has stopped. The operation
  // is the caller's then.
  [[nodiscard]] result<void> submit(operation& work, const void* whose, at_stop fate);

  // Completes what has ended. Returns how many there were.
  std::uint32_t reap();

  // Ends what is somebody's, as far as it may be ended; what is in the middle of it ends by itself.
  void cancel_of(const void* whose);

  // Takes no more, ends what may be ended, and waits for all. False: some are still in flight at `deadline`
  // (CLOCK_MONOTONIC); it may be asked again.
  [[nodiscard]] bool try_stop(instant_ns deadline);

  // Submitted, and complete() has not returned. Acquire pairs with the release behind complete().
  [[nodiscard]] std::uint32_t in_flight() const { return in_flight_.load(acquire); }
  [[nodiscard]] std::uint64_t submitted() const;

 private:
  struct free_probe {
    void operator()(io_uring_probe* one) const { io_uring_free_probe(one); }
  };
  struct answer {
    operation* work;
    int result;
  };
  static constexpr std::size_t answers_at_once = 32;
  using answers = std::array<answer, answers_at_once>;

  ring() = default;
  [[nodiscard]] bool enter();
  void ask_to_end(operation& work);
  template <class Wanted>
  void cancel_if(Wanted wanted);
  [[nodiscard]] std::size_t take(answers& into);

  mutable std::mutex lock_;
  io_uring kernel_{};  // under lock_, but for its descriptor
  bool made_ = false;
  std::unique_ptr<io_uring_probe, free_probe> offered_;
  intrusive_list<operation, operation> flying_;  // under lock_
  std::uint32_t unanswered_ = 0;                 // entries that the kernel has taken; under lock_
  std::uint64_t submitted_ = 0;                  // under lock_
  bool closed_ = false;                          // under lock_
  std::atomic<std::uint32_t> in_flight_{0};
};

}  // namespace tokiod::uring
