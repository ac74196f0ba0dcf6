// An OS thread as the runtime sees it: the core it holds, the guard between host code and plugin code, and whose code
// runs on it now. Two scopes change that, and both are a few plain stores: host_entry around everything a plugin calls,
// plugin_call around everything the host calls in a plugin.
// Invariant: the core's state is touched by this thread only inside host code (guard.hpp); scopes nest strictly.
// Threads:   the scopes [the thread itself]; inside_now(), entry.revoke() [any].
// No model: of the hints for observers; the guard and what is shown are guard.hpp and shown.hpp, which have models.
#pragma once
#include <atomic>
#include <cstdint>

#include "base/cache_line.hpp"
#include "base/clock.hpp"
#include "base/policy.hpp"
#include "base/thread_stack.hpp"
#include "runtime/memory/slab.hpp"
#include "runtime/sched/guard.hpp"
#include "runtime/sched/shown.hpp"
#include "runtime/task/body.hpp"
#include "runtime/task/budget.hpp"
#include "runtime/task/header.hpp"

namespace tokiod::sched {

class core;
class engine;

enum class thread_kind : std::uint8_t { worker, blocking };

inline constexpr memory::owner_id no_owner = UINT16_MAX;

// Whose code runs on a thread: an owner, and the code as the host names it (null: the runtime's or the host's own).
struct inside {
  memory::owner_id owner = no_owner;
  const void* code = nullptr;
};

// Both in one word, so that showing it is one store: a pointer of user space has 47 bits.
class packed_inside {
 public:
  constexpr packed_inside() = default;
  packed_inside(memory::owner_id owner, const void* code)
      : word_(reinterpret_cast<std::uintptr_t>(code) | std::uint64_t{owner} << owner_shift) {}
  [[nodiscard]] inside unpacked() const {
    return {static_cast<memory::owner_id>(word_ >> owner_shift),
            reinterpret_cast<const void*>(word_ & ((std::uint64_t{1} << owner_shift) - 1))};
  }

 private:
  static constexpr unsigned owner_shift = 48;
  std::uint64_t word_ = std::uint64_t{no_owner} << owner_shift;
};

struct alignas(cache_line) thread {
  thread(engine& of, thread_kind what) : runtime(of), kind(what) { cx.budget = &budget; }
  thread(const thread&) = delete;
  thread& operator=(const thread&) = delete;

  guard entry;
  // Changes under the lock of the core's tenure: by the thread itself, or by a taker that has passed its guard
  // (takeover). The thread reads it inside host code, where it is stable.
  core* held = nullptr;
  engine& runtime;
  const thread_kind kind;

  // What a poll on this thread uses. Not the core's: a poll that lost its core goes on using them.
  task::coop_budget budget;
  task::context cx;

  // Of a poll that lost its core: which, since when, where it began, and how. Observers need no order;
  // engine::pass_coreless() acquires what the taker releases, and what the thread releases when the poll is settled.
  std::atomic<task::header*> stuck_in{nullptr};
  std::atomic<instant_ns> stuck_since{0};
  std::atomic<std::uint32_t> stuck_from{0};
  std::atomic<bool> stuck_blocks{false};  // it had said that it blocks
  instant_ns lost_core_at = 0;            // written by the taker, who has passed our guard; ours afterwards

  stack_place* stack = nullptr;  // where it answers for its stack; written before it holds a core

  std::atomic<int> os_id{0};
  basic_shown<real_policy, packed_inside> shown;

  [[nodiscard]] inside inside_now() const { return shown.now().unpacked(); }
};

// The thread we are on; null on threads that are not ours. Initial-exec: one load, also in position-independent code.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local thread* this_thread;

// Around a call into a plugin.
class plugin_call {
 public:
  plugin_call(memory::owner_id owner, const void* code) : plugin_call(packed_inside{owner, code}) {}
  explicit plugin_call(packed_inside what) : on_(this_thread) {
    if (on_ == nullptr) return;
    outer_ = on_->shown.mine();
    on_->shown.enter(what);
    on_->entry.leave();  // shows it to whoever passes the guard, also when the thread holds no pin any more
  }
  plugin_call(const plugin_call&) = delete;
  plugin_call& operator=(const plugin_call&) = delete;
  ~plugin_call() {
    if (on_ == nullptr) return;
    on_->entry.enter();
    on_->shown.leave_to(outer_);
  }

 private:
  thread* on_;
  packed_inside outer_;
};

// The same around a task's poll, which a worker begins with nobody's code around it.
class poll_call {
 public:
  explicit poll_call(packed_inside what) : on_(*this_thread) {
    on_.cx.polling = true;
    on_.shown.enter(what);
    on_.entry.leave();
  }
  poll_call(const poll_call&) = delete;
  poll_call& operator=(const poll_call&) = delete;
  ~poll_call() {
    on_.entry.enter();
    on_.shown.leave_to({});
    on_.cx.polling = false;
  }

 private:
  thread& on_;
};

// Around a call from a plugin. Also legal where no plugin is on the stack: then it changes nothing.
class host_entry {
 public:
  host_entry() : on_(this_thread) {
    if (on_ == nullptr) [[unlikely]]
      return;
    before_ = on_->entry.now();
    on_->entry.enter(before_);
  }
  host_entry(const host_entry&) = delete;
  host_entry& operator=(const host_entry&) = delete;
  ~host_entry() {
    if (on_ != nullptr) [[likely]]
      on_->entry.leave(before_);
  }

  // The core of that runtime which this thread holds, or null.
  [[nodiscard]] core* core_of(const engine& all) const {
    return on_ != nullptr && &on_->runtime == &all ? on_->held : nullptr;
  }
  // The same, of whichever runtime the thread belongs to.
  [[nodiscard]] core* held() const { return on_ != nullptr ? on_->held : nullptr; }

 private:
  thread* on_;
  std::uint32_t before_ = 0;
};

}  // namespace tokiod::sched
