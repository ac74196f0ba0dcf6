// The options of tokio_runtime_v0 as the runtime's own, checked: a number that makes no sense is one sentence.
// Threads: pure functions; the hooks are called as tokio/abi/runtime.h says.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "runtime/sched/options.hpp"
#include "tokio/abi/runtime.h"

namespace tokiod::embed {

// The program's hooks. Gives them back when the runtime is gone, or was never made.
class hook_set {
 public:
  explicit hook_set(const tokio_runtime_hooks& given) : all(given) {}
  hook_set(const hook_set&) = delete;
  hook_set& operator=(const hook_set&) = delete;
  ~hook_set() {
    if (all.drop != nullptr) all.drop(all.user);
  }
  const tokio_runtime_hooks all;
};

struct settings {
  sched::options runtime;
  std::shared_ptr<const hook_set> hooks;  // never null
  std::string name;
  std::uint64_t flags = 0;
  std::uint64_t seed = 0;
  std::vector<duration_ns> poll_bounds, wait_bounds;

  [[nodiscard]] bool has(std::uint64_t flag) const { return (flags & flag) != 0; }
};

// `hooks` is what `given` says of them; it is owned by somebody already, because a refusal gives it back, too.
[[nodiscard]] outcome<settings> settings_of(const tokio_runtime_options& given, std::shared_ptr<const hook_set> hooks);

// The number of workers that TOKIO_WORKER_THREADS asks for; without it, as many as the process may use.
[[nodiscard]] outcome<std::uint32_t> default_workers(const char* variable);

}  // namespace tokiod::embed
