// `cancellation_token`: copies mean the same thing and are cancelled together; a child is cancelled with its parent,
// not the other way round.
//   cancellation_token stop; spawn(serve(stop.child_token())); ... stop.cancel();
//   co_await select(on(stop.cancelled(), [] {}), on(stream.read(buf), ...));
// Threads: [any]; a future of it one at a time.
#pragma once

#include <optional>
#include <utility>

#include "tokio/task/cancel_tree.hpp"
#include "tokio/task/yield.hpp"

namespace tokio {

class cancelled_future;
template <pollable F>
class until_cancelled;

class cancellation_token {
 public:
  cancellation_token() : node_(cancel_node::make_root()) {}
  cancellation_token(const cancellation_token& other) noexcept : node_(other.node_) { node_->hold(); }
  cancellation_token& operator=(const cancellation_token& other) noexcept {
    auto copy = other;
    std::swap(node_, copy.node_);
    return *this;
  }
  ~cancellation_token() { node_->release(); }

  cancellation_token child_token() const { return cancellation_token(node_->make_child()); }
  // All children are cancelled, and everyone who waits is woken, when this returns.
  void cancel() const noexcept { node_->cancel(); }
  bool is_cancelled() const noexcept { return node_->cancelled(); }
  // Ready once the token is cancelled. Holds the token; cancel safe.
  cancelled_future cancelled() const noexcept;
  // What `future` gives, or nothing when the token is cancelled first. Not even polled when it is cancelled already. It
  // ends with the future in it, so it is cancel safe when that one is; the same holds when the token is cancelled.
  template <pollable F>
  until_cancelled<F> run_until_cancelled(F future) const;

  // Cancels when it goes out of scope.
  class drop_guard;
  drop_guard guard() const noexcept;

  friend bool operator==(const cancellation_token& a, const cancellation_token& b) noexcept {
    return a.node_ == b.node_;
  }
  std::size_t hash() const noexcept { return reinterpret_cast<std::uintptr_t>(node_); }

 private:
  friend class cancelled_future;
  explicit cancellation_token(cancel_node* node) noexcept : node_(node) {}
  cancel_node* node_;
};

class [[nodiscard]] cancellation_token::drop_guard {
 public:
  explicit drop_guard(cancellation_token token) noexcept : token_(std::move(token)) {}
  drop_guard(drop_guard&& other) noexcept : token_(std::exchange(other.token_, std::nullopt)) {}
  drop_guard& operator=(drop_guard&&) = delete;
  ~drop_guard() {
    if (token_) token_->cancel();
  }
  cancellation_token disarm() && { return *std::exchange(token_, std::nullopt); }

 private:
  std::optional<cancellation_token> token_;
};

class [[nodiscard]] cancelled_future {
 public:
  using output = void;
  explicit cancelled_future(cancellation_token token) noexcept : token_(std::move(token)) {}
  // Moved only before its first poll.
  cancelled_future(cancelled_future&& other) noexcept : token_(other.token_) {}
  cancelled_future& operator=(cancelled_future&&) = delete;
  ~cancelled_future() { token_.node_->forget(waiter_); }

  tokio::poll<void> poll(context& cx) noexcept {
    coop::turn turn(cx);
    if (!turn || token_.node_->wait(waiter_, cx.waker())) return pending;
    turn.made_progress();
    return ready();
  }

 private:
  cancellation_token token_;
  cancel_waiter waiter_;
};

template <pollable F>
class [[nodiscard]] until_cancelled {
 public:
  using output = std::optional<non_void<output_of<F>>>;
  until_cancelled(cancellation_token token, F future) : cancelled_(token), token_(token), future_(std::move(future)) {}

  tokio::poll<output> poll(context& cx) {
    if (!std::exchange(started_, true) && token_.is_cancelled()) return output();
    auto polled = future_.poll(cx);
    if (polled.is_ready()) {
      if constexpr (std::is_void_v<output_of<F>>)
        return output(std::in_place);
      else
        return output(std::in_place, std::move(polled).value());
    }
    if (cancelled_.poll(cx).is_pending()) return pending;
    return output();
  }

 private:
  cancelled_future cancelled_;
  cancellation_token token_;
  F future_;
  bool started_ = false;
};

inline cancelled_future cancellation_token::cancelled() const noexcept { return cancelled_future(*this); }
template <pollable F>
until_cancelled<F> cancellation_token::run_until_cancelled(F future) const {
  return until_cancelled<F>(*this, std::move(future));
}
inline cancellation_token::drop_guard cancellation_token::guard() const noexcept { return drop_guard(*this); }

}  // namespace tokio
