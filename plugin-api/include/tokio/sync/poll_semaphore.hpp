// `poll_semaphore`: a semaphore for futures written by hand, which poll for a permit and keep no future of it. Answers
// to tokio_util::sync::PollSemaphore.
// Invariant: at most one request stands in line, for the number that was asked for last.
// Threads:   one task at a time; copies mean the same semaphore and wait by themselves.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "tokio/sync/semaphore.hpp"

namespace tokio::sync {

class poll_semaphore {
 public:
  explicit poll_semaphore(std::shared_ptr<semaphore> of) noexcept : of_(std::move(of)) {}
  poll_semaphore(const poll_semaphore& other) noexcept : of_(other.of_) {}
  poll_semaphore(poll_semaphore&&) noexcept = default;
  poll_semaphore& operator=(poll_semaphore other) noexcept {
    std::swap(of_, other.of_);
    std::swap(waits_, other.waits_);
    std::swap(n_, other.n_);
    return *this;
  }

  // None once the semaphore is closed. Of several polls the newest task is woken. Costs a unit of budget when ready.
  // Who stops polling keeps the place in line, and what was given for it, until another number is asked for or this
  // goes.
  tokio::poll<std::optional<owned_semaphore_permit>> poll_acquire(context& cx) { return poll_acquire_many(cx, 1); }
  // Another number than in the poll before goes to the end of the line.
  tokio::poll<std::optional<owned_semaphore_permit>> poll_acquire_many(context& cx, std::size_t n) {
    if (!waits_ || n_ != n) {
      waits_ = std::make_unique<request>(semaphore::acquire_many_owned(of_, n));
      n_ = n;
    }
    auto polled = waits_->poll(cx);
    if (polled.is_pending()) return pending;
    waits_.reset();
    auto& got = polled.value();
    return got ? std::optional(std::move(*got)) : std::nullopt;
  }

  void close() const { of_->close(); }
  std::size_t available_permits() const noexcept { return of_->available_permits(); }
  void add_permits(std::size_t n, call_site at = call_site::current()) const { of_->add_permits(n, at); }
  const std::shared_ptr<semaphore>& inner() const noexcept { return of_; }
  std::shared_ptr<semaphore> into_inner() && noexcept {
    waits_.reset();
    return std::move(of_);
  }

 private:
  using request = acquire_future<std::shared_ptr<semaphore>>;

  std::shared_ptr<semaphore> of_;
  std::unique_ptr<request> waits_;
  std::size_t n_ = 0;
};

}  // namespace tokio::sync
