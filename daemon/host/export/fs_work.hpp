// Internal to host/export/fs*.cpp: an operation on files on its way, through the kernel's ring or on a thread of the
// blocking pool. What the ring does not know, has no room for, or lost with the thread that submitted it, is a job.
// Invariant: end() is called once, and is the last thing that touches it; until then the instance counts it as a job.
// Threads:   one at a time: who submits it, then the ring's reaper or a thread of the pool.
#pragma once
#include <memory>
#include <utility>

#include "host/export/fs_calls.hpp"
#include "host/export/fs_ring.hpp"
#include "runtime/blocking/job.hpp"
#include "runtime/uring/operation.hpp"
#include "runtime/uring/ring.hpp"

namespace tokiod::host::fs {

class work final : public blocking::job, private uring::operation {
 public:
  work(std::uint32_t op, call does, blocking::at_stop fate, request what)
      : job(fate, &what.of), run_(does), program_(program_of(op)), what_(std::move(what)) {}

  // ECANCELED, EAGAIN, ENOMEM as the pool says them: then it is the caller's.
  [[nodiscard]] tokiod::result<void> begin();

  // ---- on the pool. What has not begun when the instance is closed is dropped, as the pool does when it stops.
  void run() noexcept override;
  void drop() noexcept override;

 private:
  // ---- in the ring
  void prepare(io_uring_sqe& entry) noexcept override { program_->prepare(what_, *flight_, entry); }
  void complete(int result) noexcept override;

  [[nodiscard]] bool begin_in(uring::ring& ring);
  [[nodiscard]] bool submit_to(uring::ring& ring);
  [[nodiscard]] answer next_step(int result) noexcept;
  void go_to_pool() noexcept;
  [[nodiscard]] tokio_res call_now() noexcept;
  void end(tokio_res result) noexcept;

  const call run_;
  const program* const program_;  // null: the ring does not do it
  request what_;
  std::unique_ptr<flight> flight_;
};

}  // namespace tokiod::host::fs
