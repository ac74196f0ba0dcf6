// The host's tables, looked up once for each image, and which instance this thread is working for.
// Invariant: all instances of one image are given the same tables; a table that is not offered is nullptr.
// Threads: bind_host [ctl]; everything else [any] once an instance was bound.
// No model: the first bind_host() publishes the tables to the others with one release store.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <span>

#include "tokio/abi.h"
#include "tokio/core/error.hpp"

namespace tokio {

inline constexpr std::string_view to_view(tokio_str text) noexcept { return {text.ptr, text.len}; }
inline constexpr tokio_str to_str(std::string_view text) noexcept { return {text.data(), text.size()}; }

struct host_tables {
  const tokio_host* core = nullptr;
  const tokio_time_ext* time = nullptr;
  const tokio_net_ext* net = nullptr;
  const tokio_fd_ext* fd = nullptr;
  const tokio_resolve_ext* resolve = nullptr;
  const tokio_fs_ext* fs = nullptr;
  const tokio_blocking_ext* blocking = nullptr;
  const tokio_log_ext* log = nullptr;
  const tokio_metrics_ext* metrics = nullptr;
  const tokio_control_ext* control = nullptr;
  const tokio_account_ext* account = nullptr;
  const tokio_runtime_ext* runtime = nullptr;
  const tokio_process_ext* process = nullptr;
  const tokio_signal_ext* signal = nullptr;
  const tokio_trace_ext* trace = nullptr;
  const tokio_workers_ext* workers = nullptr;
};

TOKIO_HIDDEN inline constinit host_tables host{};

// Where it says whether somebody listens to resources and operations; see tracing/resource.hpp. Atomic, because a lock
// may be made on a thread that has nothing to do with the one that binds the host.
TOKIO_HIDDEN inline constinit const std::uint32_t nobody_listens = 0;
TOKIO_HIDDEN inline constinit std::atomic<const std::uint32_t*> listening{&nobody_listens};

// What this thread does for a plugin now. Plain data, so that it never keeps an image from being unloaded.
struct thread_state {
  tokio_plugin* instance;
  tokio_cx* cx;        // of the poll this thread is in, or nullptr
  tokio_waker task;    // the task that is polled or destroyed now; all zeroes outside
  void* local_scopes;  // the innermost task local in force; see task/local.hpp
};
TOKIO_HIDDEN inline constinit thread_local thread_state this_thread{};

// How many stretches of block_in_place this thread is in, in the poll or block_on that it is in.
TOKIO_HIDDEN inline constinit thread_local unsigned blocking_stretches = 0;

// How many hooks of a runtime this thread is in; see runtime/hooks.hpp.
TOKIO_HIDDEN inline constinit thread_local unsigned hooks_here = 0;

// This thread is in a task, in what a block_on waits for, or in a hook of a runtime, and may not block.
inline bool in_async_context() noexcept {
  return (this_thread.cx || this_thread.task.task || hooks_here != 0) && blocking_stretches == 0;
}

TOKIO_HIDDEN inline constinit std::atomic<int> bind_stage{0};  // 0 unbound, 1 being bound, 2 bound

// Looks the tables up. The first instance of an image does it; the others are given the same addresses.
inline void bind_host(tokio_plugin* instance, const tokio_host* core) noexcept {
  int unbound = 0;
  if (!bind_stage.compare_exchange_strong(unbound, 1, std::memory_order_acquire)) {
    while (bind_stage.load(std::memory_order_acquire) != 2) {  // pairs with the release below
    }
    if (host.core == core) return;
  }
  auto find = [&](const char* id) { return core->get_ext(instance, id); };
  host = host_tables{core,
                     static_cast<const tokio_time_ext*>(find(TOKIO_EXT_TIME)),
                     static_cast<const tokio_net_ext*>(find(TOKIO_EXT_NET)),
                     static_cast<const tokio_fd_ext*>(find(TOKIO_EXT_FD)),
                     static_cast<const tokio_resolve_ext*>(find(TOKIO_EXT_RESOLVE)),
                     static_cast<const tokio_fs_ext*>(find(TOKIO_EXT_FS)),
                     static_cast<const tokio_blocking_ext*>(find(TOKIO_EXT_BLOCKING)),
                     static_cast<const tokio_log_ext*>(find(TOKIO_EXT_LOG)),
                     static_cast<const tokio_metrics_ext*>(find(TOKIO_EXT_METRICS)),
                     static_cast<const tokio_control_ext*>(find(TOKIO_EXT_CONTROL)),
                     static_cast<const tokio_account_ext*>(find(TOKIO_EXT_ACCOUNT)),
                     static_cast<const tokio_runtime_ext*>(find(TOKIO_EXT_RUNTIME)),
                     static_cast<const tokio_process_ext*>(find(TOKIO_EXT_PROCESS)),
                     static_cast<const tokio_signal_ext*>(find(TOKIO_EXT_SIGNAL)),
                     static_cast<const tokio_trace_ext*>(find(TOKIO_EXT_TRACE)),
                     static_cast<const tokio_workers_ext*>(find(TOKIO_EXT_WORKERS))};
  listening.store(TOKIO_HAS(tokio_trace_ext, host.trace, op_drop) ? host.trace->listening : &nobody_listens,
                  std::memory_order_relaxed);
  bind_stage.store(2, std::memory_order_release);  // publishes the tables to the next instance's bind_host
}

// The instance this thread works for. Panics outside of one: `what` names the call that needed it.
inline tokio_plugin* current_instance(const char* what, call_site at = {}) {
  if (tokio_plugin* instance = this_thread.instance) return instance;
  panic(what, at);
}

// This thread works for somebody else until the end of the scope.
class [[nodiscard]] thread_scope {
 public:
  explicit thread_scope(const thread_state& now) noexcept : before_(this_thread) { this_thread = now; }
  ~thread_scope() { this_thread = before_; }
  thread_scope(const thread_scope&) = delete;
  thread_scope& operator=(const thread_scope&) = delete;

 private:
  const thread_state before_;
};

// Works for `instance` on this thread until the end of the scope (a callback of the host, a thread of the plugin).
class [[nodiscard]] instance_scope : thread_scope {
 public:
  explicit instance_scope(tokio_plugin* instance) noexcept : thread_scope({instance, nullptr, {}, nullptr}) {}
};

// "file:line"; nothing for a place that is not known. Of a path that is too long the end is kept.
inline std::string_view write_place(const call_site& at, std::span<char> into) noexcept {
  if (at.line() == 0) return {};
  char* const end = into.data() + into.size();
  char* out = end;
  for (auto line = at.line(); line != 0; line /= 10) *--out = static_cast<char>('0' + line % 10);
  *--out = ':';
  std::string_view file = at.file_name();
  while (!file.empty() && out != into.data()) {
    *--out = file.back();
    file.remove_suffix(1);
  }
  return {out, end};
}

// Tells the host what was thrown. Called inside a catch block.
inline void report_panic(tokio_plugin* instance, tokio_cx* cx) noexcept {
  auto report = [&](const char* text, std::string_view where = {}) noexcept {
    host.core->panic(instance, cx, to_str(text), to_str(where));
  };
  try {
    throw;
  } catch (const panic_error& panicked) {
    char where[256];
    report(panicked.what(), write_place(panicked.where(), where));
  } catch (const std::exception& thrown) {
    report(thrown.what());
  } catch (const char* text) {
    report(text);
  } catch (...) {
    report("an exception of a type that is not derived from std::exception");
  }
}

inline std::uint64_t now_ns(call_site at = call_site::current()) {
  auto* instance = current_instance("there is no runtime here: the clock needs a task or an instance_scope", at);
  return host.core->now_ns(instance);
}

}  // namespace tokio
