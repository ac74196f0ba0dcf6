#include "runtime/uring/ring.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/fd.hpp"

namespace tokiod::uring {
namespace {

// Each operation may be answered, and a request to end it, too; and one that does nothing for each that was refused.
constexpr std::uint32_t room_for_answers = 4 * ring::most_in_flight;
constexpr std::uint32_t needed_features = IORING_FEAT_NODROP | IORING_FEAT_RW_CUR_POS | IORING_FEAT_SUBMIT_STABLE;

}  // namespace

result<std::unique_ptr<ring>> ring::create() {
  std::unique_ptr<ring> made(new ring);
  io_uring_params params{};
  params.flags = IORING_SETUP_CQSIZE;
  params.cq_entries = room_for_answers;
  if (const int failed = io_uring_queue_init_params(most_in_flight, &made->kernel_, &params); failed < 0)
    return std::unexpected(error{-failed, "io_uring_setup"});
  made->made_ = true;
  if ((params.features & needed_features) != needed_features) return std::unexpected(error{ENOTSUP, "io_uring_setup"});
  made->offered_.reset(io_uring_get_probe_ring(&made->kernel_));
  if (made->offered_ == nullptr) return std::unexpected(error{ENOTSUP, "io_uring_register"});
  return made;
}

ring::~ring() {
  if (made_) io_uring_queue_exit(&kernel_);
}

std::uint64_t ring::submitted() const {
  const std::lock_guard hold(lock_);
  return submitted_;
}

// The entries that were prepared. False: the kernel did not take the last one. What is read of a refused entry later
// does nothing. [under lock_]
bool ring::enter() {
  int entered = 0;
  do entered = io_uring_submit(&kernel_);
  while (entered == -EINTR);
  return io_uring_sq_ready(&kernel_) == 0;
}

result<void> ring::submit(operation& work, const void* whose, at_stop fate) {
  const std::lock_guard hold(lock_);
  if (closed_) return std::unexpected(error{ECANCELED, "io_uring_enter"});
  if (io_uring_sq_ready(&kernel_) != 0 && !enter()) return std::unexpected(error{EBUSY, "io_uring_enter"});
  io_uring_sqe* const entry =
      unanswered_ < 2 * most_in_flight && in_flight() < most_in_flight ? io_uring_get_sqe(&kernel_) : nullptr;
  if (entry == nullptr) return std::unexpected(error{EBUSY, "io_uring_enter"});
  work.whose_ = whose;
  work.fate_ = fate;
  work.cancelled_ = false;
  work.prepare(*entry);
  io_uring_sqe_set_data(entry, &work);
  ++unanswered_;
  if (!enter()) {
    io_uring_prep_nop(entry);
    io_uring_sqe_set_data(entry, nullptr);
    return std::unexpected(error{EBUSY, "io_uring_enter"});
  }
  flying_.push_back(work);
  ++submitted_;
  in_flight_.fetch_add(1, relaxed);  // under the lock; who reads it meanwhile asks again
  return {};
}

std::size_t ring::take(answers& into) {
  const std::lock_guard hold(lock_);
  std::array<io_uring_cqe*, answers_at_once> seen;
  const unsigned count = io_uring_peek_batch_cqe(&kernel_, seen.data(), answers_at_once);
  std::size_t taken = 0;
  for (unsigned i = 0; i < count; ++i) {
    auto* const work = static_cast<operation*>(io_uring_cqe_get_data(seen[i]));
    if (work == nullptr) continue;  // the answer to a request to end one, or to one that was refused
    flying_.remove(*work);
    into[taken++] = {work, seen[i]->res};
  }
  io_uring_cq_advance(&kernel_, count);
  unanswered_ -= count;
  return taken;
}

std::uint32_t ring::reap() {
  std::uint32_t all = 0;
  answers got;
  while (const std::size_t count = take(got)) {
    for (std::size_t i = 0; i < count; ++i) {
      got[i].work->complete(got[i].result);
      in_flight_.fetch_sub(1, release);  // behind what it woke, and behind what it submitted next
    }
    all += static_cast<std::uint32_t>(count);
  }
  return all;
}

// [under lock_]
void ring::ask_to_end(operation& work) {
  io_uring_sqe* const entry = io_uring_get_sqe(&kernel_);
  if (entry == nullptr) return;  // the queue still holds what the kernel did not take: the next round asks again
  io_uring_prep_cancel(entry, &work, 0);
  io_uring_sqe_set_data(entry, nullptr);
  ++unanswered_;
  work.cancelled_ = true;
  (void)enter();  // what is not taken now goes with the next one
}

template <class Wanted>
void ring::cancel_if(Wanted wanted) {
  for (operation* one = flying_.front(); one != nullptr; one = flying_.next(*one))
    if (one->fate_ == at_stop::cancel && !one->cancelled_ && wanted(*one)) ask_to_end(*one);
}

void ring::cancel_of(const void* whose) {
  const std::lock_guard hold(lock_);
  cancel_if([whose](const operation& one) { return one.whose_ == whose; });
}

bool ring::try_stop(instant_ns deadline) {
  for (;;) {
    {
      const std::lock_guard hold(lock_);
      closed_ = true;
      cancel_if([](const operation&) { return true; });
    }
    (void)reap();
    if (in_flight() == 0) return true;
    if (steady_clock().now() >= deadline) return false;
    pollfd answered{pollable(), POLLIN, 0};
    (void)::poll(&answered, 1, 1);  // a worker may take the answers: then there is nothing to see here but the count
  }
}

}  // namespace tokiod::uring
