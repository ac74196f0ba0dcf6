// `builder`: chooses what a runtime is like, and makes it; it may be used again. Needs libtokio.so.
// Invariant: a number that makes no sense panics at the call that gives it. What the system refuses is an error.
// Threads:   one at a time; hooks are called on the threads of the runtime, several at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "tokio/runtime/histogram.hpp"
#include "tokio/runtime/hooks.hpp"
#include "tokio/runtime/runtime.hpp"

namespace tokio::runtime {

// What a task that panics, and that nobody joined yet, does to its runtime.
enum class unhandled_panic { ignore, shutdown_runtime };

// Makes every random choice of a runtime (the branches of select, where thieves begin) a function of the seed.
class rng_seed {
 public:
  explicit constexpr rng_seed(std::uint64_t value) noexcept : value_(value) {}
  static rng_seed from_bytes(std::span<const std::byte> bytes) noexcept {
    std::uint64_t mixed = 0xcbf29ce484222325;  // FNV-1a
    for (const auto byte : bytes) mixed = (mixed ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
    return rng_seed(mixed);
  }
  constexpr std::uint64_t value() const noexcept { return value_; }

 private:
  std::uint64_t value_;
};

class local_runtime;

// Options that make no sense, in the host's words: which one, what it is, and the limit.
class refused_options : public panic_error {
 public:
  refused_options(std::string_view said, call_site at)
      : panic_error("a runtime's options make no sense", at), said_(std::make_shared<const std::string>(said)) {}
  const char* what() const noexcept override { return said_->c_str(); }

 private:
  std::shared_ptr<const std::string> said_;  // so that a copy cannot throw
};

class builder {
 public:
  using duration = std::chrono::nanoseconds;
  using thread_hook = hooks::thread_hook;
  using task_hook = hooks::task_hook;

  // No thread of its own: it runs on whoever is in runtime::block_on.
  static builder new_current_thread() noexcept { return builder(TOKIO_RT_CURRENT_THREAD); }
  static builder new_multi_thread() noexcept { return builder(TOKIO_RT_MULTI_THREAD); }

  // Sockets, timers. Without them, what needs them is an error that says so, and a timer panics.
  builder& enable_all() noexcept { return enable_io().enable_time(); }
  builder& enable_io() noexcept { return clear(TOKIO_RT_NO_IO); }
  builder& enable_time() noexcept { return clear(TOKIO_RT_NO_TIME); }
  // What tokio::fs opens, reads, writes, syncs, stats and renames goes through the kernel's io_uring. The ring is made
  // by the first of them; where the kernel has none for this process, or not for that operation, it is a blocking job.
  builder& enable_io_uring() noexcept { return add(TOKIO_RT_FILE_RING); }

  // Of a multi_thread runtime. Without it TOKIO_WORKER_THREADS counts, else what the process may use.
  builder& worker_threads(std::size_t count, call_site at = call_site::current()) {
    if (count == 0 || count > 1024) panic("worker_threads must be a number from 1 to 1024", at);
    raw_.worker_threads = static_cast<std::uint32_t>(count);
    return *this;
  }
  builder& max_blocking_threads(std::size_t count, call_site at = call_site::current()) {
    if (count == 0 || count > UINT32_MAX) panic("max_blocking_threads must be at least 1", at);
    raw_.max_blocking_threads = static_cast<std::uint32_t>(count);
    return *this;
  }
  builder& thread_keep_alive(duration idle) noexcept {
    raw_.keep_alive_ns = idle.count() > 0 ? static_cast<std::uint64_t>(idle.count()) : 1;
    return *this;
  }
  builder& thread_stack_size(std::size_t bytes) noexcept {
    raw_.stack_bytes = bytes;
    return *this;
  }
  // At most 15 characters of it reach the system. The last of the two counts.
  builder& thread_name(std::string name) {
    thread_name_ = std::move(name);
    hooks_.thread_name = nullptr;
    return *this;
  }
  // Asked once for each worker and blocking thread.
  builder& thread_name_fn(std::function<std::string()> fn) {
    hooks_.thread_name = std::move(fn);
    return *this;
  }
  builder& name(std::string name, call_site at = call_site::current()) {
    if (name.find_first_not_of(" \t\n\r\f\v") == std::string::npos) panic("a runtime's name must not be blank", at);
    name_ = std::move(name);
    return *this;
  }
  builder& on_thread_start(thread_hook hook) { return set(hooks_.thread_start, std::move(hook)); }
  builder& on_thread_stop(thread_hook hook) { return set(hooks_.thread_stop, std::move(hook)); }
  // Before a worker sleeps. It does not when the hook has woken a task.
  builder& on_thread_park(thread_hook hook) { return set(hooks_.thread_park, std::move(hook)); }
  builder& on_thread_unpark(thread_hook hook) { return set(hooks_.thread_unpark, std::move(hook)); }
  // Before the task can run. It may spawn, and is called for that task, too.
  builder& on_task_spawn(task_hook hook) { return set(hooks_.task_spawn, std::move(hook)); }
  // Its future is gone, however it ended.
  builder& on_task_terminate(task_hook hook) { return set(hooks_.task_end, std::move(hook)); }
  builder& on_before_task_poll(task_hook hook) { return set(hooks_.before_poll, std::move(hook)); }
  builder& on_after_task_poll(task_hook hook) { return set(hooks_.after_poll, std::move(hook)); }

  // Polls between two looks at what came from other threads; and at sockets and timers.
  builder& global_queue_interval(std::uint32_t polls, call_site at = call_site::current()) {
    if (polls == 0) panic("global_queue_interval must be at least 1", at);
    raw_.global_queue_interval = polls;
    return *this;
  }
  builder& event_interval(std::uint32_t polls, call_site at = call_site::current()) {
    if (polls == 0) panic("event_interval must be at least 1", at);
    raw_.event_interval = polls;
    return *this;
  }
  // How many events of sockets one look takes; the next one takes what is left. Else 256.
  builder& max_io_events_per_tick(std::size_t count, call_site at = call_site::current()) {
    if (count == 0 || count > UINT32_MAX) panic("max_io_events_per_tick must be at least 1", at);
    raw_.io_events_per_turn = static_cast<std::uint32_t>(count);
    return *this;
  }
  // Both are always so here: each worker has timer wheels of its own, and others look after the sockets and timers of
  // a worker whose poll does not end.
  builder& enable_alt_timer() noexcept { return *this; }
  builder& enable_eager_driver_handoff() noexcept { return *this; }
  builder& disable_lifo_slot() noexcept { return add(TOKIO_RT_NO_LIFO_SLOT); }
  builder& unhandled_panic(tokio::runtime::unhandled_panic what, call_site at = call_site::current()) {
    if (what == tokio::runtime::unhandled_panic::ignore) return clear(TOKIO_RT_PANIC_ENDS);
    if (raw_.flavor != TOKIO_RT_CURRENT_THREAD)
      panic("unhandled_panic: only a current_thread runtime can end by a panic", at);
    return add(TOKIO_RT_PANIC_ENDS);
  }
  builder& seed(rng_seed value) noexcept {
    raw_.seed = value.value();
    return add(TOKIO_RT_SEEDED);
  }
  // Of a current_thread runtime: the clock stands until the runtime has nothing else to do, and jumps to the next timer
  // then.
  builder& start_paused(bool paused) noexcept {
    return paused ? add(TOKIO_RT_START_PAUSED) : clear(TOKIO_RT_START_PAUSED);
  }
  builder& enable_metrics_poll_time_histogram() noexcept { return add(TOKIO_RT_POLL_TIMES); }
  builder& metrics_poll_time_histogram_configuration(histogram_configuration chosen) {
    poll_times_ = std::move(chosen);
    return *this;
  }
  // How long tasks are runnable before they are polled: told to the poll hooks, or counted as well. A task that is
  // woken while it waits for its poll has waited since it became runnable.
  builder& track_task_schedule_latency() noexcept { return add(TOKIO_RT_TRACK_WAITS); }
  builder& enable_metrics_schedule_latency_histogram() noexcept { return add(TOKIO_RT_WAIT_TIMES); }
  builder& metrics_schedule_latency_histogram_configuration(histogram_configuration chosen) {
    waits_ = std::move(chosen);
    return *this;
  }

  // An error when the system has no thread, descriptor or memory for it. Panics with the host's sentence when
  // TOKIO_WORKER_THREADS is no number.
  result<runtime> build(call_site at = call_site::current()) const {
    if (raw_.flavor != TOKIO_RT_CURRENT_THREAD && (raw_.flags & TOKIO_RT_START_PAUSED) != 0)
      panic("start_paused: only the clock of a current_thread runtime can stand", at);
    const auto usual = histogram_configuration::linear(std::chrono::microseconds(100), 10);
    const auto times = poll_times_.value_or(usual), waits = waits_.value_or(usual);
    const tokio_runtime_hooks hooks = hooks::given(hooks_);
    tokio_runtime_options options = raw_;
    options.name = to_str(name_);
    options.thread_name = to_str(thread_name_);
    options.hooks = &hooks;
    options.poll_bounds_ns = times.bounds_ns().data();
    options.poll_bounds = times.bounds_ns().size();
    options.wait_bounds_ns = waits.bounds_ns().data();
    options.wait_bounds = waits.bounds_ns().size();
    tokio_runtime_made made{};
    made.size = sizeof made;
    const auto status = tokio_runtime_v0(&options, &made);
    if (status == TOKIO_EINVAL) throw refused_options(to_view(made.host->last_error()), at);
    if (status < 0) return std::unexpected(error::from_status(status));
    bind_host(made.instance, made.host);
    return runtime(reference::adopt(made.instance));
  }
  // Of new_current_thread(): a runtime that belongs to this thread; see local_runtime.hpp.
  result<local_runtime> build_local(call_site at = call_site::current()) const;

 private:
  explicit builder(std::uint32_t flavor) noexcept {
    raw_.size = sizeof raw_;
    raw_.flavor = flavor;
    raw_.abi_major = TOKIO_ABI_MAJOR;
    raw_.abi_minor = TOKIO_ABI_MINOR;
    raw_.abi_fingerprint = TOKIO_ABI_FINGERPRINT;
    raw_.flags = TOKIO_RT_NO_IO | TOKIO_RT_NO_TIME;
  }
  builder& add(std::uint64_t flag) noexcept {
    raw_.flags |= flag;
    return *this;
  }
  builder& clear(std::uint64_t flag) noexcept {
    raw_.flags &= ~flag;
    return *this;
  }
  template <class Hook>
  builder& set(Hook& which, Hook&& hook) {
    which = std::move(hook);
    return *this;
  }

  tokio_runtime_options raw_{};
  hooks hooks_;
  std::string name_, thread_name_;
  std::optional<histogram_configuration> poll_times_, waits_;
};

inline result<runtime> runtime::create(call_site at) { return builder::new_multi_thread().enable_all().build(at); }

}  // namespace tokio::runtime
