// `async_fd<T>`: a descriptor of the caller's own, watched by the runtime: `readable()` gives a guard, and what the
// guard saw is cleared when the system call says that it would block.
//   auto watched = async_fd<owned_fd>::make(std::move(fd));
//   auto guard = co_await watched->readable();
//   auto got = guard->try_io([](int fd) -> result<std::size_t> { ... ::read(fd, ...) ... });
// T is an int, or has fd(). The descriptor is non-blocking and of a kind that epoll takes (no regular file).
// Invariant: T keeps the descriptor; the watching ends before T does. When T closed it first, what was open ends with
// the
//            watching, and who has its number now is not touched.
// Cancel safe: readable(), writable() and ready(), which take nothing.
// Threads: any number of tasks wait; the poll_ forms by one task for each direction.
#pragma once

#include <concepts>
#include <expected>
#include <utility>

#include "tokio/net/readiness.hpp"

namespace tokio::net {

template <class T>
concept descriptor = std::same_as<T, int> || requires(const T& of) {
  { of.fd() } -> std::convertible_to<int>;
};
template <descriptor T>
int fd_of(const T& of) noexcept {
  if constexpr (std::same_as<T, int>)
    return of;
  else
    return of.fd();
}

template <descriptor T>
class async_fd;

// What was ready when it was made. Dropping it clears nothing.
template <descriptor T>
class [[nodiscard]] async_fd_guard {
 public:
  async_fd_guard(const async_fd<T>& of, const ready_event& seen) noexcept : of_(&of), seen_(seen) {}

  net::ready ready() const noexcept { return seen_.bits(); }
  // The descriptor is not ready any more: the caller saw it block. Readiness that came since the guard was made stays.
  void clear_ready() noexcept { clear_ready_matching(net::ready::all()); }
  void clear_ready_matching(net::ready which) noexcept { seen_.clear(of_->raw_socket(), which); }
  // It is still ready. Does nothing, and says so.
  void retain_ready() const noexcept {}
  // Runs `op(fd)`; when it says would_block, the readiness is cleared and the answer is that error.
  template <class Op>
  auto try_io(Op op) {
    auto outcome = op(of_->fd());
    if (would_have_blocked(outcome)) clear_ready();
    return outcome;
  }
  const async_fd<T>& get() const noexcept { return *of_; }

 private:
  const async_fd<T>* of_;
  ready_event seen_;
};

// Why it could not be watched, and what was to be.
template <descriptor T>
struct async_fd_error {
  T inner;
  error why;
};

template <descriptor T>
class async_fd {
 public:
  using guard = async_fd_guard<T>;
  static constexpr interest both = interest::readable() | interest::writable();

  // Panics where there is no runtime. EPERM: a regular file.
  static result<async_fd> make(T inner, interest what = both, call_site called = call_site::current()) {
    auto made = try_make(std::move(inner), what, called);
    if (!made) return std::unexpected(made.error().why);
    return std::move(*made);
  }
  // The same; an error gives `inner` back.
  static std::expected<async_fd, async_fd_error<T>> try_make(T inner, interest what = both,
                                                             call_site called = call_site::current()) {
    auto watched = socket::watch(fd_of(inner), what, called);
    if (!watched) return std::unexpected(async_fd_error<T>{std::move(inner), watched.error()});
    return async_fd(std::move(inner), std::move(*watched));
  }

  auto ready(interest what) const noexcept { return guard_future(*this, what); }
  auto readable() const noexcept { return ready(interest::readable()); }
  auto writable() const noexcept { return ready(interest::writable()); }
  // Keep the waker of the task that asked last, one for each direction.
  tokio::poll<result<guard>> poll_read_ready(context& cx) const noexcept {
    return poll_guard(cx, interest::readable());
  }
  tokio::poll<result<guard>> poll_write_ready(context& cx) const noexcept {
    return poll_guard(cx, interest::writable());
  }
  // `op(fd)` if it is ready; the error would_block when it is not, or when `op` says so.
  template <class Op>
  auto try_io(interest what, Op op) const {
    return try_io_of(watched_, what, [&] { return op(fd()); });
  }
  // `op(fd)` until it does not say would_block. Cancel safe when `op` is.
  template <class Op>
  auto async_io(interest what, Op op) const {
    return io_future(watched_, what, [this, op = std::move(op)]() mutable { return op(fd()); });
  }

  T& get() noexcept { return inner_; }
  const T& get() const noexcept { return inner_; }
  int fd() const noexcept { return fd_of(inner_); }
  // Ends the watching.
  T into_inner() && {
    const socket ended = std::move(watched_);
    return std::move(inner_);
  }
  const socket& raw_socket() const noexcept { return watched_; }

 private:
  class [[nodiscard]] guard_future {
   public:
    using output = result<guard>;
    guard_future(const async_fd& of, interest what) noexcept : of_(&of), wait_(of.watched_), what_(what) {}
    tokio::poll<output> poll(context& cx) noexcept { return of_->to_guard(wait_.poll(cx, what_)); }

   private:
    const async_fd* of_;
    ready_wait wait_;
    interest what_;
  };

  async_fd(T inner, socket watched) : inner_(std::move(inner)), watched_(std::move(watched)) {}
  tokio::poll<result<guard>> to_guard(tokio::poll<result<ready_event>> seen) const noexcept {
    if (seen.is_pending()) return pending;
    if (!seen.value()) return result<guard>(std::unexpect, seen.value().error());
    return result<guard>(std::in_place, *this, *seen.value());
  }
  tokio::poll<result<guard>> poll_guard(context& cx, interest what) const noexcept {
    return to_guard(poll_ready_alone(watched_, cx, what));
  }

  T inner_;
  socket watched_;  // behind `inner_`: it ends first
};

}  // namespace tokio::net
