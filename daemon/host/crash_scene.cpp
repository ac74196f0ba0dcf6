#include "host/crash_scene.hpp"

#include "host/guard.hpp"
#include "host/plugin.hpp"
#include "host/plugin_task.hpp"
#include "runtime/runtime.hpp"
#include "runtime/sched/core.hpp"
#include "runtime/sched/thread.hpp"

namespace tokiod::host {
namespace {

std::string_view view_of(tokio_str s) { return s.ptr == nullptr ? std::string_view() : std::string_view(s.ptr, s.len); }

// On a thread that is not the runtime's a guard shows it.
const plugin* whose_code(const sched::thread* on) {
  if (on != nullptr)
    if (const void* const code = on->inside_now().code; code != nullptr) return static_cast<const plugin*>(code);
  return inside_if_any();
}

// Relaxed: this thread is the one that polls it.
const task::header* polled_on(const sched::thread& on) {
  const auto* const running = on.held != nullptr ? on.held->running.load(relaxed) : nullptr;
  return running != nullptr ? running : on.stuck_in.load(relaxed);
}

// As plugin_of(), of a task that nobody holds for us: what it refers to may be on its way out.
const plugin* whose_task(const runtime& of, const task::header& task) {
  const auto& owner = of.engine().owners[task::owner_of(task)];
  if (owner == nullptr || task.about.load(relaxed) == nullptr) return nullptr;
  return static_cast<const tokio_plugin*>(owner->user);
}

void name_task(crash_scene& into, const task::header& task) {
  const tokio_task_vt& kind = kind_of(task);
  into.task = task.id.load(relaxed);
  into.name = view_of(kind.name);
  into.file = view_of(kind.file);
  into.line = kind.line;
}

}  // namespace

crash_scene scene_here() noexcept {
  crash_scene scene;
  const sched::thread* const on = sched::this_thread;
  const plugin* const inside = whose_code(on);
  if (inside != nullptr) {
    scene.instance = inside->instance;
    scene.plugin = inside->descriptor.id;
    scene.image = inside->image;
    scene.image_file = inside->image_file;
  }
  if (on == nullptr) return scene;
  if (on->held != nullptr) scene.worker = static_cast<std::int32_t>(on->held->index);
  const task::header* const task = polled_on(*on);
  if (task == nullptr || inside == nullptr || task::owner_of(*task) != inside->owner_id) return scene;
  name_task(scene, *task);
  return scene;
}

crash_scene scene_on(const runtime& of, std::uint32_t worker) noexcept {
  crash_scene scene;
  task::header* const task = of.polled_on(worker);
  const plugin* const whose = task != nullptr ? whose_task(of, *task) : nullptr;
  if (whose == nullptr) return scene;
  scene.worker = static_cast<std::int32_t>(worker);
  scene.instance = whose->instance;
  scene.plugin = whose->descriptor.id;
  name_task(scene, *task);
  return scene;
}

}  // namespace tokiod::host
