#include "host/export/fs_work.hpp"

#include <unistd.h>

#include <cerrno>
#include <new>

#include "host/export/blocking.hpp"

namespace tokiod::host::fs {

tokiod::result<void> work::begin() {
  const auto back = what_.asked.arg;
  if (program_ != nullptr)
    if (uring::ring* const ring = what_.of.rt.files())
      if (begin_in(*ring)) return {};
  const auto submitted = what_.of.rt.submit(*this);
  if (!submitted && what_.asked.arg != back)  // nothing has happened
    (void)::lseek(what_.file->descriptor(), static_cast<off_t>(back), SEEK_CUR);
  return submitted;
}

// False: nothing has happened, but that the position may have gone back to where it was asked to.
bool work::begin_in(uring::ring& ring) {
  if (!ring.supports(program_->opcode)) return false;
  flight_.reset(new (std::nothrow) flight);
  if (flight_ != nullptr && program_->begin(what_, *flight_) && submit_to(ring)) return true;
  flight_.reset();
  return false;
}

bool work::submit_to(uring::ring& ring) {
  const auto fate = mandatory() ? uring::at_stop::keep : uring::at_stop::cancel;
  return ring.submit(*this, &what_.of, fate).has_value();
}

answer work::next_step(int result) noexcept try {
  return program_->step(what_, *flight_, result);
} catch (const std::bad_alloc&) {
  return TOKIO_ENOMEM;
}

// EINTR is also what an operation says that was ended in its middle. ECANCELED that nobody asked for: the kernel ends
// what waits for a thread of its own when the thread that submitted it ends.
void work::complete(int result) noexcept {
  const bool ended = result == -ECANCELED || result == -EINTR;
  if (ended && was_cancelled()) return drop();
  if (result == -ECANCELED) return go_to_pool();
  if (result != -EINTR)
    if (const auto over = next_step(result)) return *over == to_a_job ? go_to_pool() : end(*over);
  if (was_cancelled()) return drop();
  if (!submit_to(*what_.of.rt.files())) go_to_pool();
}

// From its beginning, but for what a write has written. A promise is kept also where no thread can be had for it.
void work::go_to_pool() noexcept {
  program_->give_up(what_);
  flight_.reset();
  const sched::host_entry inside;
  const auto submitted = what_.of.rt.submit(*this);
  if (submitted) return;
  if (mandatory()) return end(call_now());
  end(submitted.error().code == ECANCELED ? TOKIO_ECANCELED : -submitted.error().code);
}

void work::run() noexcept {
  if (!mandatory() && what_.of.owner.closed()) return drop();
  const instant_ns begun = what_.of.rt.now();
  const auto result = call_now();
  charge_job(what_.of, begun);
  end(result);
}

void work::drop() noexcept {
  if (flight_ != nullptr) program_->give_up(what_);  // half a result is none
  end(TOKIO_ECANCELED);
}

tokio_res work::call_now() noexcept try { return run_(what_); } catch (const std::bad_alloc&) {
  return TOKIO_ENOMEM;
}

// Who waits finds the file free, and the place. The instance is there until its jobs are none.
void work::end(tokio_res result) noexcept {
  tokio_plugin& of = what_.of;
  auto out = std::move(what_.out);
  if (auto used = std::move(what_.file)) used->at_work.fetch_sub(1, release);  // pairs with the acquire in release()
  delete this;
  out->result = result;
  of.give_job_place();
  wake_if_any(out->done.finish());
  out.reset();  // with what nobody took
  of.book.add(-1, entry::jobs, -1);
}

}  // namespace tokiod::host::fs
