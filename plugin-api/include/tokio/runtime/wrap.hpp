// Futures and runtimes that do not belong together.
//   wrap(handle, future)               a future that finds that runtime wherever it is polled: one that needs timers or
//                                      sockets on a runtime without them; cancel safe when the future is
//   elsewhere(handle, future, post)    awaited in a coroutine of another library: the future runs as a task of that
//                                      runtime, and post(std::coroutine_handle<>) gives the coroutine back to its own
//                                      executor; gives std::expected<T, join_error>. Not cancelled by dropping it: a
//                                      coroutine that waits here must not be destroyed before it is given back
//   auto bytes = co_await runtime::elsewhere(handle, fetch(url), [&](auto me) { pool.post(me); });
// Threads: wrap as its future. post is called once, on a thread of the runtime, or where the task is refused; it must
//          not run the coroutine there.
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstdint>
#include <cstring>
#include <exception>
#include <expected>
#include <type_traits>
#include <utility>

#include "tokio/core/slot.hpp"
#include "tokio/runtime/handle.hpp"

namespace tokio::runtime {

template <pollable F>
class [[nodiscard]] wrapped_future {
 public:
  using output = output_of<F>;
  wrapped_future(tokio::runtime::handle in, F future) : in_(std::move(in)), future_(std::move(future)) {}

  tokio::poll<output> poll(context& cx) {
    const auto entered = in_.enter();
    tokio_cx raw{};  // of an older host's, what it has
    const auto known = std::min<std::size_t>(cx.raw()->size, sizeof raw);
    std::memcpy(&raw, cx.raw(), known);
    raw.size = static_cast<std::uint32_t>(known);
    raw.plugin = this_thread.instance;
    raw.worker = TOKIO_WORKER_NONE;
    struct seen {
      tokio_cx* before;
      explicit seen(tokio_cx* now) : before(std::exchange(this_thread.cx, now)) {}
      ~seen() { this_thread.cx = before; }
    } const while_polled(&raw);
    context there(&raw);
    auto polled = future_.poll(there);
    if (there.yielded()) cx.yield();
    return polled;
  }
  F& get() noexcept { return future_; }
  F into_inner() && { return std::move(future_); }
  const tokio::runtime::handle& handle() const noexcept { return in_; }

 private:
  tokio::runtime::handle in_;
  F future_;
};
template <pollable F>
wrapped_future<F> wrap(handle in, F future) {
  return {std::move(in), std::move(future)};
}

template <pollable F, class Post>
class [[nodiscard]] elsewhere_awaiter {
  static_assert(std::is_nothrow_move_constructible_v<F>, "elsewhere: a future that throws when it is moved.");

 public:
  using outcome = std::expected<output_of<F>, join_error>;
  elsewhere_awaiter(handle in, F future, Post post)
      : in_(std::move(in)), future_(std::move(future)), post_(std::move(post)) {}

  static constexpr bool await_ready() noexcept { return false; }
  void await_suspend(std::coroutine_handle<> who) {
    in_.spawn(errand(*this, who)).detach();  // nothing of this is touched after it: it may be over already
  }
  outcome await_resume() {
    if (end_.has_exception()) return std::unexpected(join_error::panicked({}, end_.take_exception()));
    if (!end_.has_value()) return std::unexpected(join_error::cancelled({}));
    if constexpr (std::is_void_v<output_of<F>>)
      return {};
    else
      return end_.take();
  }

 private:
  // Goes last of the errand, whether that came to its end, was aborted or was refused.
  class return_ticket {
   public:
    return_ticket(elsewhere_awaiter& to, std::coroutine_handle<> who) noexcept : to_(&to), who_(who) {}
    return_ticket(return_ticket&& other) noexcept : to_(other.to_), who_(std::exchange(other.who_, nullptr)) {}
    return_ticket& operator=(return_ticket&&) = delete;
    ~return_ticket() {
      if (!who_) return;
      auto post = std::move(to_->post_);
      post(who_);
    }
    slot<output_of<F>>& end() noexcept { return to_->end_; }

   private:
    elsewhere_awaiter* to_;
    std::coroutine_handle<> who_;
  };
  class errand {
   public:
    using output = void;
    errand(elsewhere_awaiter& of, std::coroutine_handle<> who) : ticket_(of, who), future_(std::move(of.future_)) {}
    tokio::poll<void> poll(context& cx) noexcept {
      try {
        auto polled = future_.poll(cx);
        if (polled.is_pending()) return pending;
        if constexpr (std::is_void_v<output_of<F>>)
          ticket_.end().emplace();
        else
          ticket_.end().emplace(std::move(polled).value());
      } catch (...) {
        ticket_.end().set_exception(std::current_exception());
      }
      return ready();
    }

   private:
    return_ticket ticket_;
    F future_;
  };

  handle in_;
  F future_;
  Post post_;
  slot<output_of<F>> end_;
};
template <pollable F, class Post>
elsewhere_awaiter<F, Post> elsewhere(handle in, F future, Post post) {
  return {std::move(in), std::move(future), std::move(post)};
}

}  // namespace tokio::runtime
