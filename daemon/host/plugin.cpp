#include "host/plugin.hpp"

#include "base/log.hpp"
#include "base/log_catalogue.hpp"
#include "host/plugin_task.hpp"
#include "host/seeded_bytes.hpp"
#include "runtime/task/registry.hpp"

namespace tokiod::host {
namespace {

std::uint32_t cores_of(const runtime& rt) { return static_cast<std::uint32_t>(rt.snapshot().workers.size()); }

}  // namespace

outcome<std::uint32_t> plugin_events::resize(tokio_plugin& which, std::uint32_t workers, duration_ns timeout) {
  runtime::worker_change made;
  const auto done =
      which.rt.resize(workers, steady_clock().now() + timeout, [&which] { return which.is_closed(); }, &made);
  if (!done) return std::unexpected(done.error());
  return made.before;
}

plugin::plugin(const plugin_ground& on, const tokio_plugin_desc& d, plugin_origin from)
    : rt(on.rt),
      owner(on.owner),
      max_tasks(from.max_tasks),
      task_ops(&plugin_task_ops),
      descriptors(on.descriptors),
      threads(on.threads),
      descriptor(d),
      instance(std::move(from.instance)),
      image(std::move(from.image)),
      image_file(std::move(from.image_file)),
      log_target("plugin." + instance),
      max_bytes(from.max_bytes),
      max_jobs(from.max_jobs),
      may_resize(from.may_resize),
      events(on.events),
      book(cores_of(rt)),
      methods(self()),
      calls(self()),
      metrics(self(), cores_of(rt)),
      gate(std::make_shared<ctl_gate>([&runtime_ = on.rt](std::function<void()> call) {
        return runtime_.run_on_worker(std::move(call)).has_value();
      })),
      config_(std::move(from.config)) {
  owner.user = &self();
}

plugin::~plugin() = default;

tokio_plugin& plugin::self() { return static_cast<tokio_plugin&>(*this); }

std::int32_t plugin::current_core() const {
  const sched::core* const on = rt.engine().here();
  return on != nullptr ? static_cast<std::int32_t>(on->index) : -1;
}

bool plugin::charge(std::uint64_t bytes) {
  // Relaxed: a sum that orders nothing. Not hot: the caller allocates.
  auto held = memory_.load(relaxed);
  do {
    if (held > max_bytes || bytes > max_bytes - held) return false;
  } while (!memory_.compare_exchange_weak(held, held + bytes, relaxed, relaxed));
  count(entry::memory_bytes, static_cast<std::int64_t>(bytes));
  return true;
}

void plugin::discharge(std::uint64_t bytes) {
  memory_.fetch_sub(bytes, relaxed);
  count(entry::memory_bytes, -static_cast<std::int64_t>(bytes));
}

// Relaxed: a number that orders nothing; who wakes the waiter of a job publishes that its place is free.
bool plugin::take_job_place() {
  std::uint64_t taken = job_places_.load(relaxed);
  do {
    if (taken >= max_jobs) return false;
  } while (!job_places_.compare_exchange_weak(taken, taken + 1, relaxed, relaxed));
  return true;
}

void plugin::give_job_place() { job_places_.fetch_sub(1, relaxed); }

std::string plugin::config() const {
  const std::lock_guard hold(mutex_);
  return config_;
}
void plugin::set_config(std::string text) {
  const std::lock_guard hold(mutex_);
  config_ = std::move(text);
}

void plugin::report_panic(std::string_view message, std::string_view where) {
  count(entry::panics, 1);
  log::warn(log_target, "a panic was caught",
            {log::known::as(log::known::plugin_panicked), {"message", message}, {"where", where}});
  const std::lock_guard hold(mutex_);
  last_panic_ = message;
}

void plugin::report_misuse(std::string_view sentence) {
  count(entry::misuses, 1);
  log::error(log_target, "broke the contract", {log::known::as(log::known::plugin_misbehaved), {"what", sentence}});
}

std::string plugin::last_panic() const {
  const std::lock_guard hold(mutex_);
  return last_panic_;
}

void plugin::forget_owner() {
  const std::lock_guard hold(mutex_);
  last_totals_ = rt.totals(owner);
  last_slow_polls_ = owner.slow_polls.read();
  last_throttled_ = owner.quota->throttled();
  owner_known_ = false;
}

bool plugin::ended() const {
  const std::lock_guard hold(mutex_);
  return !owner_known_;
}

tokiod::metrics::task_totals plugin::totals() const {
  const std::lock_guard hold(mutex_);
  return owner_known_ ? rt.totals(owner) : last_totals_;
}

std::vector<task_view> plugin::tasks(std::size_t limit) const {
  const std::lock_guard hold(mutex_);
  return owner_known_ ? rt.tasks(&owner, limit) : std::vector<task_view>();
}

std::uint64_t plugin::slow_polls() const {
  const std::lock_guard hold(mutex_);
  return owner_known_ ? owner.slow_polls.read() : last_slow_polls_;
}

duration_ns plugin::throttled() const {
  const std::lock_guard hold(mutex_);
  return owner_known_ ? owner.quota->throttled() : last_throttled_;
}

std::uint64_t plugin::join_handles() const {
  const std::lock_guard hold(mutex_);
  if (!owner_known_) return 0;
  std::uint64_t count = 0;
  task::for_each_task(owner.heap(), [&](const task::sighting& seen) {
    if (task::basic_state<real_policy>::has_join_handle(seen.word)) ++count;
  });
  return count;
}

std::size_t threads_inside(const tokio_plugin& p) { return p.rt.threads_inside(&p) + foreign_threads_inside(&p); }

}  // namespace tokiod::host
