// tokio.workers/1: the number of worker threads. It is changed on a thread made for it: a worker must not wait for
// itself, and a job of the pool would hold up a rotation of the threads, which in turn holds up the change.
#include <algorithm>
#include <memory>

#include "base/log.hpp"
#include "base/os_thread.hpp"
#include "host/export/common.hpp"
#include "host/export/operation.hpp"
#include "host/export/tables.hpp"

namespace tokiod::host {
namespace {

constexpr duration_ns longest_wait = 60 * second;  // meanwhile nobody else changes workers or replaces threads

tokio_status status_of(kind why) {
  switch (why) {
    case kind::timeout: return TOKIO_ETIMEDOUT;
    case kind::wrong_state:
    case kind::cancelled: return TOKIO_ESHUTDOWN;
    case kind::unsupported: return TOKIO_ENOTSUP;
    default: return TOKIO_EIO;
  }
}

tokio_res resize_now(tokio_plugin& p, std::uint32_t workers, duration_ns timeout) noexcept try {
  const auto before = p.events.resize(p, workers, timeout);
  if (before) return *before;
  if (!p.is_closed())
    log::warn(p.log_target, "cannot have another number of workers",
              {{"workers", workers}, {"why", before.error().sentence}});
  return status_of(before.error().why);
} catch (const std::bad_alloc&) {
  return TOKIO_ENOMEM;
}

// [a thread of its own] The instance stays, because it is counted as a job, until the last line.
void run(tokio_plugin& p, operation& work, std::uint32_t workers, duration_ns timeout) noexcept {
  work.result = resize_now(p, workers, timeout);
  p.end_resize();
  wake_if_any(work.done.finish());
  p.book.add(-1, entry::jobs, -1);
}

tokio_status check(tokio_plugin* p, std::uint32_t workers, tokio_op** out) {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "resize: a null pointer");
  if (!p->may_resize)
    return fail(TOKIO_EPERM, "instance ", p->instance,
                " may not change the number of workers: may_resize is not set in its configuration");
  if (const auto status = refused_new(*p); status != TOKIO_OK) return status;
  if (const auto fits = sched::engine::check_workers(workers); !fits) return fail(TOKIO_EINVAL, fits.error().sentence);
  if (p->rt.engine().with.kind == flavor::current_thread)
    return fail(TOKIO_ENOTSUP, "the flavor current_thread has exactly one worker, which cannot be changed");
  return TOKIO_OK;
}

// `work` has its handle. The caller gives back what it has taken when there is no thread.
result<void> start(tokio_plugin& p, std::shared_ptr<operation> work, std::uint32_t workers,
                   duration_ns timeout) noexcept try {
  auto started = os_thread::start({.name = "tokio-resize"},
                                  [&p, work = std::move(work), workers, timeout] { run(p, *work, workers, timeout); });
  if (!started) return std::unexpected(started.error());
  started->detach();
  return {};
} catch (const std::bad_alloc&) {
  return std::unexpected(error{ENOMEM, "pthread_create"});
}

tokio_status resize(tokio_plugin* p, std::uint32_t workers, std::uint64_t wait_ns, tokio_op** out) noexcept try {
  if (const auto status = check(p, workers, out); status != TOKIO_OK) return status;
  const auto work = std::make_shared<operation>();
  if (!p->begin_resize()) return fail(TOKIO_EBUSY, "instance ", p->instance, " changes the number of workers already");
  tokio_op* made = nullptr;
  if (const auto status = new_op(*p, work, &made); status != TOKIO_OK) {
    p->end_resize();
    return status;
  }
  p->book.add(-1, entry::jobs, 1);  // the shared line: whether jobs are left must be one number, not a sum
  if (const auto started = start(*p, work, workers, std::min<duration_ns>(wait_ns, longest_wait)); !started) {
    p->book.add(-1, entry::jobs, -1);
    drop_op(*made, *p);
    p->end_resize();
    return fail(started.error());
  }
  *out = made;
  return TOKIO_OK;
} catch (const std::bad_alloc&) {
  return fail(TOKIO_ENOMEM, "no memory for another number of workers");
}

}  // namespace

const tokio_workers_ext workers_table = {.size = sizeof(tokio_workers_ext), .flags = 0, .resize = resize};

}  // namespace tokiod::host
