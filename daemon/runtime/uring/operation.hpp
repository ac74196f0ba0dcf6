// One piece of work for the kernel's ring: what it asks for, and what becomes of the answer.
// Invariant: of an operation that submit() took, complete() is called once; the ring does not touch it after that call
//            began, so it may free itself or be submitted again. What the entry points to stays where it is until then.
// Threads:   prepare [who submits, under the ring's lock: nothing that waits]; complete [any, under no lock].
#pragma once
#include "base/intrusive_list.hpp"

struct io_uring_sqe;

namespace tokiod::uring {

// What a ring that stops, or ends what is somebody's, does with an operation that is in flight.
enum class at_stop : bool { cancel, keep };

class operation : public list_node<operation> {
 public:
  virtual void prepare(io_uring_sqe& entry) noexcept = 0;
  virtual void complete(int result) noexcept = 0;  // as the system call, or a negative errno

 protected:
  ~operation() = default;
  // The ring was told to end it; it may have ended by itself before. [complete]
  [[nodiscard]] bool was_cancelled() const { return cancelled_; }

 private:
  friend class ring;
  const void* whose_ = nullptr;
  at_stop fate_ = at_stop::cancel;
  bool cancelled_ = false;
};

}  // namespace tokiod::uring
