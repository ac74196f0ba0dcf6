// One value out of a stream: what all(), any(), fold() and collect() of stream.hpp return.
// Dropping fold() or collect() loses the stream and what was taken from it; all() and any() borrow it, and what they
// have seen did not decide: another one goes on behind that.
// Invariant: they take items until the value is decided, and not one more.
// Threads: [task].
#pragma once

#include <functional>

#include "tokio/stream/stream.hpp"

namespace tokio::stream {

// Stop: the answer of `accept` that decides.
template <class S, class F, bool Stop>
class [[nodiscard]] search_future {
 public:
  using output = bool;
  search_future(S& of, F accept) : of_(&of), accept_(std::move(accept)) {}

  tokio::poll<bool> poll(context& cx) {
    while (true) {
      auto polled = of_->poll_next(cx);
      if (polled.is_pending()) return pending;
      if (!polled.value()) return !Stop;
      if (static_cast<bool>(std::invoke(accept_, *std::move(polled).value())) == Stop) return Stop;
    }
  }

 private:
  S* of_;
  F accept_;
};

template <class S, class T, class F>
class [[nodiscard]] fold_future {
 public:
  using output = T;
  fold_future(S&& of, T total, F f) : of_(std::move(of)), total_(std::move(total)), f_(std::move(f)) {}

  tokio::poll<T> poll(context& cx) {
    while (true) {
      auto polled = of_.poll_next(cx);
      if (polled.is_pending()) return pending;
      if (!polled.value()) return std::move(total_);
      total_ = std::invoke(f_, std::move(total_), *std::move(polled).value());
    }
  }

 private:
  S of_;
  T total_;
  F f_;
};

// How an item gets into a container; false ends it.
template <class C>
struct collector {
  template <class T>
  static bool add(C& into, T&& one) {
    if constexpr (requires { into.push_back(std::forward<T>(one)); })
      into.push_back(std::forward<T>(one));
    else if constexpr (requires { into.append(std::forward<T>(one)); })
      into.append(std::forward<T>(one));
    else
      into.insert(std::forward<T>(one));
    return true;
  }
};
template <class C, class E>
struct collector<std::expected<C, E>> {
  template <class T>
  static bool add(std::expected<C, E>& into, std::expected<T, E>&& one) {
    if (one) return collector<C>::add(*into, *std::move(one));
    into = std::unexpected(std::move(one.error()));
    return false;
  }
};

template <class S, class C>
class [[nodiscard]] collect_future {
 public:
  using output = C;
  explicit collect_future(S&& of) : of_(std::move(of)) {}

  tokio::poll<C> poll(context& cx) {
    while (true) {
      auto polled = of_.poll_next(cx);
      if (polled.is_pending()) return pending;
      if (!polled.value() || !collector<C>::add(into_, *std::move(polled).value())) return std::move(into_);
    }
  }

 private:
  S of_;
  C into_{};
};

}  // namespace tokio::stream
