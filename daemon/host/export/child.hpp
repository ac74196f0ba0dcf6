// Internal to host/export: a plugin's child process.
// Invariant: `process` is there until the end was observed, and then `status` says how it ended; so what is sent to it
//            never meets another process. Our ends of its pipes are handles of their own, here until they are taken.
// Threads:   [any]; one task waits at a time.
#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>

#include "host/child_process.hpp"
#include "host/handle_pool.hpp"
#include "host/plugin.hpp"
#include "runtime/io/source.hpp"
#include "tokio/abi/process.h"

struct tokio_proc final : tokiod::host::pooled<tokio_proc> {
  std::mutex mutex;  // of all that follows
  tokiod::host::child_process process;
  tokiod::io::source* source = nullptr;  // of its event, once somebody has waited
  tokio_plugin* watcher = nullptr;       // whose runtime has the source: the owner's, or when that has ended another's
  std::optional<std::int32_t> status;    // as of waitpid()
  bool kill_on_drop = false;
  std::array<tokio_io*, 3> pipes{};
};

namespace tokiod::host {

// What is true of a child whose handle goes: it is killed if that was wanted, and reaped when it ends.
void free_child(tokio_proc& child, tokio_plugin& of) noexcept;

}  // namespace tokiod::host
