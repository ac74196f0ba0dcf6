// Tasks: the functions of tokio/abi/task.h. The hot ones are the runtime's own inline words behind a check or two.
#include "host/export/task.hpp"

#include "host/export/common.hpp"
#include "host/hooked_task.hpp"
#include "host/plugin_task.hpp"
#include "host/trace/traced_task.hpp"

namespace tokiod::host {
namespace {

constexpr std::uint32_t known_task_flags =
    TOKIO_TF_GRACEFUL | TOKIO_TF_SYSTEM | TOKIO_TF_READY_IS_EMPTY | TOKIO_TF_RELAY;
constexpr std::uint32_t known_spawn_flags = TOKIO_SPAWN_JOIN | TOKIO_SPAWN_FRONT;

// Where somebody wants to hear of it before it can run.
[[gnu::cold]] task::task_id tell_of_spawn(tokio_plugin& p, task::header& task) {
  const task::task_id id = sched::engine::ids.take(1);
  task.id.store(id, release);  // as the spawn will
  const call_scope scope(p);
  p.hooks->spawns(p, task);
  return id;
}

[[nodiscard]] task::header& header_of(tokio_task* t) { return *reinterpret_cast<task::header*>(t); }

[[gnu::cold]] tokio_status refused_by_runtime(const tokio_plugin& p, const error& why) noexcept {
  switch (why.code) {
    case ESHUTDOWN: return fail(TOKIO_ESHUTDOWN, "instance ", p.instance, " has stopped: it spawns nothing new");
    case EDQUOT: return fail(TOKIO_EQUOTA, "instance ", p.instance, " has used up its task memory");
    default: return fail(why);
  }
}

// Everything that a spawn must be, as one condition; why_not() then says which part of it fails.
[[nodiscard]] bool may_spawn(const tokio_plugin& p, const tokio_task_vt& vt, std::uint32_t flags,
                             const tokio_waker* key) {
  return vt.size >= sizeof(tokio_task_vt) && vt.poll != nullptr &&
         ((vt.flags & ~known_task_flags) | vt.reserved | (flags & ~known_spawn_flags)) == 0 &&
         (key != nullptr || (flags & TOKIO_SPAWN_JOIN) == 0) && p.max_tasks == UINT64_MAX && p.hooks == nullptr &&
         !trace::on() && !p.owner.closed();
}

[[gnu::cold]] tokio_status why_not(const tokio_plugin& p, const tokio_task_vt& vt, std::uint32_t flags,
                                   const tokio_waker* key) {
  if (vt.size < sizeof(tokio_task_vt) || vt.poll == nullptr)
    return fail(TOKIO_EINVAL, "a tokio_task_vt needs its size, poll and destroy");
  if ((vt.flags & ~known_task_flags) != 0 || vt.reserved != 0)
    return fail(TOKIO_EINVAL, "tokio_task_vt.flags is ", vt.flags,
                "; known are GRACEFUL, SYSTEM, READY_IS_EMPTY and RELAY, reserved is 0");
  if ((flags & ~known_spawn_flags) != 0)
    return fail(TOKIO_EINVAL, "task_spawn knows the flags JOIN and FRONT, got ", flags);
  if ((flags & TOKIO_SPAWN_JOIN) != 0 && key == nullptr)
    return fail(TOKIO_EINVAL, "a join handle needs a place to put it");
  if (p.max_tasks != UINT64_MAX && p.rt.live(p.owner) >= p.max_tasks)
    return fail(TOKIO_EQUOTA, "instance ", p.instance, " may have ", p.max_tasks, " tasks, and has them");
  if (const auto status = refused_new(p); status != TOKIO_OK) return status;
  return p.owner.closed() ? refused_by_runtime(p, {ESHUTDOWN, "spawn"}) : TOKIO_OK;
}

[[nodiscard]] task::spawn_options options_of(const tokio_task_vt& vt, std::uint32_t flags) {
  task::spawn_options options;
  options.with_join_handle = (flags & TOKIO_SPAWN_JOIN) != 0;
  options.kind.graceful = (vt.flags & TOKIO_TF_GRACEFUL) != 0;
  options.kind.system = (vt.flags & TOKIO_TF_SYSTEM) != 0;
  options.kind.empty_when_ready = (vt.flags & TOKIO_TF_READY_IS_EMPTY) != 0;
  return options;
}

// Consume-always: the body is destroyed and the block goes back.
[[gnu::cold]] tokio_status refuse_spawn(task::header& task, tokio_plugin& p, tokio_status status) {
  plugin_task_ops.drop(task);
  p.rt.discard(task);
  return status;
}

[[nodiscard]] bool fits(std::size_t body_align) {
  return body_align <= task::body_align && (body_align & (body_align - 1)) == 0;
}

[[gnu::cold]] tokio_status why_not_allocated(const tokio_plugin* p, std::size_t body_align, tokio_task** out) noexcept {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "task_alloc: a null pointer");
  if (!fits(body_align))
    return fail(TOKIO_EINVAL, "a body's alignment is a power of two up to ", task::body_align, ", got ", body_align);
  return fail(TOKIO_EGONE, "instance ", p->instance, " is gone");
}

TOKIOD_ASIDE [[gnu::cold]] tokio_status no_memory(const tokio_plugin& p, memory::shortage why) noexcept {
  return refused_by_runtime(p, runtime::error_of(why));
}

// ---- on a thread without a core of the runtime, or with something to ask first

TOKIOD_ASIDE [[gnu::cold]] tokio_status alloc_outside(tokio_plugin& p, std::size_t body_size,
                                                      tokio_task** out) noexcept {
  const auto task = p.rt.allocate(p.owner, *p.task_ops, nullptr, body_size);
  if (!task) return refused_by_runtime(p, task.error());
  *out = reinterpret_cast<tokio_task*>(*task);
  return TOKIO_OK;
}

TOKIOD_ASIDE [[gnu::cold]] tokio_status spawn_outside(task::header& task, const tokio_task_vt& vt, std::uint32_t flags,
                                                      tokio_waker* key) noexcept {
  auto& p = plugin_of(task);
  if (const auto status = why_not(p, vt, flags, key); status != TOKIO_OK) return refuse_spawn(task, p, status);
  task::spawn_options options = options_of(vt, flags);
  const bool listened = p.hooks == nullptr && trace::on();
  if (p.hooks != nullptr) options.id = tell_of_spawn(p, task);
  if (listened) trace::born(task, p, options);
  const auto made = p.rt.spawn(task, options, (flags & TOKIO_SPAWN_FRONT) != 0);
  if (!made && listened) trace::unborn(task, options);
  if (!made) return refuse_spawn(task, p, refused_by_runtime(p, made.error()));
  if (key != nullptr) *key = waker_of(*made);
  return TOKIO_OK;
}

// How an ended task ended, for its joiner.
TOKIOD_ASIDE void tell_end(task::header& task, tokio_join& out) noexcept {
  tokio_join told = {.size = sizeof told, .outcome = TOKIO_JOIN_COMPLETED, .message = {nullptr, 0}};
  if (task::end_of(task) == task::end_kind::cancelled) told.outcome = TOKIO_JOIN_CANCELLED;
  if (task::end_of(task) == task::end_kind::panicked) {
    const auto message = task::panic_message_of(task);
    told.outcome = TOKIO_JOIN_PANICKED;
    told.message = {message.data(), message.size()};
  }
  give_result(out, told);
}

[[gnu::cold, gnu::noinline]] tokio_status not_spawned() noexcept {
  return misuse(nullptr, "task_spawn: a null pointer, or a kind of task without destroy");
}

TOKIOD_ASIDE void tell_of_wake(tokio_waker w) noexcept { trace::woken(key_of(w)); }

TOKIOD_ASIDE void wake_outside(tokio_waker w) noexcept { runtime::wake(key_of(w)); }

TOKIOD_ASIDE void release_outside(tokio_waker handle) noexcept { runtime::release_join(key_of(handle)); }

[[gnu::cold, gnu::noinline]] tokio_status not_joined() noexcept {
  return fail(TOKIO_EINVAL, "task_poll_join: a null pointer");
}

[[gnu::cold, gnu::noinline]] void released_before() noexcept {
  (void)misuse(nullptr, "task_release_join: the join handle was released before");
}

// Which task a key names, while it is still that one.
[[nodiscard]] bool names_a_task(tokio_waker w) { return w.task != nullptr; }

}  // namespace

tokio_status task_alloc(tokio_plugin* p, size_t body_size, size_t body_align, tokio_task** out) noexcept {
  if (p == nullptr || out == nullptr || !fits(body_align) || p->now_in() == phase::gone) [[unlikely]]
    return why_not_allocated(p, body_align, out);
  const sched::host_entry inside;
  sched::core* const on = inside.core_of(p->rt.engine());
  if (on == nullptr) [[unlikely]]
    return alloc_outside(*p, body_size, out);
  const auto task = on->allocate(on->share_of(p->owner_id), *p->task_ops, nullptr, body_size);
  if (!task) [[unlikely]]
    return no_memory(*p, task.error());
  *out = reinterpret_cast<tokio_task*>(*task);
  return TOKIO_OK;
}

tokio_status task_spawn(tokio_task* t, const tokio_task_vt* vt, uint32_t flags, tokio_waker* key) noexcept {
  if (t == nullptr || vt == nullptr || vt->destroy == nullptr) [[unlikely]]
    return not_spawned();
  auto& task = header_of(t);
  // Release, as in prepare(): a walker that reads it must then see whose it is.
  task.about.store(vt, release);
  const sched::host_entry inside;
  sched::core* const on = core_for(inside, task);
  if (on == nullptr) [[unlikely]]
    return spawn_outside(task, *vt, flags, key);
  sched::share& part = on->part_of(task);
  auto& p = *static_cast<tokio_plugin*>(part.user);
  if (!may_spawn(p, *vt, flags, key)) [[unlikely]]
    return spawn_outside(task, *vt, flags, key);  // says why not, or counts and tells of it
  const task::key made = on->spawn(task, part, options_of(*vt, flags), (flags & TOKIO_SPAWN_FRONT) != 0);
  if (key != nullptr) write_waker(*key, made);
  return TOKIO_OK;
}

void task_discard(tokio_task* t) noexcept {
  if (t == nullptr) return;
  const sched::host_entry inside;
  plugin_of(header_of(t)).rt.discard(header_of(t));
}

void task_wake(tokio_waker w) noexcept {
  if (!names_a_task(w)) return;
  const sched::host_entry inside;
  if (trace::on()) [[unlikely]]
    tell_of_wake(w);
  if (sched::core* const on = inside.held()) [[likely]]
    task::wake(key_of(w), *on);
  else
    wake_outside(w);
}

void task_abort(tokio_waker w) noexcept {
  if (!names_a_task(w)) return;
  const sched::host_entry inside;
  runtime::abort(key_of(w), task::cancel_kind::ask);
}

tokio_res task_poll_join(tokio_waker handle, tokio_cx* cx, tokio_join* out) noexcept {
  if (!names_a_task(handle) || cx == nullptr || out == nullptr) [[unlikely]]
    return not_joined();
  if (!tokio_coop(cx)) return TOKIO_PENDING;
  const sched::host_entry inside;
  auto& task = *key_of(handle).task;
  if (runtime::poll_join(key_of(handle), key_of(cx->waker)) == task::join_poll::pending) {
    tokio_coop_restore(cx);
    return TOKIO_PENDING;
  }
  if (task::end_of(task) == task::end_kind::completed && out->size == sizeof *out) [[likely]]
    *out = {.size = sizeof *out, .outcome = TOKIO_JOIN_COMPLETED, .message = {nullptr, 0}};
  else
    tell_end(task, *out);
  return TOKIO_OK;
}

void task_release_join(tokio_waker handle) noexcept {
  if (!names_a_task(handle)) return;
  auto& task = *key_of(handle).task;
  if (task.state.prepared_generation() != handle.generation) [[unlikely]]
    return released_before();
  const sched::host_entry inside;
  if (sched::core* const on = core_for(inside, task)) [[likely]]
    task::release_join(task, *on);
  else
    release_outside(handle);
}

int32_t task_is_finished(tokio_waker w) noexcept { return !names_a_task(w) || runtime::is_finished(key_of(w)) ? 1 : 0; }

uint64_t task_id(tokio_waker w) noexcept { return names_a_task(w) ? runtime::id_of(key_of(w)) : 0; }

void coop_exhausted(tokio_cx* cx) noexcept {
  const sched::host_entry inside;
  auto& task = *key_of(cx->waker).task;
  if (sched::core* const on = core_for(inside, task)) on->part_of(task).tasks.budget_exhaustions.add();
  runtime::wake(key_of(cx->waker));
}

}  // namespace tokiod::host
