// Internal to net/: waiting until a descriptor is ready, for any number of tasks, and what is made of it: operations
// that are tried again until they do not block.
// Invariant: a wait that is given up leaves nothing behind; what it saw is cleared only as far as nothing newer came.
// Threads: a future by one task at a time; any number of them for one socket.
#pragma once

#include <concepts>
#include <type_traits>
#include <utility>

#include "tokio/net/socket.hpp"

namespace tokio::net {

template <class R>
bool would_have_blocked(const R& outcome) noexcept {
  return !outcome.has_value() && outcome.error().kind() == error_kind::would_block;
}

// What was seen, and when: see socket::clear.
class ready_event {
 public:
  ready_event() noexcept = default;
  explicit ready_event(const tokio_wait& raw) noexcept : raw_(raw) {}
  net::ready bits() const noexcept { return net::ready(raw_.ready); }

  // Nothing that came since is taken away, and no end of a direction, which stays for ever.
  void clear(const socket& of, net::ready which) noexcept {
    const auto taken = (bits() & which) - net::ready::read_closed() - net::ready::write_closed();
    if (!taken.is_empty()) host.net->clear_wait(of.raw(), &raw_, taken.raw());
    raw_.ready &= ~which.raw();
  }
  // A system call said that it would block, so everything that was seen is used up, an end too: it was none (a socket
  // that is not connected is hung up), or there is a newer event that tells of it.
  void use_up(const socket& of) const noexcept { host.net->clear_wait(of.raw(), &raw_, raw_.ready); }

 private:
  tokio_wait raw_{};
};

// A look, without waiting. `would_block` when nothing is ready.
inline result<ready_event> ready_now(const socket& of, interest what) noexcept {
  tokio_wait wait{};
  const auto got = host.net->poll_wait(of.raw(), nullptr, what.raw(), &wait);
  if (got == TOKIO_PENDING) return std::unexpected(would_block());
  if (got < 0) return std::unexpected(error::from_status(got));
  return ready_event(wait);
}

// Keeps only the waker of the task that asked last, and no other's: one for each direction.
inline tokio::poll<result<ready_event>> poll_ready_alone(const socket& of, context& cx, interest what) noexcept {
  tokio_wait wait{};
  wait.flags = TOKIO_WAIT_ALONE;
  const auto got = host.net->poll_wait(of.raw(), cx.raw(), what.raw(), &wait);
  if (got == TOKIO_PENDING) return pending;
  if (got < 0) return result<ready_event>(std::unexpect, error::from_status(got));
  return result<ready_event>(std::in_place, wait);
}

inline tokio::poll<result<>> poll_alone(const socket& of, context& cx, interest what) noexcept {
  auto got = poll_ready_alone(of, cx, what);
  if (got.is_pending()) return pending;
  if (!got.value()) return result<>(std::unexpect, got.value().error());
  return result<>();
}

// One task's wait, beside any number of others.
class ready_wait {
 public:
  explicit ready_wait(const socket& of) noexcept : of_(&of) {}
  ready_wait(ready_wait&& other) noexcept
      : of_(other.of_), wait_(other.wait_), waits_(std::exchange(other.waits_, false)) {}
  ready_wait& operator=(ready_wait&&) = delete;
  ~ready_wait() {
    if (waits_) host.net->leave_wait(of_->raw(), &wait_);
  }
  const socket& of() const noexcept { return *of_; }

  tokio::poll<result<ready_event>> poll(context& cx, interest what) noexcept {
    const auto got = host.net->poll_wait(of_->raw(), cx.raw(), what.raw(), &wait_);
    waits_ = got == TOKIO_PENDING;
    if (waits_) return pending;
    if (got < 0) return result<ready_event>(std::unexpect, error::from_status(got));
    return result<ready_event>(std::in_place, wait_);
  }

 private:
  const socket* of_;
  tokio_wait wait_{};
  bool waits_ = false;
};

// Ready when the socket is. T: net::ready, or void. Cancel safe.
template <class T>
class [[nodiscard]] ready_future {
 public:
  using output = result<T>;
  ready_future(const socket& of, interest what) noexcept : wait_(of), what_(what) {}
  tokio::poll<output> poll(context& cx) noexcept {
    auto got = wait_.poll(cx, what_);
    if (got.is_pending()) return pending;
    if (!got.value()) return output(std::unexpect, got.value().error());
    if constexpr (std::is_void_v<T>)
      return output();
    else
      return output(got.value()->bits());
  }

 private:
  ready_wait wait_;
  interest what_;
};

// What `async_io(interest, op)` is: `op` runs only when the descriptor is ready, and again after each would_block.
// `op` gives a result; it makes a system call of its own and calls nothing of the SDK. Cancel safe when `op` is.
// Each try costs a unit; one that blocks waits for the next event, also where an end of the descriptor was seen.
template <class Op>
class [[nodiscard]] io_future {
 public:
  using output = std::invoke_result_t<Op&>;
  io_future(const socket& of, interest what, Op op) : wait_(of), what_(what), op_(std::move(op)) {}
  tokio::poll<output> poll(context& cx) {
    for (;;) {
      auto seen = wait_.poll(cx, what_);
      if (seen.is_pending()) return pending;
      if (!seen.value()) return output(std::unexpect, seen.value().error());
      output outcome = op_();
      if (!would_have_blocked(outcome)) return outcome;
      seen.value()->use_up(wait_.of());
    }
  }

 private:
  ready_wait wait_;
  interest what_;
  Op op_;
};

// The same once and without waiting; what was seen is cleared when `op` would block.
template <class Op>
std::invoke_result_t<Op&> try_io_of(const socket& of, interest what, Op op) {
  using output = std::invoke_result_t<Op&>;
  auto seen = ready_now(of, what);
  if (!seen) return output(std::unexpect, seen.error());
  output outcome = op();
  if (would_have_blocked(outcome)) seen->use_up(of);
  return outcome;
}

// An operation of the host that any number of tasks may be in: `once(nullptr)` tries, and clears what it used up.
template <class Once>
class [[nodiscard]] shared_future {
 public:
  using output = typename std::invoke_result_t<Once&, tokio_cx*>::value_type;
  shared_future(const socket& of, interest what, Once once) noexcept : wait_(of), what_(what), once_(std::move(once)) {}
  tokio::poll<output> poll(context& cx) {
    for (;;) {
      auto seen = wait_.poll(cx, what_);
      if (seen.is_pending()) return pending;
      if (!seen.value()) return output(std::unexpect, seen.value().error());
      auto got = once_(nullptr);
      if (got.is_ready()) return got;
    }
  }

 private:
  ready_wait wait_;
  interest what_;
  Once once_;
};

// The waits and the operations of the caller's own, for a type with raw_socket().
template <class Self>
class ready_methods {
 public:
  // Waits for any of `what`, and says what is. It may be wrong: the next call may still say would_block.
  ready_future<net::ready> ready(interest what) const noexcept { return {at(), what}; }
  // Runs `op` if the descriptor is ready; the error would_block when it is not, or when `op` says so.
  template <class Op>
  auto try_io(interest what, Op op) const {
    return try_io_of(at(), what, std::move(op));
  }
  template <class Op>
  io_future<Op> async_io(interest what, Op op) const {
    return io_future<Op>(at(), what, std::move(op));
  }

 protected:
  ready_methods() = default;

 private:
  const socket& at() const noexcept { return static_cast<const Self*>(this)->raw_socket(); }
};

}  // namespace tokio::net
