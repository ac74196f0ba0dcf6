// The door to standalone Asio: no other file includes it. Callbacks only: the daemon has no coroutines. Every call
// takes an error_code, so nothing throws.
#pragma once
#include <chrono>

#include <asio/buffer.hpp>
#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

namespace tokiod::control {

// Also of a port of the loopback: what is done with a stream socket asks for no family.
using local = asio::local::stream_protocol;

[[nodiscard]] inline asio::steady_timer::duration asio_duration(unsigned long long ns) {
  return std::chrono::duration_cast<asio::steady_timer::duration>(std::chrono::nanoseconds(ns));
}

}  // namespace tokiod::control
