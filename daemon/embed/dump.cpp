// Every task of an embedded runtime, and what those that wait wait at. The places are read while the task is kept from
// running, and told afterwards, when nothing is held.
#include <vector>

#include "embed/embedded.hpp"
#include "host/plugin_task.hpp"

namespace tokiod::embed {
namespace {

constexpr std::size_t most_places = 4096;  // of one task

struct told_place {
  tokio_place at;
  std::uint32_t depth;
};

// One task as it was at one moment.
struct dumped {
  tokio_dump_task task;
  std::vector<told_place> places;
};

std::int32_t keep(void* user, const tokio_place* at, std::uint32_t depth) noexcept {
  auto& all = *static_cast<std::vector<told_place>*>(user);  // there is room: see look()
  if (all.size() == all.capacity()) return 0;
  all.push_back({*at, depth});
  return 1;
}

std::uint32_t state_of(const task_view& view) {
  return view.state == task_state::running ? TOKIO_TASK_RUNNING : TOKIO_TASK_QUEUED;
}

// False: it is over.
bool look(const task_view& view, tokio_plugin& p, dumped& into) {
  into.places.clear();
  into.places.reserve(most_places);
  const auto& kind = *static_cast<const tokio_task_vt*>(view.about);
  into.task = {.size = sizeof into.task, .state = state_of(view), .id = view.id, .name = kind.name, .spawned_at = {}};
  const tokio_walk walk = {.size = sizeof walk, .flags = 0, .user = &into.places, .place = keep};
  const bool idle = runtime::hold_still(view.which, [&](task::header& task) {
    const host::call_scope scope(p);
    if (kind.spawned_at != nullptr) kind.spawned_at(task::body_of(task), &into.task.spawned_at);
    if (kind.walk != nullptr) kind.walk(task::body_of(task), &walk);
  });
  if (idle) into.task.state = TOKIO_TASK_IDLE;
  return idle || !runtime::is_finished(view.which);
}

void tell_of(const dumped& one, const tokio_dump& to, tokio_plugin& p) {
  const host::call_scope scope(p);
  to.task(to.user, &one.task);
  for (const told_place& each : one.places)
    if (to.walk.place(to.walk.user, &each.at, each.depth) == 0) return;
}

}  // namespace

void embedded::dump(const tokio_dump& to) {
  const sched::host_entry inside;
  dumped one;
  for (const task_view& view : runtime_->tasks(&plugin_->owner, SIZE_MAX))
    if (view.state != task_state::done && look(view, *plugin_, one)) tell_of(one, to, *plugin_);
}

}  // namespace tokiod::embed
