// internal to test/: the core table of the fake host.
// Threads: the one that made the host.
#pragma once

#include "tokio/test/fake_extensions.hpp"

namespace tokio::test::fake_tasks {

inline const void* get_ext(tokio_plugin* p, const char* id) noexcept {
  auto& all = fake_state::of(p).extensions;
  auto found = all.find(id);
  return found == all.end() ? nullptr : found->second;
}

inline tokio_status alloc(tokio_plugin* p, std::size_t size, std::size_t align, tokio_task** out) noexcept {
  return fake_core::of(p).alloc(p, size, align, out);
}
inline tokio_status spawn(tokio_task* task, const tokio_task_vt* vt, std::uint32_t flags, tokio_waker* key) noexcept {
  return fake_core::of(task).core->spawn(fake_core::of(task), vt, flags, key);
}
inline void discard(tokio_task* task) noexcept { fake_core::of(task).core->free(fake_core::of(task)); }
inline void wake(tokio_waker key) noexcept {
  if (fake_core::current) fake_core::current->wake(key);
}
inline void abort(tokio_waker key) noexcept {
  if (fake_core::current) fake_core::current->abort(key);
}

inline fake_task& joined(tokio_waker handle) {
  auto* task = fake_core::current ? fake_core::current->find(handle) : nullptr;
  if (!task || !task->handle) fake_misuse("a join handle was used after it was released");
  return *task;
}
inline tokio_res poll_join(tokio_waker handle, tokio_cx* cx, tokio_join* out) noexcept {
  auto& task = joined(handle);
  if (!tokio_coop(cx)) return TOKIO_PENDING;
  if (!task.done) {
    tokio_coop_restore(cx);
    task.joiner = cx->waker;
    return TOKIO_PENDING;
  }
  out->outcome = task.outcome;
  out->message = to_str(task.message);
  return 0;
}
inline void release_join(tokio_waker handle) noexcept {
  auto& task = joined(handle);
  task.handle = false;
  task.joiner = {};
  if (!task.done) return;
  task.core->bury(task);
}
inline std::int32_t is_finished(tokio_waker key) noexcept {
  auto* task = fake_core::current ? fake_core::current->find(key) : nullptr;
  return !task || task->done ? 1 : 0;
}
inline std::uint64_t id(tokio_waker key) noexcept {
  auto* task = fake_core::current ? fake_core::current->find(key) : nullptr;
  return task ? 1000 + task->generation : 0;
}
inline void coop_exhausted(tokio_cx* cx) noexcept {
  ++fake_core::current->forced_yields;
  wake(cx->waker);
}
inline void panic(tokio_plugin* p, tokio_cx*, tokio_str message, tokio_str where) noexcept {
  auto& core = fake_core::of(p);
  core.panic_message = text_of(message);
  core.panics.push_back(core.panic_message);
  core.panic_places.push_back(text_of(where));
}

inline std::uint64_t now_ns(tokio_plugin* p) noexcept { return fake_core::of(p).now_ns; }
inline std::int64_t wall_ns(tokio_plugin* p) noexcept {
  return static_cast<std::int64_t>(1'700'000'000'000'000'000ULL + fake_core::of(p).now_ns);
}
inline void random(tokio_plugin* p, void* out, std::size_t size) noexcept {
  auto* bytes = static_cast<unsigned char*>(out);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(fake_core::of(p).random());
}
inline std::uint32_t thread_kind() noexcept { return TOKIO_THREAD_WORKER; }
inline void instance_fail(tokio_plugin* p, tokio_str reason) noexcept {
  fake_core::instance_of(p).failed = text_of(reason);
}
inline void instance_finish(tokio_plugin* p, std::int32_t status) noexcept {
  fake_core::instance_of(p).finished = status;
}

inline void* mem_alloc(tokio_plugin*, std::size_t size, std::size_t align) noexcept {
  return ::operator new(size, std::align_val_t(align), std::nothrow);
}
inline void mem_free(tokio_plugin*, void* memory, std::size_t, std::size_t align) noexcept {
  ::operator delete(memory, std::align_val_t(align));
}
inline tokio_status buf_alloc(tokio_plugin*, std::size_t cap, tokio_buf* out) noexcept { return fake_buf(cap, out); }

// Nothing of the fake host's own gives out operations; an extension that is offered to it may not either.
inline tokio_res op_poll(tokio_op*, tokio_cx*) noexcept { fake_misuse("the fake host has no operations"); }
inline void op_drop(tokio_op*) noexcept { fake_misuse("the fake host has no operations"); }
inline tokio_status op_take(tokio_op*, tokio_buf*, tokio_file**) noexcept {
  fake_misuse("the fake host has no operations");
}
inline tokio_str last_error() noexcept { return {}; }

inline constexpr tokio_host table{sizeof(tokio_host),
                                  TOKIO_ABI_MAJOR,
                                  TOKIO_ABI_MINOR,
                                  TOKIO_HF_SIMULATION,
                                  "fake",
                                  "0",
                                  fake_core::body_offset,
                                  64,
                                  get_ext,
                                  alloc,
                                  spawn,
                                  discard,
                                  wake,
                                  abort,
                                  poll_join,
                                  release_join,
                                  is_finished,
                                  id,
                                  coop_exhausted,
                                  panic,
                                  now_ns,
                                  wall_ns,
                                  random,
                                  thread_kind,
                                  instance_fail,
                                  instance_finish,
                                  mem_alloc,
                                  mem_free,
                                  buf_alloc,
                                  op_poll,
                                  op_drop,
                                  op_take,
                                  fake_control::drop_method,
                                  last_error};

}  // namespace tokio::test::fake_tasks
