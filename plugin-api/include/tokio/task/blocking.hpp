// `spawn_blocking(fn)`: runs `fn` on a thread that may block; its join_handle is that of any task. Without memory, room
// or a thread it resolves as cancelled; try_spawn_blocking() says why.
// `block_in_place(fn)`: runs `fn` here, and says that it may block.
//
// Invariant: abort is effective only before a spawned `fn` starts; after that its result is waited for. Dropping the
//            handle does not stop it. Host calls inside `fn` work for the instance that spawned it.
// Threads: spawn_blocking [any] that works for an instance, its fn [job]; block_in_place [any].
// No model: two holders count down to the end, as cancel_tree.hpp's tokens do, which have one.
#pragma once

#include "tokio/task/local.hpp"
#include "tokio/task/spawn.hpp"
#include "tokio/task/walk.hpp"

namespace tokio {

// What the pool's thread and the waiting task share.
template <class Fn>
class blocking_cell {
 public:
  using value_type = std::invoke_result_t<Fn&>;
  blocking_cell(tokio_plugin* instance, Fn&& fn) : instance_(instance), fn_(std::in_place, std::move(fn)) {}

  // acq_rel: the result is written before the pool's thread lets go, and read before the task does.
  void release() noexcept {
    if (holders_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
  slot<value_type>& outcome() noexcept { return outcome_; }

  static std::int64_t run(void* user) noexcept {
    auto& cell = *static_cast<blocking_cell*>(user);
    instance_scope scope(cell.instance_);
    try {
      if constexpr (std::is_void_v<value_type>) {
        (*cell.fn_)();
        cell.outcome_.emplace();
      } else {
        cell.outcome_.emplace((*cell.fn_)());
      }
      cell.fn_.reset();
    } catch (...) {
      cell.outcome_.set_exception(std::current_exception());
    }
    return 0;
  }
  static void drop(void* user) noexcept { static_cast<blocking_cell*>(user)->release(); }

 private:
  tokio_plugin* instance_;
  std::optional<Fn> fn_;
  slot<value_type> outcome_;
  std::atomic<int> holders_{2};  // the job and the future
};

template <class Fn>
class blocking_future {
 public:
  using output = typename blocking_cell<Fn>::value_type;
  static constexpr std::uint32_t task_flags = TOKIO_TF_GRACEFUL;

  blocking_future(tokio_job* job, blocking_cell<Fn>* cell, bool let_be) noexcept
      : job_(job), cell_(cell), let_be_(let_be) {}
  blocking_future(blocking_future&& other) noexcept
      : job_(std::exchange(other.job_, nullptr)), cell_(std::exchange(other.cell_, nullptr)), let_be_(other.let_be_) {}
  ~blocking_future() {
    if (job_) {
      if (!let_be_) host.blocking->cancel(job_);
      host.blocking->free(job_);
    }
    if (cell_) cell_->release();
  }

  tokio::poll<output> poll(context& cx) {
    if (cx.cancelled() && !std::exchange(let_be_, true)) host.blocking->cancel(job_);
    std::int64_t ignored = 0;
    const auto status = host.blocking->poll(job_, cx.raw(), &ignored);
    if (status == TOKIO_PENDING) return pending;
    if (status < 0) {
      cancelled_ = true;
      return pending;
    }
    if constexpr (std::is_void_v<output>)
      return cell_->outcome().take(), ready();
    else
      return cell_->outcome().take();
  }
  // There will be no value: the task that waits ends as cancelled.
  bool reported_cancelled() const noexcept { return cancelled_; }

 private:
  tokio_job* job_;
  blocking_cell<Fn>* cell_;
  bool let_be_;  // a mandatory job, or one that the host was asked to cancel
  bool cancelled_ = false;
};

template <class Fn>
struct blocking_result {
  static_assert(std::is_invocable_v<Fn&>,
                "spawn_blocking takes a function without parameters: what it needs, it captures.");
  using type = std::invoke_result_t<Fn&>;
};
template <class Fn>
using blocking_handle = join_handle<typename blocking_result<std::decay_t<Fn>>::type>;

// Gives the job to the host: a future of what `fn` returns. With the flag TOKIO_JOB_MANDATORY it runs also when the
// future is dropped, or the host stops, before it begins.
template <task_name Name, class Fn>
result<blocking_future<std::decay_t<Fn>>> start_blocking(Fn&& fn, call_site at, std::uint32_t flags = 0) {
  static_assert(!is_task<std::invoke_result_t<std::decay_t<Fn>&>>,
                "spawn_blocking takes a function that does its work when it is called; this one gives a task, which "
                "nobody would run: use spawn.");
  using cell = blocking_cell<std::decay_t<Fn>>;
  auto* instance = current_instance("there is no runtime here: spawn_blocking() needs a task or an instance_scope", at);
  if (!host.blocking) panic("blocking jobs are not offered by this host (tokio.blocking/1)", at);
  auto* shared = new cell(instance, std::decay_t<Fn>(std::forward<Fn>(fn)));
  tokio_job_desc desc{sizeof(tokio_job_desc), flags,       shared, &cell::run, &cell::drop,
                      {Name.text, Name.size}, to_place(at)};
  tokio_job* job = nullptr;
  if (const auto status = host.blocking->spawn(instance, &desc, &job); status < 0) {
    shared->release();  // the job's part was dropped by the host
    return std::unexpected(error::from_status(status));
  }
  return blocking_future<std::decay_t<Fn>>(job, shared, (flags & TOKIO_JOB_MANDATORY) != 0);
}

// As spawn_blocking(), but says why when the host refuses the job (memory, quota, no thread, shutdown).
template <task_name Name = "blocking", class Fn>
result<blocking_handle<Fn>> try_spawn_blocking(Fn&& fn, call_site at = call_site::current()) {
  auto job = start_blocking<Name>(std::forward<Fn>(fn), at);
  if (!job) return std::unexpected(job.error());
  return try_spawn<Name>(*std::move(job));
}

// A job that the host refuses resolves as cancelled. spawn_blocking<"name">(fn) names it in task lists.
template <task_name Name = "blocking", class Fn>
blocking_handle<Fn> spawn_blocking(Fn&& fn, call_site at = call_site::current()) {
  auto started = try_spawn_blocking<Name>(std::forward<Fn>(fn), at);
  return started ? *std::move(started) : blocking_handle<Fn>();
}

// Says for as long as it lives that this thread may block, and keeps the cooperative budget out of force.
class [[nodiscard]] blocking_stretch {
 public:
  explicit blocking_stretch(call_site at)
      : owed_(enter(at)), budget_(this_thread.cx ? this_thread.cx->budget : nullptr) {
    if (budget_) before_ = std::exchange(*budget_, INT32_MAX);
    ++blocking_stretches;
  }
  ~blocking_stretch() {
    --blocking_stretches;
    if (budget_) *budget_ = before_;
    if (owed_) host.blocking->leave(this_thread.instance);
  }
  blocking_stretch(const blocking_stretch&) = delete;
  blocking_stretch& operator=(const blocking_stretch&) = delete;

 private:
  // True: it must be left. Outside of a task no worker is held up.
  static bool enter(call_site at) {
    if (innermost_local([](const void* key) { return key == &local_set_runs; }))
      panic("block_in_place: a local_set runs here, and nobody could go on with its tasks", at);
    if (hooks_here != 0) panic("block_in_place: a hook of a runtime may not block", at);
    const bool in_task = this_thread.cx || this_thread.task.task;
    if (!in_task || !host.blocking) return false;
    const auto entered = host.blocking->enter(this_thread.instance);
    if (entered < 0) panic("block_in_place: this runtime has one thread, so nobody could go on while it blocks", at);
    return entered == TOKIO_OK;
  }

  bool owed_;
  std::int32_t* budget_;
  std::int32_t before_ = 0;
};

// Runs `fn` on this thread and gives what it gives. It may block: when others wait for this worker meanwhile, another
// thread goes on with it. Nests, costs nanoseconds when nobody waits, and is not aborted. What else the same task
// awaits (the other branches of a select) stands still. On a runtime with one thread it panics inside a task, and
// everywhere in a local_set; outside of a task it is a plain call.
template <class Fn>
decltype(auto) block_in_place(Fn&& fn, call_site at = call_site::current()) {
  const blocking_stretch here(at);
  return std::forward<Fn>(fn)();
}

}  // namespace tokio
