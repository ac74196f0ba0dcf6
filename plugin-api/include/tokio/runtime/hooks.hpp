// internal to runtime/: the callbacks of a builder as the host calls them.
// Invariant: each runtime has its own copy, which goes with it. What a callback throws is reported and goes no further.
// Threads:   the threads of the runtime, several at a time.
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tokio/runtime/own_stretches.hpp"
#include "tokio/task/join_handle.hpp"
#include "tokio/task/walk.hpp"

namespace tokio::runtime {

// What a hook is told of a task.
struct task_meta {
  task_id id;
  std::string_view name;                 // empty: it has none; valid during the call
  std::optional<code_place> spawned_at;  // empty: a spawn with arguments for the function, which cannot know its line
  // How long it was runnable before this poll, for the two hooks around it, where
  // builder::track_task_schedule_latency() was called; right to 16 ns, modulo 68.7 s.
  std::optional<std::chrono::nanoseconds> schedule_latency;

  static task_meta of(const tokio_task_meta& raw) noexcept {
    task_meta made{task_id{raw.id}, to_view(raw.name), std::nullopt, std::nullopt};
    if (raw.spawned_at.line != 0) made.spawned_at = code_place::of(raw.spawned_at);
    if ((raw.flags & TOKIO_META_WAITED) != 0) made.schedule_latency.emplace(raw.waited_ns);
    return made;
  }
};

struct hooks {
  using thread_hook = std::function<void()>;
  using task_hook = std::function<void(const task_meta&)>;

  std::function<std::string()> thread_name;
  thread_hook thread_start, thread_stop, thread_park, thread_unpark;
  task_hook task_spawn, task_end, before_poll, after_poll;

  // Moves a copy to the host.
  static tokio_runtime_hooks given(const hooks& all) {
    tokio_runtime_hooks raw{};
    raw.size = sizeof raw;
    raw.user = new hooks(all);
    raw.drop = [](void* user) noexcept { delete static_cast<hooks*>(user); };
    if (all.thread_name) raw.thread_name = &name_thread;
    raw.thread_start = on_thread<&hooks::thread_start>(all);
    raw.thread_stop = on_thread<&hooks::thread_stop>(all);
    raw.thread_park = on_thread<&hooks::thread_park>(all);
    raw.thread_unpark = on_thread<&hooks::thread_unpark>(all);
    raw.task_spawn = on_task<&hooks::task_spawn>(all);
    raw.task_end = on_task<&hooks::task_end>(all);
    raw.before_poll = on_task<&hooks::before_poll>(all);
    raw.after_poll = on_task<&hooks::after_poll>(all);
    return raw;
  }

 private:
  // It may not block, also where the thread that spawns may.
  class in_hook {
   public:
    in_hook() noexcept { ++hooks_here; }
    ~in_hook() { --hooks_here; }
    in_hook(const in_hook&) = delete;
    in_hook& operator=(const in_hook&) = delete;

   private:
    own_stretches none_;
  };
  // Inside the runtime: it may spawn and wake.
  template <class Call>
  static void guarded(tokio_plugin* instance, Call call) noexcept {
    const instance_scope inside(instance);
    const in_hook now;
    try {
      call();
    } catch (...) {
      report_panic(instance, nullptr);
    }
  }
  static std::size_t name_thread(void* user, char* into, std::size_t room) noexcept {
    const in_hook now;
    try {
      const std::string name = static_cast<hooks*>(user)->thread_name();
      return name.copy(into, room);
    } catch (...) {
      return 0;  // a thread without a name
    }
  }
  template <thread_hook hooks::* Which>
  static auto on_thread(const hooks& all) -> void (*)(void*, tokio_plugin*) noexcept {
    if (!(all.*Which)) return nullptr;
    return [](void* user, tokio_plugin* instance) noexcept {
      guarded(instance, [&] { (static_cast<hooks*>(user)->*Which)(); });
    };
  }
  template <task_hook hooks::* Which>
  static auto on_task(const hooks& all) -> void (*)(void*, tokio_plugin*, const tokio_task_meta*) noexcept {
    if (!(all.*Which)) return nullptr;
    return [](void* user, tokio_plugin* instance, const tokio_task_meta* raw) noexcept {
      guarded(instance, [&] { (static_cast<hooks*>(user)->*Which)(task_meta::of(*raw)); });
    };
  }
};

}  // namespace tokio::runtime
