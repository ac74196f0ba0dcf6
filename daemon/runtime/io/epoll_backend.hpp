// backend.hpp in terms of epoll and an eventfd, edge-triggered.
// Invariant: the eventfd is never read: it is registered edge-triggered, and each write is a new edge.
// Threads:   any.
// No model: what the kernel can do, found out once more by whoever misses it.
#pragma once
#include <sys/epoll.h>

#include <atomic>
#include <memory>

#include "base/fd.hpp"
#include "runtime/io/backend.hpp"

namespace tokiod::io {

enum class precision : std::uint8_t { nanoseconds, milliseconds };

class epoll_backend final : public backend {
 public:
  // EMFILE, ENFILE, ENOMEM. Where the kernel does not wait in nanoseconds, milliseconds are found out and used.
  [[nodiscard]] static result<std::unique_ptr<epoll_backend>> create(precision wanted = precision::nanoseconds);

  // EPERM: this kind of file is always ready (a regular file). EEXIST: it is registered here already. ENOSPC: the
  // user's limit /proc/sys/fs/epoll/max_user_watches. ENOMEM. EBADF: it is not open.
  [[nodiscard]] result<void> add(int fd, interest what, token about) override;
  void remove(int fd) override;
  [[nodiscard]] result<waited> wait(std::span<kernel_event> into, duration_ns timeout) override;
  void wake() override;
  [[nodiscard]] int pollable() const override { return epoll_.get(); }
  [[nodiscard]] result<void> adopt(int other_pollable) override;
  void abandon(int other_pollable) override;

 private:
  epoll_backend(unique_fd epoll, unique_fd wake, precision wanted)
      : epoll_(std::move(epoll)), wake_(std::move(wake)), precision_(wanted) {}
  [[nodiscard]] int wait_for_events(std::span<epoll_event> into, duration_ns timeout);

  unique_fd epoll_;
  unique_fd wake_;
  std::atomic<precision> precision_;
};

}  // namespace tokiod::io
