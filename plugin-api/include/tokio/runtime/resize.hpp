// internal to runtime/: another number of workers for a runtime, as a future; see handle::resize().
// Invariant: it is asked for by the first poll, and goes on when the future is destroyed after that.
// Threads: [task].
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "tokio/core/poll.hpp"
#include "tokio/runtime/reference.hpp"
#include "tokio/task/context.hpp"

namespace tokio::runtime {

class [[nodiscard]] resize_future {
 public:
  using output = result<std::size_t>;
  resize_future(reference of, std::size_t workers, std::chrono::nanoseconds limit) noexcept
      : of_(std::move(of)), workers_(workers), limit_(limit) {}
  resize_future(resize_future&& other) noexcept
      : of_(std::move(other.of_)),
        workers_(other.workers_),
        limit_(other.limit_),
        op_(std::exchange(other.op_, nullptr)) {}
  resize_future& operator=(resize_future&&) = delete;
  ~resize_future() {
    if (op_) host.core->op_drop(op_);
  }

  tokio::poll<output> poll(context& cx) {
    if (!op_)
      if (const auto status = start(); status < 0) return output(std::unexpect, failed_with(status));
    const auto got = host.core->op_poll(op_, cx.raw());
    if (got == TOKIO_PENDING) return pending;
    if (got < 0) return output(std::unexpect, failed_with(got));
    return output(static_cast<std::size_t>(got));
  }

 private:
  tokio_status start() noexcept {
    auto* const instance = of_.get();  // which binds the tables, for an image that was only given the handle
    if (!host.workers) return TOKIO_ENOTSUP;
    const auto wait_ns = static_cast<std::uint64_t>(std::max<std::chrono::nanoseconds::rep>(limit_.count(), 0));
    const auto count = static_cast<std::uint32_t>(std::min<std::size_t>(workers_, UINT32_MAX));
    return host.workers->resize(instance, count, wait_ns, &op_);
  }
  static error failed_with(std::int64_t status) noexcept {
    const auto said = [&](error_kind kind, const char* text) { return error(kind, static_cast<int>(status), text); };
    switch (status) {
      case TOKIO_EPERM:
        return said(error_kind::permission_denied,
                    "this plugin may not change the number of workers: may_resize is not set in its configuration");
      case TOKIO_EINVAL: return said(error_kind::invalid_input, "a runtime has 1 to 1024 workers");
      case TOKIO_ENOTSUP: return said(error_kind::unsupported, "this runtime has one thread, or cannot be resized");
      case TOKIO_EBUSY: return said(error_kind::other, "another change of the number of workers is under way");
      case TOKIO_ETIMEDOUT:
        return said(error_kind::timed_out, "a worker does not come back from its poll; some of the change may be done");
      default: return error::from_status(status);
    }
  }

  reference of_;
  std::size_t workers_;
  std::chrono::nanoseconds limit_;
  tokio_op* op_ = nullptr;
};

}  // namespace tokio::runtime
