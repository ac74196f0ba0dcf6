// Whom tasks are charged to: a plugin instance, or the runtime itself (owner 0). An owner is a heap with a limit, and a
// share of it per core: free lists and counters that the core touches without an atomic operation.
// Invariant: a share is touched by the thread that holds its core, or by whoever passed the core's guard; the share of
//            the threads without a core is touched under its lock. live() never reports fewer than there are.
// Threads:   see each function.
// No model: a flag that is made exact by passing every guard (guard.hpp has a model of that).
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/cache_line.hpp"
#include "base/policy.hpp"
#include "base/spin_lock.hpp"
#include "runtime/memory/heap.hpp"
#include "runtime/metrics/worker_metrics.hpp"
#include "runtime/sched/quota.hpp"
#include "runtime/task/header.hpp"
#include "runtime/task/id.hpp"

namespace tokiod::sched {

inline constexpr std::uint32_t max_owners = 1024;  // at a time; ids are used again

using cpu_quota = basic_cpu_quota<real_policy, task::header>;

class owner;

// One core x one owner.
struct alignas(cache_line) share {
  explicit share(owner& of);

  owner& whose;
  void* const user;  // the owner's
  cpu_quota* limit;  // the owner's, once it had one; null: there is nothing to ask before a poll
  memory::local_heap heap;
  metrics::counter allocated;  // task slots given out; those not given back keep the owner
  metrics::task_counters tasks;
  metrics::octave_histogram schedule_latency_ns;  // of sampled tasks
};

// The same for all threads without a core.
struct foreign_share {
  explicit foreign_share(owner& of) : part(of) {}
  spin_lock lock;
  share part;
  task::id_block ids;
};

struct owner_totals {
  metrics::task_totals tasks;
  std::uint64_t allocated = 0;

  [[nodiscard]] std::uint64_t outstanding() const { return allocated - tasks.freed; }
};

class owner {
 public:
  owner(memory::arena& arena, memory::owner_id id, std::string name, std::uint64_t max_bytes, void* door)
      : name_(std::move(name)), heap_(arena, id, max_bytes, door), foreign_(*this) {}

  [[nodiscard]] memory::owner_id id() const { return heap_.owner(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] memory::owner_heap& heap() { return heap_; }
  [[nodiscard]] const memory::owner_heap& heap() const { return heap_; }
  [[nodiscard]] foreign_share& foreign() { return foreign_; }
  [[nodiscard]] const foreign_share& foreign() const { return foreign_; }

  // For whoever added the owner; written before the first task of it is allocated, read by that task's body.
  void* user = nullptr;

  metrics::counter slow_polls;  // that the monitor found; it alone writes

  // Its keeper has it too, and may outlive the owner.
  const std::shared_ptr<cpu_quota> quota = std::make_shared<cpu_quota>();
  // It has, or had, a limit. Relaxed: engine::limit_cpu() passes every core after the store.
  [[nodiscard]] bool limited() const { return limited_.load(relaxed); }
  void set_limited() { limited_.store(true, relaxed); }

  // Relaxed: engine::close_owner() passes every guard after the store, and that is what makes it exact.
  [[nodiscard]] bool closed() const { return closed_.load(relaxed); }
  void close() { closed_.store(true, relaxed); }

 private:
  const std::string name_;
  memory::owner_heap heap_;
  std::atomic<bool> limited_{false};  // before the share that reads it
  foreign_share foreign_;
  std::atomic<bool> closed_{false};
};

inline share::share(owner& of)
    : whose(of), user(of.user), limit(of.limited() ? of.quota.get() : nullptr), heap(of.heap()) {}

}  // namespace tokiod::sched
