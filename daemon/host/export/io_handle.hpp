// Internal to host/export: a plugin's socket, listener or adopted descriptor.
// Invariant: `source` is deregistered before `fd` is closed or given back.
// Threads:   each direction by one poller at a time; close when nobody polls.
#pragma once
#include <cstdint>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "host/handle_pool.hpp"
#include "host/plugin.hpp"
#include "runtime/io/source.hpp"
#include "tokio/abi/net.h"

struct tokio_io final : tokiod::host::pooled<tokio_io> {
  tokiod::io::source* source = nullptr;
  int fd = -1;
  bool socket = true;    // false: read and write instead of recv and send
  bool message = false;  // every read is one message, so a short one says nothing about what is left
  bool listens = false;  // and somebody who keeps listening sockets knows of it
  // What poll_ready() saw of each direction, so that a clear_ready() does not clear what came since.
  tokiod::io::readiness seen[2];
};

namespace tokiod::host {

struct io_shape {
  bool socket = true;
  bool message = false;
  io::interest interest = io::interest::both;
};

// Registers `fd` and charges it; on an error `fd` is still the caller's.
[[nodiscard]] tokio_status new_io(tokio_plugin& p, int fd, io_shape shape, tokio_io** out) noexcept;

// Watches `fd` in the place of the handle's descriptor, which is closed; nobody may poll meanwhile. On an error nothing
// has changed.
[[nodiscard]] tokio_status replace_io(tokio_io& handle, tokio_plugin& of, int fd) noexcept;

// Deregisters, and gives the descriptor back.
[[nodiscard]] int release_io(tokio_io& handle, tokio_plugin& of) noexcept;
void close_io(tokio_io& handle, tokio_plugin& of) noexcept;
// The same at the end of an instance that left it open: whoever still waits for it is woken, and finds it closed.
void take_back_io(tokio_io& handle, tokio_plugin& of) noexcept;

// `call` gave -errno instead of a descriptor; where there are none left, the sentence says how many there may be.
[[gnu::cold]] [[nodiscard]] tokio_status no_descriptor(const tokio_plugin& p, const char* call, int failed) noexcept;

}  // namespace tokiod::host
