#include "embed/embedded.hpp"

#include <algorithm>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "base/os_thread.hpp"
#include "host/export/common.hpp"
#include "host/export/tables.hpp"
#include "host/seeded_bytes.hpp"
#include "runtime/memory/arena.hpp"

namespace tokiod::embed {
namespace {

tokio_status nothing_to_init(tokio_plugin*, const tokio_host*, tokio_str, void**) noexcept { return TOKIO_OK; }

constexpr tokio_plugin_desc program = {
    .size = sizeof(tokio_plugin_desc),
    .abi_major = TOKIO_ABI_MAJOR,
    .abi_minor = TOKIO_ABI_MINOR,
    .abi_minor_min = TOKIO_ABI_MINOR,
    .abi_fingerprint = TOKIO_ABI_FINGERPRINT,
    .flags = TOKIO_PF_OWN_THREADS,
    .id = "program",
    .version = "0",
    .description = "the program that this runtime is a part of",
    .req_exts = nullptr,
    .opt_exts = nullptr,
    .init = nothing_to_init,
    .stop = nullptr,
    .fini = nullptr,
    .config_check = nullptr,
    .config_apply = nullptr,
    .get_ext = nullptr,
    .config_schema = nullptr,
};

// Of all runtimes of the process, and for ever: a waker that outlived its runtime meets a dead word there.
outcome<std::shared_ptr<memory::arena>> common_arena() {
  static std::mutex mutex;
  static auto* const only = new std::shared_ptr<memory::arena>;
  const std::lock_guard hold(mutex);
  if (*only == nullptr) {
    auto made = memory::arena::create();
    if (!made) return refuse(kind::io_error, "cannot reserve memory for tasks: ", made.error().text());
    *only = std::move(*made);
  }
  return *only;
}

std::uint64_t next_id() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, relaxed) + 1;
}

// What nobody refers to, but something of it is out. Never destroyed: threads may outlive the destructors of statics.
struct graveyard {
  std::mutex mutex;
  std::vector<embedded*> waiting;
};
graveyard& let_go() {
  static auto* const only = new graveyard;
  return *only;
}

}  // namespace

// ---- the beginning

embedded::embedded(settings with) : with_(std::move(with)), id_(next_id()) {}
embedded::~embedded() = default;

outcome<embedded*> embedded::make(settings with) {
  delete_what_is_free();
  auto* const made = new embedded(std::move(with));
  if (const auto started = made->start(); !started) {
    delete made;
    return std::unexpected(started.error());
  }
  return made;
}

outcome<void> embedded::start() {
  auto arena = common_arena();
  if (!arena) return std::unexpected(arena.error());
  runtime_options options = with_.runtime;
  options.memory = std::move(*arena);
  if (with_.has(TOKIO_RT_START_PAUSED)) options.time = &manual_;
  set_hooks(options);
  auto started = runtime::start(options, [this](runtime& rt) { return prepare(rt); });
  if (!started) return std::unexpected(started.error());
  runtime_ = std::move(*started);
  return {};
}

// Before the first thread: hooks may use the instance at once.
outcome<void> embedded::prepare(runtime& rt) {
  auto owner = rt.add_owner("program");
  if (!owner) return std::unexpected(owner.error());
  plugin_ = std::make_unique<tokio_plugin>(
      host::plugin_ground{rt, **owner, descriptors_, threads_, *this}, program,
      host::plugin_origin{.instance = with_.name.empty() ? "program" : with_.name, .config = {}, .may_resize = true});
  plugin_->has_io = !with_.has(TOKIO_RT_NO_IO);
  plugin_->has_time = !with_.has(TOKIO_RT_NO_TIME);
  if (with_.has(TOKIO_RT_SEEDED)) plugin_->random = std::make_unique<host::seeded_bytes>(with_.seed);
  const std::size_t workers = rt.snapshot().workers.size();
  if (with_.has(TOKIO_RT_POLL_TIMES)) poll_times_.emplace(with_.poll_bounds, workers);
  if (with_.has(TOKIO_RT_WAIT_TIMES)) waits_.emplace(with_.wait_bounds, workers);
  const tokio_runtime_hooks& hooks = with_.hooks->all;
  const bool told = hooks.task_spawn != nullptr || hooks.task_end != nullptr || hooks.before_poll != nullptr ||
                    hooks.after_poll != nullptr;
  if (told || poll_times_ || waits_ || with_.has(TOKIO_RT_PANIC_ENDS)) {
    plugin_->hooks = this;
    plugin_->task_ops = &host::hooked_task_ops;
  }
  return {};
}

std::function<void()> embedded::telling(void (*hook)(void*, tokio_plugin*) TOKIO_NOEXCEPT) {
  if (hook == nullptr) return nullptr;
  return [this, hook] {
    const host::call_scope scope(*plugin_);
    hook(with_.hooks->all.user, plugin_.get());
  };
}

void embedded::set_hooks(runtime_options& options) {
  const tokio_runtime_hooks& hooks = with_.hooks->all;
  options.on_thread_start = telling(hooks.thread_start);
  options.on_thread_stop = telling(hooks.thread_stop);
  options.on_thread_park = telling(hooks.thread_park);
  options.on_thread_unpark = telling(hooks.thread_unpark);
}

void embedded::gave_up(tokio_plugin& p, std::string reason) {
  log::error(p.log_target, "gave up", {{"reason", reason}});
}

// One at a time: an instance asks once at a time, and this has one.
outcome<std::uint32_t> embedded::resize(tokio_plugin& p, std::uint32_t workers, duration_ns timeout) {
  for (auto* const times : {&poll_times_, &waits_})
    if (*times) (*times)->make_room(workers);
  return plugin_events::resize(p, workers, timeout);
}

const void* embedded::extension(std::string_view id) const {
  return id == TOKIO_EXT_RUNTIME ? &runtime_table : nullptr;
}

// ---- block_on

task::poll_result embedded::poll(const tokio_root& root, task::key self, task::coop_budget& budget) {
  tokio_cx cx = {.size = sizeof cx,
                 .worker = one_thread() && runtime_->engine().here() != nullptr ? 0 : TOKIO_WORKER_NONE,
                 .budget = budget.raw(),
                 .waker = host::waker_of(self),
                 .now_ns = runtime_->now(),
                 .host = &host::host_table,
                 .plugin = plugin_.get(),
                 .flags = 0};
  tokio_poll said;
  {
    const sched::host_entry inside;  // this may be called from a poll that has said that it blocks
    const host::call_scope scope(*plugin_);
    said = root.poll(root.user, &cx);
  }
  if (said == TOKIO_POLL_READY) return task::poll_result::ready;
  return said == TOKIO_POLL_YIELD ? task::poll_result::yielded : task::poll_result::pending;
}

sched::current_thread::idle_hook embedded::when_idle() {
  return with_.has(TOKIO_RT_START_PAUSED) ? auto_advance(manual_) : nullptr;
}

tokio_status embedded::block_on(const tokio_root& root) {
  const bool drives = (root.flags & TOKIO_ROOT_DRIVES) != 0;
  if (drives && one_thread()) last_driver_.store(current_thread_id(), relaxed);
  const auto ready =
      runtime_->block_on([&](task::key self, task::coop_budget& budget) { return poll(root, self, budget); }, drives,
                         [this] { return panicked_.load(relaxed); }, when_idle());
  if (!ready) return host::fail(ready.error());
  if (*ready) return TOKIO_OK;
  close();
  if (runtime_->take_desk(false)) {  // else whoever drives does it
    end_tasks_now();
    plugin_->enter_phase(host::phase::closed);
    runtime_->give_desk();
  }
  return host::fail(TOKIO_ESHUTDOWN, "a task of this runtime panicked, and that ends it");
}

// ---- the end

void embedded::close() {
  const sched::host_entry inside;  // a task may end the runtime that it runs in
  runtime_->close_owner(plugin_->owner);
  (void)runtime_->abort_all(plugin_->owner, task::cancel_kind::ask);  // before a poll meets a runtime without timers
}

// [who sits at the desk] What can end without waiting: not what waits for a job that has begun.
void embedded::end_tasks_now() {
  (void)runtime_->abort_all(plugin_->owner, task::cancel_kind::ask);
  do (void)runtime_->run_until([this] { return runtime_->live(plugin_->owner) == 0; }, runtime_->now());
  while (runtime_->live(plugin_->owner) != 0 && runtime_->engine().work_visible());
}

// What is left is tasks whose job has begun, and polls that have said that they block. Both may wait for a socket where
// nobody cancels them; any other poll has its drivers until it ends.
bool embedded::nobody_needs_drivers() const {
  return std::ranges::all_of(runtime_->tasks(&plugin_->owner, SIZE_MAX), [](const task_view& one) {
    const bool graceful = (static_cast<const tokio_task_vt*>(one.about)->flags & TOKIO_TF_GRACEFUL) != 0;
    return graceful || one.state == task_state::done || one.blocks;
  });
}

// All of them. A job that has begun gives its value to whoever waits for it. [who sits at the desk, if there is one]
void embedded::end_tasks() {
  const auto none = [this] { return runtime_->live(plugin_->owner) == 0; };
  const auto idle_drivers = [this] {  // where nothing is left to run: the look is at every task
    return !runtime_->drivers_gone() && !runtime_->engine().work_visible() && nobody_needs_drivers();
  };
  while (!none()) {
    if (idle_drivers()) runtime_->stop_drivers();
    (void)runtime_->abort_all(plugin_->owner, task::cancel_kind::ask);
    if (one_thread())
      (void)runtime_->run_until([&] { return none() || idle_drivers(); });
    else
      std::this_thread::sleep_for(std::chrono::microseconds(200));  // a task between two words is told the next time
  }
  plugin_->enter_phase(host::phase::closed);
}

tokio_status embedded::stop_here() {
  if (one_thread()) (void)runtime_->take_desk(true);
  end_tasks();
  const bool drained = runtime_->stop(never) == stop_result::drained;
  if (one_thread()) runtime_->give_desk();
  stopped_.store(drained, tokiod::release);
  return TOKIO_OK;
}

// A thread that waits for what runs, as long as it takes.
tokio_status embedded::stop_elsewhere(duration_ns wait) {
  const auto done = std::make_shared<real_policy::event>();
  retain();
  auto started = os_thread::start({.name = "tokio-shutdown"}, [this, done] {
    (void)stop_here();
    done->set();
    release();
  });
  if (!started) {
    release();
    return host::fail(started.error());
  }
  started->detach();
  if (wait == never) {
    done->wait();
    return TOKIO_OK;
  }
  return done->wait_for(wait) ? TOKIO_OK : host::fail(TOKIO_ETIMEDOUT, "something of this runtime still runs");
}

// As block_on: a thread of another runtime drives this one from inside of a call, where its core may be taken.
bool embedded::may_drive() const {
  const sched::thread* const on = sched::this_thread;
  return one_thread() && (on == nullptr || (!runtime_->engine().owns(on) && on->entry.now() == 0));
}

tokio_status embedded::shutdown(duration_ns wait) {
  close();
  if (wait == never && sched::this_thread == nullptr) return stop_here();
  // Without anybody who drives, tasks end on the thread that ends the runtime: of a local one, nobody else may touch
  // them. What is left is done elsewhere, because a thread of a runtime would wait in the middle of a call.
  if (may_drive() && runtime_->take_desk(wait == never)) {
    if (wait == never)
      end_tasks();
    else
      end_tasks_now();
    runtime_->give_desk();
  }
  return stop_elsewhere(wait);
}

// The last reference to one that still runs is kept until it has ended: somebody inside of it may take another one at
// any time. So a count of 0 is the end, and only one thread comes to it. Release and acquire: what the others did with
// it comes before that.
void embedded::release() {
  std::uint64_t held = references_.load(acquire);
  do {
    while (held == 1 && !stopped_.load(acquire)) {  // its last holder forgot it
      const tokio_status ended = shutdown(0);
      if (ended != TOKIO_OK && ended != TOKIO_ETIMEDOUT) return;  // there is no thread to end it on, and it stays
      held = references_.load(acquire);
    }
  } while (!references_.compare_exchange_weak(held, held - 1, acq_rel, acquire));
  if (held != 1) return;
  {
    graveyard& all = let_go();
    const std::lock_guard hold(all.mutex);
    all.waiting.push_back(this);
  }
  delete_what_is_free();
}

bool embedded::nothing_is_out() {
  using host::entry;
  for (const entry held :
       {entry::jobs, entry::callbacks, entry::registrations, entry::calls, entry::sockets, entry::timers,
        entry::operations, entry::children, entry::signals, entry::metrics, entry::leases, entry::memory_bytes})
    if (plugin_->book.sum(held) != 0) return false;
  sched::engine& all = runtime_->engine();
  bool out = false;
  all.for_each_owner([&](sched::owner& of) {
    out = out || all.totals(of).outstanding() != 0;
    const hold last_one_left(of.foreign().lock);  // who gave the last slot back is out of here
  });
  // After the slots: a waker counts itself while the task that it wakes is there. Acquire pairs with its leaving.
  return !out && all.wakers_outside.load(acquire) == 0;
}

void embedded::delete_what_is_free() {
  std::vector<embedded*> free;
  {
    graveyard& all = let_go();
    const std::lock_guard hold(all.mutex);
    std::erase_if(all.waiting, [&](embedded* one) {
      if (!one->nothing_is_out()) return false;
      free.push_back(one);
      return true;
    });
  }
  for (embedded* const one : free) delete one;
}

// ---- what its tasks do

void embedded::tell(void (*hook)(void*, tokio_plugin*, const tokio_task_meta*) TOKIO_NOEXCEPT, tokio_plugin& p,
                    task::header& task, duration_ns waited) const noexcept {
  if (hook == nullptr) return;
  const tokio_task_vt& kind = host::kind_of(task);
  const bool tracked = waited != sched::core::not_tracked;
  tokio_task_meta meta = {.size = sizeof(tokio_task_meta),
                          .flags = tracked ? TOKIO_META_WAITED : 0,
                          .id = task.id.load(relaxed),
                          .name = kind.name,
                          .file = kind.file,
                          .line = kind.line,
                          .reserved = 0,
                          .spawned_at = {},
                          .waited_ns = tracked ? waited : 0};
  if (kind.spawned_at != nullptr) kind.spawned_at(task::body_of(task), &meta.spawned_at);
  hook(with_.hooks->all.user, &p, &meta);
}

void embedded::spawns(tokio_plugin& p, task::header& task) noexcept { tell(with_.hooks->all.task_spawn, p, task); }

void embedded::polls(tokio_plugin& p, task::header& task, host::told_poll& poll) noexcept {
  if (waits_ && poll.waited != sched::core::not_tracked) waits_->record(poll.worker, poll.waited);
  tell(with_.hooks->all.before_poll, p, task, poll.waited);
  if (poll_times_) poll.began = steady_clock().now();
}

void embedded::polled(tokio_plugin& p, task::header& task, const host::told_poll& poll) noexcept {
  if (poll_times_) poll_times_->record(poll.worker, steady_clock().now() - poll.began);
  tell(with_.hooks->all.after_poll, p, task, poll.waited);
}

void embedded::ended(tokio_plugin& p, task::header& task, bool panicked) noexcept {
  tell(with_.hooks->all.task_end, p, task);
  if (!panicked || !with_.has(TOKIO_RT_PANIC_ENDS)) return;
  panicked_.store(true, relaxed);
  runtime_->nudge();
}

}  // namespace tokiod::embed
