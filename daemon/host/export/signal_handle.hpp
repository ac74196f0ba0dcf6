// Internal to host/export: a plugin's listener for one signal.
// Invariant: `source` is deregistered before `event` is closed.
// Threads:   one at a time, as the contract says.
#pragma once
#include <cstdint>

#include "base/fd.hpp"
#include "host/handle_pool.hpp"
#include "runtime/io/source.hpp"
#include "tokio/abi/signal.h"

struct tokio_signal final : tokiod::host::pooled<tokio_signal> {
  tokiod::io::source* source = nullptr;
  tokiod::unique_fd event;
  int number = 0;
  std::uint64_t seen = 0;  // of the deliveries
};

namespace tokiod::host {
void close_signal(tokio_signal& listener, tokio_plugin& of) noexcept;
}
