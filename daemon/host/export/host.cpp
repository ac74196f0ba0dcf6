// The core table: tasks (task.cpp), clock, randomness, identity, memory, operations, registrations.
#include <sys/random.h>

#include <cstdlib>

#include "host/export/buffer.hpp"
#include "host/export/common.hpp"
#include "host/export/operation.hpp"
#include "host/export/tables.hpp"
#include "host/export/task.hpp"
#include "host/own_thread.hpp"
#include "host/plugin_task.hpp"
#include "host/seeded_bytes.hpp"

namespace tokiod::host {
namespace {

const void* get_ext(tokio_plugin* p, const char* id) noexcept {
  if (id == nullptr) return nullptr;
  const void* const table = extension(id);
  return table != nullptr || p == nullptr ? table : p->events.extension(id);
}

void panic(tokio_plugin* p, tokio_cx*, tokio_str message, tokio_str where) noexcept try {
  if (p == nullptr) return;
  (void)set_panic_message(view(message));
  p->report_panic(view(message), view(where));
} catch (const std::bad_alloc&) {
  // The outcome is told without its message.
}

uint64_t now_ns(tokio_plugin* p) noexcept { return p == nullptr ? steady_clock().now() : p->rt.now(); }
int64_t wall_ns(tokio_plugin*) noexcept { return wall_clock_ns(); }

void random_bytes(tokio_plugin* p, void* out, size_t n) noexcept {
  if (p != nullptr && p->random != nullptr) return p->random->fill({static_cast<std::byte*>(out), n});
  auto* at = static_cast<unsigned char*>(out);
  while (n > 0) {
    const auto got = ::getrandom(at, n, 0);
    if (got < 0) {
      TOKIOD_ASSERT(errno == EINTR);
      continue;
    }
    at += got;
    n -= static_cast<size_t>(got);
  }
}

uint32_t thread_kind() noexcept {
  if (on_ctl_thread()) return TOKIO_THREAD_CTL;
  const auto here = runtime::here();
  if (here.worker >= 0) return TOKIO_THREAD_WORKER;
  return here.blocking ? TOKIO_THREAD_BLOCKING : TOKIO_THREAD_FOREIGN;
}

void instance_fail(tokio_plugin* p, tokio_str reason) noexcept try {
  if (p != nullptr && p->now_in() != phase::gone) p->events.gave_up(*p, std::string(view(reason)));
} catch (const std::bad_alloc&) {
  p->events.gave_up(*p, {});
}

void instance_finish(tokio_plugin* p, int32_t status) noexcept {
  if (p != nullptr && p->now_in() != phase::gone) p->events.finished(*p, status < 0 || status > 255 ? 255 : status);
}

// ---- memory

void* mem_alloc(tokio_plugin* p, size_t size, size_t align) noexcept {
  if (p == nullptr || size == 0 || (align & (align - 1)) != 0 || p->now_in() == phase::gone) return nullptr;
  if (size > PTRDIFF_MAX || align > PTRDIFF_MAX) {  // rounded up it would be less
    (void)fail(TOKIO_ENOMEM, "no memory for ", size, " bytes");
    return nullptr;
  }
  if (!p->charge(size)) {
    (void)fail(TOKIO_EQUOTA, size, " bytes are more than ", p->instance, " may have");
    return nullptr;
  }
  const size_t at_least = align < sizeof(void*) ? sizeof(void*) : align;
  void* memory = std::aligned_alloc(at_least, (size + at_least - 1) / at_least * at_least);
  if (memory == nullptr) p->discharge(size);
  return memory;
}

void mem_free(tokio_plugin* p, void* memory, size_t size, size_t) noexcept {
  if (p == nullptr || memory == nullptr) return;
  std::free(memory);
  p->discharge(size);
}

tokio_status buf_alloc(tokio_plugin* p, size_t cap, tokio_buf* out) noexcept {
  if (p == nullptr || out == nullptr) return fail(TOKIO_EINVAL, "buf_alloc: a null pointer");
  if (p->now_in() == phase::gone) return fail(TOKIO_EGONE, "instance ", p->instance, " is gone");
  return new_lease(*p, cap, out);
}

// ---- operations

tokio_plugin* owner_of(const tokio_op* op) { return op == nullptr ? nullptr : op->owner.load(relaxed); }

tokio_res op_poll(tokio_op* op, tokio_cx* cx) noexcept {
  if (owner_of(op) == nullptr || cx == nullptr)
    return fail(TOKIO_EBADF, "op_poll: the operation was dropped before, or there is no context");
  if (!tokio_coop(cx)) return TOKIO_PENDING;
  if (op->work->done.poll(key_of(cx->waker))) return op->work->result;
  tokio_coop_restore(cx);
  return TOKIO_PENDING;
}

void op_drop(tokio_op* op) noexcept {
  if (auto* p = owner_of(op); p != nullptr) drop_op(*op, *p);
}

tokio_status op_take(tokio_op* op, tokio_buf* buf, tokio_file** file) noexcept {
  auto* p = owner_of(op);
  if (p == nullptr || !op->work->done.finished()) return fail(TOKIO_EINVAL, "op_take: the operation has not finished");
  if (file != nullptr) {
    *file = nullptr;
    if (auto opened = std::exchange(op->work->opened, nullptr))
      if (const auto status = new_file(*p, std::move(opened), file); status != TOKIO_OK) return status;
  }
  if (buf == nullptr) return TOKIO_OK;
  *buf = std::exchange(op->work->lease, {});
  const auto addresses = std::exchange(op->work->addresses, {});
  if (addresses.empty()) return TOKIO_OK;
  const std::size_t bytes = addresses.size() * sizeof(tokio_addr);
  if (const auto status = new_lease(*p, bytes, buf); status != TOKIO_OK) return status;
  std::memcpy(buf->ptr, addresses.data(), bytes);
  buf->len = bytes;
  return TOKIO_OK;
}

void reg_drop(tokio_reg* registration) noexcept {
  auto* p = registration == nullptr ? nullptr : registration->owner.load(relaxed);
  if (p != nullptr) p->methods.remove(*registration);
}

tokio_str last_error() noexcept {
  const auto& text = last_error_text();
  return {text.data(), text.size()};
}

}  // namespace

std::string& last_error_text() {
  static thread_local std::string text;
  return text;
}

tokio_status new_op(tokio_plugin& p, std::shared_ptr<operation> work, tokio_op** out) noexcept {
  auto* op = handle_pool<tokio_op>::take(&p);
  if (op == nullptr) return fail(TOKIO_ENOMEM, "no memory for an operation");
  op->work = std::move(work);
  p.count(entry::operations, 1);
  *out = op;
  return TOKIO_OK;
}

void drop_op(tokio_op& op, tokio_plugin& of) noexcept {
  op.work.reset();
  of.count(entry::operations, -1);
  handle_pool<tokio_op>::give(op);
}

const tokio_host host_table = {
    .size = sizeof(tokio_host),
    .abi_major = TOKIO_ABI_MAJOR,
    .abi_minor = TOKIO_ABI_MINOR,
    .flags = 0,
    .name = "tokiod",
    .version = TOKIOD_VERSION,
    .task_body_offset = task::body_offset,
    .task_body_align_max = task::body_align,
    .get_ext = get_ext,
    .task_alloc = task_alloc,
    .task_spawn = task_spawn,
    .task_discard = task_discard,
    .task_wake = task_wake,
    .task_abort = task_abort,
    .task_poll_join = task_poll_join,
    .task_release_join = task_release_join,
    .task_is_finished = task_is_finished,
    .task_id = task_id,
    .coop_exhausted = coop_exhausted,
    .panic = panic,
    .now_ns = now_ns,
    .wall_ns = wall_ns,
    .random = random_bytes,
    .thread_kind = thread_kind,
    .instance_fail = instance_fail,
    .instance_finish = instance_finish,
    .mem_alloc = mem_alloc,
    .mem_free = mem_free,
    .buf_alloc = buf_alloc,
    .op_poll = op_poll,
    .op_drop = op_drop,
    .op_take = op_take,
    .reg_drop = reg_drop,
    .last_error = last_error,
};

}  // namespace tokiod::host
