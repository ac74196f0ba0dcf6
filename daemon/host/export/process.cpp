// tokio.process/1: the handles. How a child comes to be is process_spawn.cpp.
#include "host/export/process.hpp"

#include <csignal>
#include <utility>

#include "host/export/child.hpp"
#include "host/export/common.hpp"
#include "host/export/io_handle.hpp"
#include "host/export/tables.hpp"
#include "host/orphans.hpp"

namespace tokiod::host {
namespace {

// Null when the handle was freed.
tokio_plugin* owner_of(tokio_proc* child) { return child == nullptr ? nullptr : child->owner.load(relaxed); }

[[gnu::cold]] tokio_status freed() { return fail(TOKIO_EBADF, "the child's handle was freed before"); }

// The word of waitpid(), out of what waitid() says.
std::int32_t status_word(const siginfo_t& seen) {
  if (seen.si_code == CLD_EXITED) return (seen.si_status & 0xff) << 8;
  return seen.si_status | (seen.si_code == CLD_DUMPED ? 0x80 : 0);
}

// 1: it has ended, and was reaped. -EAGAIN: it runs, or its end is held back (a debugger has it). Under the lock.
ssize_t reap(tokio_proc& child) {
  siginfo_t seen{};
  if (const int failed = child.process.look(seen); failed != 0) return -failed;
  if (seen.si_pid == 0) return -EAGAIN;
  child.status = status_word(seen);
  return 1;
}

// What keeps another runtime than the owner's from going is a socket of it.
void stop_watching(tokio_proc& child, const tokio_plugin& of) {
  auto* const source = std::exchange(child.source, nullptr);
  if (source == nullptr) return;
  runtime::deregister_fd(*source);
  auto& watcher = *std::exchange(child.watcher, nullptr);
  if (&watcher != &of) watcher.count(entry::sockets, -1);
}

result<void> start_watching(tokio_proc& child, const tokio_plugin& of, tokio_plugin& by) {
  const auto source = by.rt.register_fd(child.process.event(), io::interest::read);
  if (!source) return std::unexpected(source.error());
  child.source = *source;
  child.watcher = &by;
  if (&by != &of) by.count(entry::sockets, 1);
  return {};
}

// As reap(); with a waiter the end wakes it. What watches is the runtime that made the child, or when that has ended
// the one in which somebody waits, `here`. Under the lock, inside of a host_entry.
ssize_t look(tokio_proc& child, tokio_plugin& of, tokio_plugin& here, const task::key* waiter) {
  auto& by = of.rt.drivers_gone() ? here : of;
  if (child.source != nullptr && child.watcher->rt.drivers_gone()) stop_watching(child, of);
  if (child.source == nullptr) {
    const auto seen = reap(child);
    if (seen != -EAGAIN || waiter == nullptr) return seen;
    if (const auto watched = start_watching(child, of, by); !watched) return -watched.error().code;
  }
  if (waiter == nullptr) return reap(child);
  return io::poll_transfer(*child.source, io::direction::read, 0, waiter, [&] { return reap(child); });
}

bool is_gone(ssize_t seen) { return seen == io::reactor_gone || seen == -ESHUTDOWN; }

// TOKIO_OK: `status` says how it ended.
tokio_res wait_for(tokio_proc& child, tokio_plugin& of, tokio_plugin& here, const task::key* waiter) {
  const sched::host_entry inside;
  const std::lock_guard hold(child.mutex);
  if (child.status) return TOKIO_OK;
  auto seen = look(child, of, here, waiter);
  if (is_gone(seen) && !here.rt.drivers_gone()) {  // the one that watched has ended just now
    stop_watching(child, of);
    seen = look(child, of, here, waiter);
  }
  if (seen == -EAGAIN) return TOKIO_PENDING;
  if (is_gone(seen)) return runtime_gone();
  if (seen < 0) return fail(error{static_cast<int>(-seen), "waitid"});
  stop_watching(child, of);
  child.process = {};
  return TOKIO_OK;
}

tokio_res poll_wait(tokio_proc* child, tokio_cx* cx, int32_t* status) noexcept {
  auto* p = owner_of(child);
  if (p == nullptr) return freed();
  if (status == nullptr) return fail(TOKIO_EINVAL, "poll_wait: a null pointer");
  if (cx != nullptr && !tokio_coop(cx)) return TOKIO_PENDING;
  const auto waiter = cx != nullptr ? key_of(cx->waker) : task::key{};
  auto& here = cx != nullptr && cx->plugin != nullptr ? *cx->plugin : *p;
  const auto done = wait_for(*child, *p, here, cx != nullptr ? &waiter : nullptr);
  if (done == TOKIO_PENDING && cx != nullptr) tokio_coop_restore(cx);
  if (done == TOKIO_OK) *status = *child->status;  // it does not change any more
  return done;
}

int64_t child_pid(tokio_proc* child) noexcept {
  if (owner_of(child) == nullptr) return freed();
  const std::lock_guard hold(child->mutex);
  return child->status ? 0 : child->process.pid();
}

tokio_status take_stdio(tokio_proc* child, uint32_t which, tokio_io** out) noexcept {
  if (owner_of(child) == nullptr) return freed();
  if (which > 2 || out == nullptr) return fail(TOKIO_EINVAL, "take_stdio takes 0, 1 or 2, got ", which);
  const std::lock_guard hold(child->mutex);
  auto* const pipe = std::exchange(child->pipes[which], nullptr);
  if (pipe == nullptr) return fail(TOKIO_ENOENT, "standard stream ", which, " is not a pipe, or was taken before");
  *out = pipe;
  return TOKIO_OK;
}

// Gone is as good: somebody else reaped it.
tokio_status send(const tokio_proc& child, int signo) {
  const int failed = child.status ? 0 : child.process.send(signo);
  return failed == 0 || failed == ESRCH ? TOKIO_OK : fail(error{failed, "kill"});
}

tokio_status child_kill(tokio_proc* child, int32_t signo) noexcept {
  if (owner_of(child) == nullptr) return freed();
  if (signo <= 0 || signo > SIGRTMAX)
    return fail(TOKIO_EINVAL, "there is no signal ", signo, "; they are numbered 1 to ", SIGRTMAX);
  const std::lock_guard hold(child->mutex);
  return send(*child, signo);
}

void child_free(tokio_proc* child) noexcept {
  if (child == nullptr) return;
  auto* p = owner_of(child);
  if (p == nullptr) return (void)misuse(nullptr, "free: the child's handle was freed before");
  free_child(*child, *p);
}

}  // namespace

void free_child(tokio_proc& child, tokio_plugin& of) noexcept {
  {
    const sched::host_entry inside;
    const std::lock_guard hold(child.mutex);
    for (auto*& pipe : child.pipes)
      if (auto* const left = std::exchange(pipe, nullptr)) close_io(*left, of);
    stop_watching(child, of);
    if (child.kill_on_drop) (void)send(child, SIGKILL);
    if (!child.status && reap(child) == -EAGAIN) orphans::add(std::move(child.process));
    child.process = {};
    of.count(entry::children, -1);
  }
  handle_pool<tokio_proc>::give(child);
}

const tokio_process_ext process_table = {
    .size = sizeof(tokio_process_ext),
    .flags = 0,
    .spawn = process_spawn,
    .pid = child_pid,
    .take_stdio = take_stdio,
    .poll_wait = poll_wait,
    .kill = child_kill,
    .free = child_free,
};

}  // namespace tokiod::host
