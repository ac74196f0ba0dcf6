// `timer_error`, and internal to time/: one timer of the host, made when it is first waited for.
// Invariant: no host timer exists before the first pending poll, and it is freed with its owner.
// Threads: one at a time.
#pragma once

#include <utility>

#include "tokio/task/context.hpp"
#include "tokio/time/instant.hpp"
#include "tokio/tracing/resource.hpp"

namespace tokio::time {

// Thrown by the poll of a timer that the host refuses to make: a panic that says which of three things was wrong.
class timer_error : public panic_error {
 public:
  explicit timer_error(std::int32_t status) noexcept : panic_error(text_of(status)), status_(status) {}

  // The instance or the host is at its end.
  bool is_shutdown() const noexcept { return status_ == TOKIO_ESHUTDOWN || status_ == TOKIO_EGONE; }
  // No memory, or a limit of this plugin is reached.
  bool is_at_capacity() const noexcept {
    return status_ == TOKIO_ENOMEM || status_ == TOKIO_EQUOTA || status_ == TOKIO_EAGAIN;
  }
  // The deadline, or what it was asked for, makes no sense to this host.
  bool is_invalid() const noexcept { return !is_shutdown() && !is_at_capacity(); }

 private:
  static const char* text_of(std::int32_t status) noexcept {
    switch (status) {
      case TOKIO_ESHUTDOWN:
      case TOKIO_EGONE: return "the host refused a timer: it or this instance is stopping";
      case TOKIO_ENOMEM: return "the host refused a timer: out of memory";
      case TOKIO_EQUOTA: return "the host refused a timer: a limit of this plugin is reached";
      case TOKIO_ENOTSUP: return "timers are disabled: call enable_time() on the builder of this runtime";
      case TOKIO_EAGAIN: return "the host refused a timer: it has no room for more now";
      default: return "the host refused a timer: it does not take what it was given";
    }
  }
  std::int32_t status_;
};

// Who makes something that waits for a time says so at once where there is nothing that could end the wait.
inline void need_timers(call_site at = {}) {
  (void)current_instance("there is no runtime here: a timer needs a task or an instance_scope", at);
  if (!host.time) panic("timers are not offered by this host (tokio.time/1)", at);
}

class timer {
 public:
  explicit timer(instant deadline, call_site at = {}, tracing::resource_type what = tracing::resource_type::sleep,
                 std::uint64_t part_of = 0) noexcept
      : deadline_(deadline), resource_(what, at, part_of) {
    tell_deadline();
  }
  timer(timer&& other) noexcept
      : deadline_(other.deadline_),
        raw_(std::exchange(other.raw_, nullptr)),
        fired_(other.fired_),
        resource_(std::move(other.resource_)) {}
  timer& operator=(timer&& other) noexcept {
    if (this != &other) {
      free();
      deadline_ = other.deadline_;
      raw_ = std::exchange(other.raw_, nullptr);
      fired_ = other.fired_;
      resource_ = std::move(other.resource_);
    }
    return *this;
  }
  ~timer() { free(); }

  instant deadline() const noexcept { return deadline_; }
  bool fired() const noexcept { return fired_; }
  void reset(instant deadline) noexcept {
    deadline_ = deadline;
    fired_ = false;
    tell_deadline();
    if (raw_) host.time->timer_reset(raw_, deadline.ns());
  }
  // Ready at the deadline, never before it. Costs a unit of budget when ready. Panics when its runtime has ended.
  // `part_of`: the operation that waits for it as its part, where it is told of.
  bool poll_elapsed(context& cx, std::uint64_t part_of = 0) {
    resource_.poll_begins();
    fired_ = has_elapsed(cx);
    resource_.polled(fired_, part_of);
    return fired_;
  }

 private:
  bool has_elapsed(context& cx) {
    if (!raw_) {
      // The worker's clock may be a poll old, so a deadline it has reached is reached.
      if (deadline_.ns() <= cx.now_ns()) return cx.proceed();
      create(cx);
    }
    const auto polled = host.time->timer_poll(raw_, cx.raw());
    if (polled < 0 && polled != TOKIO_PENDING) [[unlikely]]
      throw timer_error(static_cast<std::int32_t>(polled));
    return polled == TOKIO_OK;
  }
  // From now; what is over is 0.
  void tell_deadline() const noexcept {
    if (resource_.seen() && this_thread.instance) [[unlikely]] {
      const auto now = host.core->now_ns(this_thread.instance);
      resource_.set("duration", deadline_.ns() > now ? (deadline_.ns() - now) / 1'000'000 : 0, "ms");
    }
  }

  void create(context& cx) {
    need_timers();
    if (const auto status = host.time->timer_new(cx.instance(), deadline_.ns(), 0, &raw_); status < 0)
      throw timer_error(status);
  }
  void free() noexcept {
    if (raw_) host.time->timer_free(std::exchange(raw_, nullptr));
  }

  instant deadline_;
  tokio_timer* raw_ = nullptr;
  bool fired_ = false;
  tracing::resource_of_one resource_;
};

}  // namespace tokio::time
