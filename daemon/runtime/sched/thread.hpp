// An OS thread as the runtime sees it: the core it holds, the guard between host code and plugin code, and whose code
// runs on it now. Two scopes change that, and both are a few plain stores: host_entry around everything a plugin calls,
// plugin_call around everything the host calls in a plugin.
// Invariant: the core's state is touched by this thread only inside host code (guard.hpp); scopes nest strictly.
// Threads:   the scopes [the thread itself]; inside_now(), entry.revoke() [any].
#pragma once
#include <atomic>
#include <cstdint>

#include "base/cache_line.hpp"
#include "base/policy.hpp"
#include "runtime/memory/slab.hpp"
#include "runtime/sched/guard.hpp"

namespace tokiod::sched {

class core;
class engine;

enum class thread_kind : std::uint8_t { worker, blocking };

inline constexpr memory::owner_id no_owner = UINT16_MAX;

// Whose code runs on a thread. Relaxed throughout: an observer wants a recent value; who needs proof (unload) asks the
// engine to pass every guard first.
struct inside {
  memory::owner_id owner = no_owner;
  std::uint16_t depth = 0;      // calls into plugins that have not returned
  const void* image = nullptr;  // the loaded object, as the host names it
};

struct alignas(cache_line) thread {
  thread(engine& of, thread_kind what) : runtime(of), kind(what) {}
  thread(const thread&) = delete;
  thread& operator=(const thread&) = delete;

  guard entry;
  core* held = nullptr;  // changes only under the engine's hand-over
  engine& runtime;
  const thread_kind kind;
  std::atomic<int> os_id{0};
  std::atomic<memory::owner_id> owner{no_owner};
  std::atomic<std::uint16_t> depth{0};
  std::atomic<const void*> image{nullptr};

  [[nodiscard]] inside inside_now() const { return {owner.load(relaxed), depth.load(relaxed), image.load(relaxed)}; }
};

// The thread we are on; null on threads that are not ours. Initial-exec: one load, also in position-independent code.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local thread* this_thread;

// Around a call into a plugin.
class plugin_call {
 public:
  plugin_call(memory::owner_id owner, const void* image) : on_(this_thread) {
    if (on_ == nullptr) return;
    outer_ = on_->inside_now();
    show({owner, static_cast<std::uint16_t>(outer_.depth + 1), image});
    on_->entry.leave();
  }
  plugin_call(const plugin_call&) = delete;
  plugin_call& operator=(const plugin_call&) = delete;
  ~plugin_call() {
    if (on_ == nullptr) return;
    on_->entry.enter();
    show(outer_);
  }

 private:
  void show(const inside& what) {
    on_->owner.store(what.owner, relaxed);
    on_->depth.store(what.depth, relaxed);
    on_->image.store(what.image, relaxed);
  }
  thread* on_;
  inside outer_;
};

// Around a call from a plugin. Also legal where no plugin is on the stack: then it changes nothing.
class host_entry {
 public:
  host_entry() : on_(this_thread), outermost_(on_ != nullptr && !on_->entry.inside()) {
    if (outermost_) on_->entry.enter();
  }
  host_entry(const host_entry&) = delete;
  host_entry& operator=(const host_entry&) = delete;
  ~host_entry() {
    if (outermost_) on_->entry.leave();
  }

 private:
  thread* on_;
  bool outermost_;
};

}  // namespace tokiod::sched
