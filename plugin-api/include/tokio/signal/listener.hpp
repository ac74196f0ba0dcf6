// Listening to a signal of the process: `auto hangup = signal(signal_kind::hangup())`, then `co_await hangup->recv()`.
// The first listener takes away the signal's default action, for good. Every listener of every runtime hears of it;
// what the daemon itself answers to (SIGTERM, SIGINT, SIGHUP) it answers to all the same. Cancel safe: recv() and
// ctrl_c(); what comes while nobody waits is told by the next recv(). Invariant: a recv() stands for at least one
// delivery since the last; several between two are one. Threads: one task for each listener at a time; it may move.
#pragma once

#include <optional>
#include <utility>

#include "tokio/core/host.hpp"
#include "tokio/signal/signal_kind.hpp"
#include "tokio/task/awaitable.hpp"

namespace tokio::signal {

class listener {
 public:
  explicit listener(tokio_signal* raw) noexcept : raw_(raw) {}
  listener(listener&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  listener& operator=(listener&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~listener() {
    if (raw_) host.signal->close(raw_);
  }

  // There is no end: one that can hear nothing any more is pending for ever, also when its runtime has ended.
  tokio::poll<void> poll_recv(context& cx) noexcept {
    if (host.signal->poll(raw_, cx.raw()) == TOKIO_OK) return ready();
    return pending;
  }
  auto recv() noexcept {
    return poll_fn([this](context& cx) noexcept { return poll_recv(cx); });
  }

 private:
  tokio_signal* raw_;
};

// Panics where there is no runtime, or one without I/O. invalid_input: nobody may listen to that one (SIGKILL, SIGSTOP,
// SIGILL, SIGFPE, SIGSEGV, and one that the host uses itself), or there is none of that number.
inline result<listener> signal(signal_kind kind, call_site at = call_site::current()) {
  auto* const instance =
      current_instance("there is no reactor running: a signal needs a task or an instance_scope", at);
  if (!host.signal)
    return std::unexpected(error(error_kind::unsupported, "this host offers no signals (tokio.signal/1)"));
  tokio_signal* raw = nullptr;
  const auto status = host.signal->open(instance, kind.as_raw_value(), &raw);
  if (status == TOKIO_ENOTSUP) panic("there is no reactor running: enable_io() was not called", at);
  if (status < 0) return std::unexpected(error::from_status(status));
  return listener(raw);
}

// The next SIGINT from its first poll on. From then on SIGINT does not end this process any more.
class [[nodiscard]] ctrl_c_future {
 public:
  using output = result<>;
  explicit ctrl_c_future(call_site at) noexcept : at_(at) {}
  tokio::poll<output> poll(context& cx) {
    if (!heard_) {
      auto made = signal(signal_kind::interrupt(), at_);
      if (!made) return output(std::unexpect, made.error());
      heard_.emplace(*std::move(made));
    }
    if (heard_->poll_recv(cx).is_pending()) return pending;
    return output();
  }

 private:
  call_site at_;
  std::optional<listener> heard_;
};
inline ctrl_c_future ctrl_c(call_site at = call_site::current()) noexcept { return ctrl_c_future(at); }

}  // namespace tokio::signal
