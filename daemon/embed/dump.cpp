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
  auto& into = *static_cast<dumped*>(user);
  if (into.places.size() == into.places.capacity()) {  // there is room for most of what waits: see look()
    into.task.flags |= TOKIO_DUMP_CUT;
    return 0;
  }
  into.places.push_back({*at, depth});
  return 1;
}

// [who holds the task still]
void read(task::header& task, tokio_plugin& p, dumped& into) {
  const auto& kind = host::kind_of(task);
  const tokio_walk walk = {.size = sizeof walk, .flags = 0, .user = &into, .place = keep};
  into.task.state = TOKIO_TASK_IDLE;
  into.task.name = kind.name;
  const host::call_scope scope(p);
  if (kind.spawned_at != nullptr) kind.spawned_at(task::body_of(task), &into.task.spawned_at);
  if (kind.walk != nullptr) kind.walk(task::body_of(task), &walk);
}

// False: it is over.
bool look(const task_view& view, tokio_plugin& p, dumped& into) {
  into.places.clear();
  into.places.reserve(most_places);
  into.task = {.size = sizeof into.task,
               .state = view.state == task_state::running ? TOKIO_TASK_RUNNING : TOKIO_TASK_QUEUED,
               .id = view.id,
               .name = {},
               .spawned_at = {},
               .flags = 0,
               .reserved = 0};
  if (runtime::hold_still(view.which, [&](task::header& task) { read(task, p, into); })) return true;
  if (runtime::is_finished(view.which)) return false;
  into.task.name = static_cast<const tokio_task_vt*>(view.about)->name;
  return true;
}

void tell_of(const dumped& one, const tokio_dump& to, tokio_plugin& p) {
  const host::call_scope scope(p);
  to.task(to.user, &one.task);
  for (const told_place& each : one.places)
    if (to.walk->place(to.walk->user, &each.at, each.depth) == 0) return;
}

}  // namespace

void embedded::dump(const tokio_dump& to) {
  const sched::host_entry inside;
  dumped one;
  for (const task_view& view : runtime_->tasks(&plugin_->owner, SIZE_MAX))
    if (view.state != task_state::done && look(view, *plugin_, one)) tell_of(one, to, *plugin_);
}

}  // namespace tokiod::embed
