// internal to runtime/: keeps the memory of a runtime, not the runtime itself.
// Invariant: in a plugin nothing is counted: what it runs in outlives it. Each image of a process has tables of its own
//            (core/host.hpp); one that is given a reference before it made a runtime itself binds them from that.
// Threads:   [any].
#pragma once

#include <utility>

#include "tokio/core/host.hpp"

namespace tokio::runtime {

// The table behind what only an embedded runtime can do.
inline const tokio_runtime_ext& runtime_table(call_site at) {
  if (!host.runtime) panic("this host does not offer its runtime (tokio.runtime/1): a plugin is only given one", at);
  return *host.runtime;
}

class reference {
 public:
  // Takes over a reference that is counted already.
  static reference adopt(tokio_plugin* instance) noexcept { return reference(instance, host.core); }
  static reference share(tokio_plugin* instance) noexcept {
    reference made(instance, host.core);
    made.retain();
    return made;
  }
  reference(const reference& other) noexcept : reference(other.instance_, other.core_) { retain(); }
  reference(reference&& other) noexcept : instance_(std::exchange(other.instance_, nullptr)), core_(other.core_) {}
  reference& operator=(reference other) noexcept {
    std::swap(instance_, other.instance_);
    std::swap(core_, other.core_);
    return *this;
  }
  ~reference() {
    if (get() && host.runtime) host.runtime->release(instance_);
  }

  tokio_plugin* get() const noexcept {
    // Acquire pairs with the release in bind_host().
    if (instance_ && bind_stage.load(std::memory_order_acquire) != 2) [[unlikely]]
      bind_host(instance_, core_);
    return instance_;
  }
  const tokio_runtime_ext& table(call_site at) const {
    (void)get();
    return runtime_table(at);
  }

 private:
  reference(tokio_plugin* instance, const tokio_host* core) noexcept : instance_(instance), core_(core) {}
  void retain() const noexcept {
    if (get() && host.runtime) host.runtime->retain(instance_);
  }

  tokio_plugin* instance_;
  const tokio_host* core_;
};

}  // namespace tokio::runtime
