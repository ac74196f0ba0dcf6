#include "host/task_dump.hpp"

#include <algorithm>

#include "host/plugin_task.hpp"
#include "host/texts.hpp"

namespace tokiod::host {
namespace {

std::string short_text_of(tokio_str s) {
  std::string text = text_of(s);
  text.resize(std::min(text.size(), most_place_text));
  return text;
}

std::int32_t keep(void* user, const tokio_place* at, std::uint32_t depth) noexcept try {
  auto& into = *static_cast<task_dump*>(user);
  if (into.places.size() == task_dump::most_places) {
    into.cut = true;
    return 0;
  }
  into.places.push_back({short_text_of(at->function), short_text_of(at->file), at->line, at->column, depth});
  return 1;
} catch (const std::bad_alloc&) {
  static_cast<task_dump*>(user)->cut = true;
  return 0;
}

// [who holds the task still]
void read(task::header& task, task_dump& into) {
  into.held = true;
  if (task::owner_of(task) == 0) return;  // the runtime's own
  const tokio_task_vt& kind = kind_of(task);
  if (!TOKIO_HAS(tokio_task_vt, &kind, walk) || kind.walk == nullptr) return;
  into.walks = true;
  const tokio_walk walk = {.size = sizeof walk, .flags = 0, .user = &into, .place = keep};
  const call_scope scope(plugin_of(task));
  kind.walk(task::body_of(task), &walk);
}

}  // namespace

task_dump dump_task(const task_view& which) {
  const sched::host_entry inside;
  task_dump into;
  (void)runtime::hold_still(which.which, [&](task::header& task) { read(task, into); });
  return into;
}

}  // namespace tokiod::host
