// tokio.blocking/1: a plugin's jobs on the blocking pool, and its stretches that may block where they are. The pool and
// the plugin's handle each hold a job; the last one frees it.
#include "host/export/blocking.hpp"

#include <new>
#include <string>
#include <utility>

#include "host/completion.hpp"
#include "host/export/common.hpp"
#include "host/export/tables.hpp"
#include "host/texts.hpp"
#include "host/trace/slow_log.hpp"
#include "host/trace/traced_task.hpp"
#include "runtime/blocking/job.hpp"

namespace tokiod::host {

class plugin_job final : public blocking::job {
 public:
  plugin_job(tokio_plugin& p, const tokio_job_desc& d, std::uint32_t holders)
      : job((d.flags & TOKIO_JOB_MANDATORY) != 0 ? blocking::at_stop::run : blocking::at_stop::drop),
        of_(p),
        user_(d.user),
        run_(d.run),
        drop_(d.drop),
        made_at_(d.made_at),
        traced_(trace::on() ? trace::job_born(p, view(d.name), d.made_at) : 0),
        holders_(holders) {
    whose = &p;
  }
  ~plugin_job() {
    if (traced_ != 0) trace::job_unborn(traced_);  // it was refused
  }

  void run() noexcept override {
    const instant_ns begun = of_.rt.now();
    {
      const told_run told(traced_);
      const call_scope scope(of_);
      value = run_(user_);
    }
    if (const duration_ns lasted = of_.rt.now() - begun; trace::slow_jobs().takes(lasted)) [[unlikely]]
      tell_slow(lasted);
    drop_user();
    charge_job(of_, begun);
    end(TOKIO_OK);
  }
  void drop() noexcept override {
    if (traced_ != 0) trace::job_ends(std::exchange(traced_, 0), 0, false);
    drop_user();
    end(TOKIO_ECANCELED);
  }

  // Release and acquire: what the other holder did comes before the end.
  void let_go() noexcept {
    if (holders_.fetch_sub(1, acq_rel) == 1) delete this;
  }

  completion done;
  tokio_res status = TOKIO_OK;  // both written before done.finish()
  std::int64_t value = 0;

 private:
  // Around the call, for whoever listens.
  struct told_run {
    explicit told_run(task::task_id& job) : of(job) {
      if (of == 0) return;
      begun = steady_clock().now();
      trace::job_begins(of, begun);
    }
    told_run(const told_run&) = delete;
    ~told_run() {
      if (of != 0) trace::job_ends(std::exchange(of, 0), begun, true);
    }
    task::task_id& of;
    instant_ns begun = 0;
  };

  [[gnu::cold]] void tell_slow(duration_ns lasted) noexcept try {
    const std::string file = text_of(made_at_.file);
    trace::slow_entry slow;
    slow.lasted = lasted;
    slow.wall_ns = wall_clock_ns();
    slow.what = text_of(made_at_.function);
    slow.instance = of_.instance;
    if (!file.empty()) slow.location = file + ":" + std::to_string(made_at_.line);
    trace::slow_jobs().add(std::move(slow));
  } catch (const std::bad_alloc&) {
    // Then nobody hears of this one.
  }
  // Before the waiter hears, so that what it frees is free then.
  void drop_user() noexcept {
    if (drop_ == nullptr) return;
    const call_scope scope(of_);
    drop_(user_);
  }
  void end(tokio_res how) noexcept {
    of_.give_job_place();
    status = how;
    wake_if_any(done.finish());
    of_.book.add(-1, entry::jobs, -1);
    let_go();
  }

  tokio_plugin& of_;
  void* const user_;
  std::int64_t (*const run_)(void*) TOKIO_NOEXCEPT;
  void (*const drop_)(void*) TOKIO_NOEXCEPT;
  const tokio_place made_at_;
  task::task_id traced_;  // 0: nobody listens to it, or it has been told
  // No model: two holders count down to the end, with release and acquire.
  std::atomic<std::uint32_t> holders_;
};

namespace {

// Consume-always: whatever is refused has been dropped.
tokio_status refuse_job(const tokio_job_desc& d, tokio_status status) {
  if (d.drop != nullptr) d.drop(d.user);
  return status;
}

tokio_status submit(tokio_plugin& p, const tokio_job_desc& d, tokio_job** out) noexcept {
  const sched::host_entry inside;
  auto* job = new (std::nothrow) plugin_job(p, d, out != nullptr ? 2 : 1);
  auto* handle = job != nullptr && out != nullptr ? handle_pool<tokio_job>::take(&p) : nullptr;
  if (job == nullptr || (out != nullptr && handle == nullptr)) {
    delete job;
    return refuse_job(d, fail(TOKIO_ENOMEM, "no memory for a job"));
  }
  p.book.add(-1, entry::jobs, 1);  // the shared line: whether jobs are left must be one number, not a sum
  if (const auto submitted = p.rt.submit(*job); !submitted) {
    p.book.add(-1, entry::jobs, -1);
    if (handle != nullptr) handle_pool<tokio_job>::give(*handle);
    delete job;
    const auto status = fail(submitted.error());
    return refuse_job(d, submitted.error().code == ECANCELED ? TOKIO_ESHUTDOWN : status);
  }
  if (handle != nullptr) {
    handle->job = job;
    *out = handle;
  }
  return TOKIO_OK;
}

tokio_status blocking_spawn(tokio_plugin* p, const tokio_job_desc* given, tokio_job** out) noexcept {
  tokio_job_desc d;
  if (const auto status = take_params(given, "tokio_job_desc", d); status != TOKIO_OK)
    return given == nullptr ? status : refuse_job(*given, status);
  if (p == nullptr || d.run == nullptr || (d.flags & ~TOKIO_JOB_MANDATORY) != 0)
    return refuse_job(
        d, fail(TOKIO_EINVAL, "a job needs an instance and a run function, and knows only the flag MANDATORY"));
  if (const auto status = refused_new(*p); status != TOKIO_OK) return refuse_job(d, status);
  if (p->owner.closed())  // who waits for it would be a task
    return refuse_job(d, fail(TOKIO_ESHUTDOWN, "instance ", p->instance, " has stopped: it gets nothing new"));
  if (!p->take_job_place()) [[unlikely]]
    return refuse_job(
        d, fail(TOKIO_EQUOTA, "instance ", p->instance, " may have ", p->max_jobs, " blocking jobs, and has them"));
  const auto status = submit(*p, d, out);
  if (status != TOKIO_OK) p->give_job_place();
  return status;
}

tokio_res blocking_poll(tokio_job* handle, tokio_cx* cx, int64_t* ret) noexcept {
  if (handle == nullptr || handle->owner.load(relaxed) == nullptr || cx == nullptr)
    return fail(TOKIO_EBADF, "poll: the job was freed before, or there is no context");
  if (!tokio_coop(cx)) return TOKIO_PENDING;
  if (!handle->job->done.poll(key_of(cx->waker))) {
    tokio_coop_restore(cx);
    return TOKIO_PENDING;
  }
  if (ret != nullptr && handle->job->status == TOKIO_OK) *ret = handle->job->value;
  return handle->job->status;
}

void blocking_cancel(tokio_job* handle) noexcept {
  if (handle != nullptr && handle->owner.load(relaxed) != nullptr) cancel_job(*handle);
}

void blocking_free(tokio_job* handle) noexcept {
  auto* p = handle == nullptr ? nullptr : handle->owner.load(relaxed);
  if (p != nullptr) free_job(*handle);
}

constexpr tokio_res nothing_owed = 1;

// Also in a destructor on a worker; on any other thread nobody is held up.
tokio_res blocking_enter(tokio_plugin*) noexcept {
  const sched::host_entry inside;
  sched::core* const on = inside.held();
  if (on == nullptr) return nothing_owed;
  if (on->all.with.kind == flavor::current_thread)
    return fail(TOKIO_ENOTSUP, "enter: this runtime has one thread, so nobody can go on while it blocks");
  return on->begin_blocking() ? TOKIO_OK : nothing_owed;
}

// Not of a core that was lost meanwhile: it is somebody else's.
void blocking_leave(tokio_plugin*) noexcept {
  const sched::host_entry inside;
  if (sched::core* const on = inside.held()) on->end_blocking();
}

}  // namespace

void charge_job(tokio_plugin& of, instant_ns begun) noexcept {
  thread_local duration_ns charged = 0;
  const duration_ns now = thread_cpu_time();
  const duration_ns used = now - std::exchange(charged, now);
  of.book.add(-1, entry::job_cpu_ns, static_cast<std::int64_t>(used));
  runtime::charge_job(of.owner, begun, of.rt.now(), used);
}

void cancel_job(tokio_job& handle) noexcept {
  if (handle.job->done.finished()) return;
  const sched::host_entry inside;
  (void)handle.owner.load(relaxed)->rt.cancel(*handle.job);  // false: it has started, and runs to its end
}

void abort_job(tokio_job& handle) noexcept {
  if (!handle.job->mandatory()) cancel_job(handle);
}

void free_job(tokio_job& handle) noexcept {
  std::exchange(handle.job, nullptr)->let_go();
  handle_pool<tokio_job>::give(handle);
}

const tokio_blocking_ext blocking_table = {
    .size = sizeof(tokio_blocking_ext),
    .flags = 0,
    .spawn = blocking_spawn,
    .poll = blocking_poll,
    .cancel = blocking_cancel,
    .free = blocking_free,
    .enter = blocking_enter,
    .leave = blocking_leave,
};

}  // namespace tokiod::host
