// internal to runtime/: keeps the memory of a runtime, not the runtime itself.
// Invariant: in a plugin nothing is counted: what it runs in outlives it.
// Threads:   [any].
#pragma once

#include <utility>

#include "tokio/core/host.hpp"

namespace tokio::runtime {

class reference {
 public:
  // Takes over a reference that is counted already.
  static reference adopt(tokio_plugin* instance) noexcept { return reference(instance); }
  static reference share(tokio_plugin* instance) noexcept {
    if (host.runtime) host.runtime->retain(instance);
    return reference(instance);
  }
  reference(const reference& other) noexcept : reference(share(other.instance_)) {}
  reference(reference&& other) noexcept : instance_(std::exchange(other.instance_, nullptr)) {}
  reference& operator=(reference other) noexcept {
    std::swap(instance_, other.instance_);
    return *this;
  }
  ~reference() {
    if (instance_ && host.runtime) host.runtime->release(instance_);
  }

  tokio_plugin* get() const noexcept { return instance_; }

 private:
  explicit reference(tokio_plugin* instance) noexcept : instance_(instance) {}
  tokio_plugin* instance_;
};

// The table behind what only an embedded runtime can do.
inline const tokio_runtime_ext& runtime_table(call_site at) {
  if (!host.runtime) panic("this host does not offer its runtime (tokio.runtime/1): a plugin is only given one", at);
  return *host.runtime;
}

}  // namespace tokio::runtime
