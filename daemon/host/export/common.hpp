// Internal to host/export: what every table does at the wall. Parameter structs are copied in by the growth rule, flags
// are checked, a refusal leaves its sentence for last_error(), and nothing throws back into a plugin.
// Threads: [any]; the sentence is the thread's own.
#pragma once
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <sstream>
#include <string>
#include <string_view>

#include "host/plugin.hpp"
#include "runtime/sched/thread.hpp"
#include "tokio/abi/host.h"

namespace tokiod::host {

// The text of this thread's last failing call.
[[nodiscard]] std::string& last_error_text();

template <class... Parts>
[[gnu::cold]] tokio_status fail(tokio_status status, const Parts&... parts) noexcept try {
  std::ostringstream text;
  (text << ... << parts);
  last_error_text() = std::move(text).str();
  return status;
} catch (const std::bad_alloc&) {
  return status;
}

// What a system call said, as status and as sentence.
[[gnu::cold]] inline tokio_status fail(const error& said) noexcept try {
  last_error_text().clear();
  last_error_text() = said.text();
  return -said.code;
} catch (const std::bad_alloc&) {
  return -said.code;
}

// A violation of the contract: counted, logged, and named.
template <class... Parts>
[[gnu::cold]] tokio_status misuse(tokio_plugin* p, const Parts&... parts) noexcept {
  const auto status = fail(TOKIO_EMISUSE, parts...);
  try {
    if (p != nullptr) p->report_misuse(last_error_text());
  } catch (const std::bad_alloc&) {
    // It is counted; the line in the log is lost.
  }
  return status;
}

// The growth rule for parameter structs: what we do not know must be zero, what the plugin does not know reads as zero.
template <class T>
[[nodiscard]] tokio_status take_params(const T* given, const char* what, T& into) noexcept {
  if (given == nullptr) return fail(TOKIO_EINVAL, what, " is a null pointer");
  const std::size_t size = given->size;
  if (size < sizeof given->size) return fail(TOKIO_EINVAL, what, ".size is ", size, "; it is sizeof the struct");
  const auto* bytes = reinterpret_cast<const unsigned char*>(given);
  for (std::size_t i = sizeof(T); i < size; ++i)
    if (bytes[i] != 0) return fail(TOKIO_E2BIG, what, " has a value at byte ", i, ", where this host knows no field");
  std::memset(static_cast<void*>(&into), 0, sizeof into);
  std::memcpy(static_cast<void*>(&into), given, size < sizeof(T) ? size : sizeof(T));
  return TOKIO_OK;
}

// The growth rule for result structs.
template <class T>
void give_result(T& out, const T& ours) noexcept {
  if (out.size == sizeof(T)) [[likely]]  // a copy of known size is a few stores
    return (void)(out = ours);
  const std::size_t size = out.size < sizeof(T) ? out.size : sizeof(T);
  if (size < sizeof out.size) return;
  std::memcpy(static_cast<void*>(&out), &ours, size);
  out.size = static_cast<std::uint32_t>(size);
}

// What a system call gave, or a negative errno where it says -1.
template <std::signed_integral Result>
Result or_errno(Result result) {
  return result >= 0 ? result : -static_cast<Result>(errno);
}

[[nodiscard]] inline std::string_view view(tokio_str s) {
  return s.ptr == nullptr ? std::string_view{} : std::string_view(s.ptr, s.len);
}

[[nodiscard]] inline task::key key_of(tokio_waker w) { return {reinterpret_cast<task::header*>(w.task), w.generation}; }
[[nodiscard]] inline tokio_waker waker_of(task::key k) { return {reinterpret_cast<tokio_task*>(k.task), k.generation}; }

// Both words in one store: a copy of a waker is a load of both, and one that follows two stores waits until they have
// left the core.
inline void write_waker(tokio_waker& into, task::key k) {
  using both [[gnu::vector_size(16), gnu::aligned(8), gnu::may_alias]] = std::uint64_t;
  static_assert(sizeof(both) == sizeof(tokio_waker));
  reinterpret_cast<both&>(into) = both{reinterpret_cast<std::uintptr_t>(k.task), k.generation};
}

// The core of the task's runtime which this thread holds: what follows is then the core's own business, without the way
// through the abstract scheduler.
[[nodiscard]] inline sched::core* core_for(const sched::host_entry& inside, task::header& task) {
  sched::core* const on = inside.held();
  return on != nullptr && on->door == memory::slab_of(&task).door ? on : nullptr;
}

[[nodiscard]] inline tokio_status refused_new(const plugin& p) noexcept {
  const auto status = p.admits_new();
  if (status == TOKIO_OK) [[likely]]
    return status;
  return fail(status, "instance ", p.instance,
              status == TOKIO_EGONE ? " is gone" : " has stopped: it gets nothing new");
}

// The same for what needs the I/O driver.
[[nodiscard]] inline tokio_status refused_new_io(const plugin& p) noexcept {
  if (!p.has_io) [[unlikely]]
    return fail(TOKIO_ENOTSUP, "this runtime has no I/O: enable_io() was not called");
  return refused_new(p);
}

// What is waited for belongs to a runtime that has ended.
[[gnu::cold]] inline tokio_status runtime_gone() noexcept {
  return fail(TOKIO_ESHUTDOWN, "the runtime is gone: nothing would end the wait");
}

}  // namespace tokiod::host
