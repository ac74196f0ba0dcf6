// One run of a plugin instance: what every call of it is charged to, and what the tables of export/ work on. The ABI's
// opaque tokio_plugin is this object. A restart makes a new one; the old one stays until its image is unmapped, so that
// a late call still meets it and hears TOKIO_EGONE.
// Invariant: `phase` only moves forward. Nothing of the plugin runs once it is `gone`.
// Threads:   [any] unless said otherwise; the tables of methods, calls and metrics have their own locks, never held
//            while plugin code runs.
// No model: `phase` is one word that moves forward, written with release and read with acquire; memory is a sum, a
//           change of the workers one flag. What follows from the phase is quiet.hpp, which has a model.
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "host/call_table.hpp"
#include "host/ctl_gate.hpp"
#include "host/descriptor_line.hpp"
#include "host/guard.hpp"
#include "host/ledger.hpp"
#include "host/method_table.hpp"
#include "host/metric_table.hpp"
#include "host/own_thread.hpp"
#include "runtime/runtime.hpp"
#include "tokio/abi/plugin.h"

namespace tokiod::host {

class listener_keeper;
class seeded_bytes;
class task_hooks;

enum class phase : std::uint8_t {
  open,      // everything is allowed
  stopping,  // stop was called: no new registrations and calls; spawning goes on
  closed,    // the rest is aborted: nothing new at all
  gone,      // fini returned, or quarantined
};

// Who hears of what a plugin says of itself. Called inside host code on the plugin's thread: it must not wait.
class plugin_events {
 public:
  virtual void gave_up(tokio_plugin& which, std::string reason) = 0;
  virtual void finished(tokio_plugin& which, std::int32_t status) = 0;
  // Another number of workers for what it runs in, as runtime::resize(): how many there were. On a thread that is
  // nobody's, which waits, and gives up when the instance is closed.
  [[nodiscard]] virtual outcome<std::uint32_t> resize(tokio_plugin& which, std::uint32_t workers, duration_ns timeout);
  // What is offered beside the tables of this host; null: nothing of that name.
  [[nodiscard]] virtual const void* extension(std::string_view) const { return nullptr; }
  // Who keeps its listening sockets beyond this process; null: nobody.
  [[nodiscard]] virtual listener_keeper* listeners() const { return nullptr; }

 protected:
  ~plugin_events() = default;
};

// What a run stands on: the runtime, whom its tasks are charged to, and what it shares with all other runs.
struct plugin_ground {
  runtime& rt;
  runtime_owner& owner;
  descriptor_line& descriptors;
  own_threads& threads;  // of its [ctl] calls
  plugin_events& events;
};

struct plugin_origin {
  std::string instance;
  std::string config;
  std::uint64_t max_tasks = UINT64_MAX;
  std::uint64_t max_bytes = UINT64_MAX;
  std::uint64_t max_jobs = UINT64_MAX;
  bool may_resize = false;
  std::string image = {}, image_file = {};  // what the loader mapped, and the file that it is a copy of
};

class alignas(64) plugin {
 public:
  plugin(const plugin_ground& on, const tokio_plugin_desc& d, plugin_origin from);
  plugin(const plugin&) = delete;
  plugin& operator=(const plugin&) = delete;
  ~plugin();

  // On one cache line, with the phase: what each spawn and each poll of it asks.
  runtime& rt;
  runtime_owner& owner;
  const memory::owner_id owner_id = owner.id();
  const sched::packed_inside shown{owner_id, this};  // by a thread that is inside its code
  const std::uint64_t max_tasks;
  // What its tasks are to the runtime, and who hears of them; null: nobody. Both before its first task.
  const task::body_ops* task_ops;
  task_hooks* hooks = nullptr;

 private:
  std::atomic<phase> phase_{phase::open};

 public:
  descriptor_line& descriptors;
  own_threads& threads;
  const tokio_plugin_desc& descriptor;
  const std::string instance;
  const std::string image, image_file;  // as in its origin
  const std::string log_target;         // "plugin.<instance>"
  const std::uint64_t max_bytes, max_jobs;
  const bool may_resize;  // the workers of what it runs in
  plugin_events& events;
  std::unique_ptr<seeded_bytes> random;  // where its randomness comes from; null: the system
  bool has_time = true, has_io = true;   // the drivers that it is given

  ledger book;
  method_table methods;
  call_table calls;
  metric_table metrics;
  const std::shared_ptr<ctl_gate> gate;
  void* state = nullptr;     // [inside the gate] what init gave
  bool state_given = false;  // init returned TOKIO_OK, and fini is still due
  // How long init took; 0: it has not returned TOKIO_OK. Guarded by the registry's lock.
  duration_ns init_took = 0;
  // What it said of its own end; guarded by the registry's lock. It may say so in its init, when nobody shows it yet.
  std::optional<std::int32_t> said_finished;
  std::string said_failed;  // empty: it did not

  // Acquire: who sees a phase sees what led to it.
  [[nodiscard]] phase now_in() const { return phase_.load(acquire); }
  void enter_phase(phase next) { phase_.store(next, release); }
  // What waits on its behalf gives up.
  [[nodiscard]] bool is_closed() const { return now_in() >= phase::closed; }
  // What a call that makes something new is answered.
  [[nodiscard]] tokio_status admits_new() const {
    const auto p = now_in();
    if (p <= phase::stopping) [[likely]]
      return TOKIO_OK;
    return p == phase::gone ? TOKIO_EGONE : TOKIO_ESHUTDOWN;
  }
  [[nodiscard]] tokio_status admits_registration() const {
    const auto p = now_in();
    return p == phase::open ? TOKIO_OK : p == phase::gone ? TOKIO_EGONE : TOKIO_ESHUTDOWN;
  }

  void count(entry what, std::int64_t by) {
    const sched::host_entry inside;  // the core stays this thread's until it is counted
    book.add(current_core(), what, by);
  }
  // The core of its own runtime that this thread holds; -1 also where it holds one of another runtime in this process:
  // the lines of a ledger belong to the cores of one. Inside a host_entry.
  [[nodiscard]] std::int32_t current_core() const;

  // One change of the number of workers at a time; false: another one is under way.
  [[nodiscard]] bool begin_resize() { return !resizing_.exchange(true, acquire); }
  void end_resize() { resizing_.store(false, release); }

  // Memory that the plugin asked for; false: over its limit.
  [[nodiscard]] bool charge(std::uint64_t bytes);
  void discharge(std::uint64_t bytes);

  // One of its max_jobs places, from the spawn of a job until its drop has returned; false: all are taken. Not the
  // ledger's count, which keeps a job until its waiter was woken: who waited for a job finds its place free.
  [[nodiscard]] bool take_job_place();
  void give_job_place();

  [[nodiscard]] std::string config() const;
  void set_config(std::string text);

  void report_panic(std::string_view message, std::string_view where);
  void report_misuse(std::string_view sentence);
  [[nodiscard]] std::string last_panic() const;

  // The owner goes back to the runtime at the end; what its tasks did is kept, and nobody asks it any more.
  void forget_owner();
  [[nodiscard]] bool ended() const;  // drained to the end: nothing of it is left
  [[nodiscard]] tokiod::metrics::task_totals totals() const;
  // Tasks as the runtime sees them; none once the owner went back.
  [[nodiscard]] std::vector<task_view> tasks(std::size_t limit) const;
  [[nodiscard]] std::uint64_t slow_polls() const;
  [[nodiscard]] duration_ns throttled() const;  // for how long its tasks waited for the CPU quota
  // Not released yet, by a walk over the tasks: no spawn counts them.
  [[nodiscard]] std::uint64_t join_handles() const;

 private:
  [[nodiscard]] tokio_plugin& self();

  mutable std::mutex mutex_;  // of the texts
  std::string config_;
  std::string last_panic_;
  tokiod::metrics::task_totals last_totals_;
  std::uint64_t last_slow_polls_ = 0;
  duration_ns last_throttled_ = 0;
  bool owner_known_ = true;
  std::atomic<std::uint64_t> memory_{0};
  std::atomic<std::uint64_t> job_places_{0};  // taken
  std::atomic<bool> resizing_{false};
};

// Around every call into a plugin: the runtime may take this thread's core meanwhile, and the unload waits for it.
class call_scope {
 public:
  explicit call_scope(const tokio_plugin& into);

 private:
  guard shown_;  // on a thread that is not the runtime's; first in, last out
  sched::plugin_call outside_;
};

// How many threads are inside the plugin's code now. Call it after the pins were seen to be zero.
[[nodiscard]] std::size_t threads_inside(const tokio_plugin& p);

}  // namespace tokiod::host

struct tokio_plugin final : tokiod::host::plugin {
  using plugin::plugin;
};

// A thread of the runtime shows it in its own record.
inline tokiod::host::call_scope::call_scope(const tokio_plugin& into)
    : shown_(&into, !into.rt.engine().owns(tokiod::sched::this_thread)), outside_(into.shown) {}
