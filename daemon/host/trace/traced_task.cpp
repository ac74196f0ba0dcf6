#include "host/trace/traced_task.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "runtime/memory/slab.hpp"
#include "runtime/task/join.hpp"

namespace tokiod::host::trace {
namespace {

instant_ns now() { return steady_clock().now(); }

// A local task that is polled on this thread, by its relay.
constinit thread_local task::header* local_here = nullptr;

// What is polled on this thread now; null: nothing is. Inside host code.
task::header* polled_here() {
  if (local_here != nullptr) return local_here;
  const sched::thread* const on = sched::this_thread;
  if (on == nullptr || !on->cx.polling) return nullptr;
  return on->held != nullptr ? on->held->running.load(relaxed)
                             : on->stuck_in.load(relaxed);  // or its poll lost the core
}

task::task_id parent_here() {
  const task::header* const in = polled_here();
  return in == nullptr ? 0 : in->id.load(relaxed);
}

std::string_view text(tokio_str s) { return s.ptr == nullptr ? std::string_view{} : std::string_view(s.ptr, s.len); }

// Where this one was spawned, where its plugin says so, else where its kind was written. The task is not in a poll, and
// keeps its image.
tokio_place place_of(task::header& task) {
  const tokio_task_vt& kind = kind_of(task);
  tokio_place place{};
  if (TOKIO_HAS(tokio_task_vt, &kind, spawned_at) && kind.spawned_at != nullptr)
    kind.spawned_at(task::body_of(task), &place);
  if (place.line == 0) place = {.function = {}, .file = kind.file, .line = kind.line, .column = 0};
  return place;
}

bool is_relay(task::header& task) { return (kind_of(task).flags & TOKIO_TF_RELAY) != 0; }

struct sizes {
  std::size_t block = 0, least = 0;
};

// Before it is spawned a task says what it was asked for with. Afterwards its block does: one byte less would have had
// the next smaller one; of the smallest blocks and of whole pages less is known.
sizes sizes_of(task::header& task, bool spawned) {
  const memory::slab_header& slab = memory::slab_of(&task);
  const std::size_t block = slab.is_run() ? slab.bytes : memory::slot_bytes(slab.bin);
  if (!spawned) return {block - task::body_offset, task.stamped.get()};
  const std::size_t smaller = slab.is_run()   ? block - std::min(block, memory::page_bytes)
                              : slab.bin != 0 ? memory::slot_bytes(static_cast<memory::bin_index>(slab.bin - 1))
                                              : 0;
  return {block - task::body_offset, smaller > task::body_offset ? smaller - task::body_offset + 1 : 0};
}

birth birth_of(task::header& task, const tokio_plugin& p, task::task_id id, bool seen) {
  const tokio_place place = place_of(task);
  const tokio_task_vt& kind = kind_of(task);
  const sizes bytes = is_relay(task) ? sizes{} : sizes_of(task, !seen);  // a relay is as large as any other
  return {.id = id,
          .parent = seen ? parent_here() : 0,
          .kind = is_relay(task) ? task_kind::local : task_kind::task,
          .seen = seen,
          .instance = p.instance,
          .name = text(kind.name),
          .file = text(place.file),
          .function = text(place.function),
          .line = place.line,
          .column = place.column,
          .bytes = bytes.block,
          .least_bytes = bytes.least};
}

void begin(task::header& task, const tokio_plugin& p, task::task_id id, bool seen) {
  task.ops = &traced_task_ops;
  if (task_book* const to = book()) to->begin(birth_of(task, p, id, seen), now());
}

// Nobody listens any more.
void leave_alone(task::header& task) {
  task.ops = &plugin_task_ops;
  task.kind.timed = false;
}

std::optional<run_up> run_up_of(task::header& task, const task::context& cx) {
  const auto seen = static_cast<sched::core*>(cx.core)->delay_of(task);
  return seen ? std::optional(run_up{seen->lasted, seen->again}) : std::nullopt;
}

void end(task_book& in, task::task_id id, task::poll_result said, instant_ns now) {
  if (said == task::poll_result::ready) in.ends(id, task_end::completed, now);
  if (said == task::poll_result::panicked) in.ends(id, task_end::panicked, now);
}

// Its own polls are nobody's: those of the task that it stands for are told of, by local_poll_begins().
task::poll_result poll_relay(task::header& task, task::context& cx, task_book& to) noexcept {
  const task::task_id id = task.id.load(relaxed);
  if (!to.knows(id)) begin(task, *static_cast<tokio_plugin*>(cx.user), id, false);
  const task::poll_result said = plugin_task_ops.poll(task, cx);
  end(to, id, said, now());
  return said;
}

task::poll_result poll(task::header& task, task::context& cx) noexcept {
  task_book* const to = book();
  if (to == nullptr) {
    leave_alone(task);
    return plugin_task_ops.poll(task, cx);
  }
  if (is_relay(task)) return poll_relay(task, cx, *to);
  const task::task_id id = task.id.load(relaxed);
  const auto before = run_up_of(task, cx);
  const instant_ns begun = now();
  if (!to->poll_begins(id, begun, before)) {  // the book began anew since
    begin(task, *static_cast<tokio_plugin*>(cx.user), id, false);
    (void)to->poll_begins(id, begun, before);
  }
  const task::poll_result said = plugin_task_ops.poll(task, cx);
  const instant_ns ended = now();
  to->poll_ends(id, begun, ended, said == task::poll_result::yielded);
  end(*to, id, said, ended);
  return said;
}

void runnable(task::header& task) noexcept {
  if (task_book* const to = book()) to->runnable(task.id.load(relaxed), now());
}

// One that ended by itself was written down then, and only what it left is destroyed.
void drop(task::header& task) noexcept {
  const bool cancelled = task::end_of(task) == task::end_kind::none;
  const task::task_id id = task.id.load(relaxed);
  plugin_task_ops.drop(task);
  if (task_book* const to = last_book(); to != nullptr && cancelled) to->ends(id, task_end::cancelled, now());
}

}  // namespace

const task::body_ops traced_task_ops = {.poll = poll, .drop = drop, .runnable = runnable};

void born(task::header& task, const tokio_plugin& p, task::spawn_options& options) {
  options.id = sched::engine::ids.take(1);
  options.kind.timed = true;
  begin(task, p, options.id, true);
}

void unborn(task::header& task, const task::spawn_options& options) {
  task.ops = &plugin_task_ops;
  if (task_book* const to = last_book()) to->forget(options.id);
}

void met(task::header& task, const tokio_plugin& p) {
  task.kind.timed = true;
  begin(task, p, task.id.load(relaxed), false);
}

void woken(task::key which) {
  task_book* const to = book();
  const task::task_id id = to == nullptr ? 0 : runtime::id_of(which);
  if (id != 0) to->woken(id, polled_here() == which.task, now());
}

task::header* local_poll_begins(task::key relay) {
  task_book* const to = book();
  const task::task_id id = to == nullptr ? 0 : runtime::id_of(relay);
  if (id == 0) return local_here;
  (void)to->poll_begins(id, now(), std::nullopt);
  return std::exchange(local_here, relay.task);
}

void local_poll_ends(task::key relay, task::header* outer, bool again) {
  local_here = outer;
  task_book* const to = last_book();
  const task::task_id id = to == nullptr ? 0 : runtime::id_of(relay);
  if (id == 0) return;
  const instant_ns ended = now();
  to->local_poll_ends(id, ended, again);
  if (again) to->runnable(id, ended);
}

task::task_id job_born(const tokio_plugin& p, std::string_view name, const tokio_place& at) {
  task_book* const to = book();
  if (to == nullptr) return 0;
  const task::task_id id = sched::engine::ids.take(1);
  const birth job = {.id = id,
                     .parent = parent_here(),
                     .kind = task_kind::blocking,
                     .instance = p.instance,
                     .name = name,
                     .file = text(at.file),
                     .function = text(at.function),
                     .line = at.line,
                     .column = at.column};
  to->begin(job, now());
  return id;
}

void job_begins(task::task_id job, instant_ns begun) {
  task_book* const to = book();
  if (to == nullptr || job == 0) return;
  const auto record = to->find(job);
  const duration_ns waited = record ? begun - std::min(record->created, begun) : 0;
  if (record) (void)to->poll_begins(job, begun, run_up{waited, false});
}

void job_ends(task::task_id job, instant_ns begun, bool ran) {
  task_book* const to = last_book();
  if (to == nullptr || job == 0) return;
  const instant_ns ended = now();
  if (ran) to->poll_ends(job, begun, ended);
  to->ends(job, ran ? task_end::completed : task_end::cancelled, ended);
}

void job_unborn(task::task_id job) {
  if (task_book* const to = last_book(); to != nullptr && job != 0) to->forget(job);
}

}  // namespace tokiod::host::trace
