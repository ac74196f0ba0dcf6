// One call that may block: run by a thread of the pool, or dropped.
// Invariant: of a job that submit() took, exactly one of run() and drop() is called, once; the pool does not touch the
// job
//            after that call began, so it may free itself.
// Threads:   run [a pool thread]; drop [who cancels it, or stops the pool].
#pragma once
#include <cstdint>

#include "base/clock.hpp"
#include "base/intrusive_list.hpp"

namespace tokiod::blocking {

// What becomes of a job that has not started when the pool stops.
enum class at_stop : std::uint8_t {
  drop,
  run,  // mandatory: a write that was promised
};

class job : public list_node<> {
 public:
  // `of`: whose it is, for drop_jobs_of(); null: nobody's.
  explicit job(at_stop fate, const void* of = nullptr) : fate_(fate), of_(of) {}
  virtual void run() noexcept = 0;
  virtual void drop() noexcept = 0;  // instead of run()
  [[nodiscard]] bool mandatory() const { return fate_ == at_stop::run; }
  [[nodiscard]] const void* of() const { return of_; }
  std::uint64_t ticket = 0;     // the pool's, while the job is queued
  instant_ns queued_at = 0;     // the same
  const void* whose = nullptr;  // for those who look: on whose behalf, set before it is submitted

 protected:
  ~job() = default;

 private:
  at_stop fate_;
  const void* of_;
};

}  // namespace tokiod::blocking
