// What a stream is: a type with `using item = T` and `tokio::poll<std::optional<T>> poll_next(context&)`, which gives
// one item after another and none at the end. `methods<Self>` is the base that gives it next() and the adapters; the
// headers beside this one define what its functions return. Answers to tokio_stream::StreamExt.
//   while (auto one = co_await numbers.next()) use(*one);
//   auto even = stream::iter(values).filter([](int v) { return v % 2 == 0; }).map(to_text);
// Invariant: a stream that was polled is not moved until it is not waited for any more. What it gives after its end is
//            its own affair, unless it says is_terminated().
// Threads: one at a time.
#pragma once

#include <concepts>
#include <cstddef>
#include <expected>
#include <optional>
#include <type_traits>
#include <utility>

#include "tokio/task/awaitable.hpp"

namespace tokio::stream {

template <class S>
using item_of = std::remove_cvref_t<S>::item;
template <class T>
using next_poll = tokio::poll<std::optional<T>>;

template <class S>
concept is_stream = requires(std::remove_cvref_t<S>& stream, context& cx) {
  typename item_of<S>;
  { stream.poll_next(cx) } -> std::same_as<next_poll<item_of<S>>>;
};
// One that knows that it has ended, and gives none from then on.
template <class S>
concept is_fused = is_stream<S> && requires(const S& stream) {
  { stream.is_terminated() } -> std::same_as<bool>;
};

// The next item; none at the end. Borrows the stream. Cancel safe.
template <class S>
class [[nodiscard]] next_future {
 public:
  using output = std::optional<item_of<S>>;
  explicit next_future(S& of) noexcept : of_(&of) {}
  tokio::poll<output> poll(context& cx) { return of_->poll_next(cx); }

 private:
  S* of_;
};

// Of a stream of std::expected: the next value or none, or the error. Borrows the stream. Cancel safe.
template <class S>
class [[nodiscard]] try_next_future {
  using one = item_of<S>;

 public:
  using output = std::expected<std::optional<typename one::value_type>, typename one::error_type>;
  explicit try_next_future(S& of) noexcept : of_(&of) {}
  tokio::poll<output> poll(context& cx) {
    auto polled = of_->poll_next(cx);
    if (polled.is_pending()) return pending;
    auto& next = polled.value();
    if (!next) return output();
    if (!*next) return output(std::unexpect, std::move(next->error()));
    return output(std::in_place, **std::move(next));
  }

 private:
  S* of_;
};

// Of adapters.hpp, merge.hpp, consume.hpp and timed.hpp.
template <class S, class F>
class map_stream;
template <class S, class F>
class map_while_stream;
template <class S, class F>
class then_stream;
template <class S, class F>
class filter_map_stream;
template <class S, class F>
class filter_stream;
template <class S>
class take_stream;
template <class S, class F>
class take_while_stream;
template <class S>
class skip_stream;
template <class S, class F>
class skip_while_stream;
template <class S>
class fuse_stream;
template <class A, class B>
class chain_stream;
template <class S>
class peekable_stream;
template <class A, class B>
class merge_stream;
template <class S>
class timeout_stream;
template <class S>
class timeout_repeating_stream;
template <class S>
class throttle_stream;
template <class S>
class chunks_timeout_stream;
template <class S, class F, bool Stop>
class search_future;
template <class S, class T, class F>
class fold_future;
template <class S, class C>
class collect_future;

template <class F, class Item>
concept gives_optionals = requires(F& f, Item&& one) {
  typename std::invoke_result_t<F&, Item>::value_type;
  { f(std::move(one)).has_value() } -> std::same_as<bool>;
};

template <class Self>
class methods {
 public:
  // Both cancel safe: what an adapter waits with, it keeps.
  next_future<Self> next() noexcept { return next_future<Self>(self()); }
  try_next_future<Self> try_next() noexcept { return try_next_future<Self>(self()); }

  // f(item).
  template <class F>
  auto map(F f) && {
    constexpr bool fits = std::is_invocable_v<F&, item_of<Self>>;
    static_assert(fits, "map takes a function of the items of its stream.");
    if constexpr (fits) return map_stream<Self, F>(given(), std::move(f));
  }
  // What the futures give that f(item) returns; one of them at a time.
  template <class F>
  auto then(F f) && {
    constexpr bool fits = requires(item_of<Self>&& one) {
      { f(std::move(one)) } -> pollable;
    };
    static_assert(fits, "then takes a function of the items of its stream that gives a future.");
    if constexpr (fits) return then_stream<Self, F>(given(), std::move(f));
  }
  // Items that `keep(const item&)` accepts.
  template <class F>
  auto filter(F keep) && {
    constexpr bool fits = std::predicate<F&, const item_of<Self>&>;
    static_assert(fits, "filter takes a function of a const item of its stream that gives a bool.");
    if constexpr (fits) return filter_stream<Self, F>(given(), std::move(keep));
  }
  // What is inside the optionals that f(item) returns.
  template <class F>
  auto filter_map(F f) && {
    constexpr bool fits = gives_optionals<F, item_of<Self>>;
    static_assert(fits, "filter_map takes a function of the items of its stream that gives an optional.");
    if constexpr (fits) return filter_map_stream<Self, F>(given(), std::move(f));
  }
  // As filter_map(), up to the first that is empty. The stream is not polled after that.
  template <class F>
  auto map_while(F f) && {
    constexpr bool fits = gives_optionals<F, item_of<Self>>;
    static_assert(fits, "map_while takes a function of the items of its stream that gives an optional.");
    if constexpr (fits) return map_while_stream<Self, F>(given(), std::move(f));
  }
  // The first n items. The stream is not polled for more, and for n = 0 not at all.
  take_stream<Self> take(std::size_t n) && { return {given(), n}; }
  // Items up to the first that `keep(const item&)` refuses. The stream is not polled after that.
  template <class F>
  auto take_while(F keep) && {
    constexpr bool fits = std::predicate<F&, const item_of<Self>&>;
    static_assert(fits, "take_while takes a function of a const item of its stream that gives a bool.");
    if constexpr (fits) return take_while_stream<Self, F>(given(), std::move(keep));
  }
  // All but the first n items.
  skip_stream<Self> skip(std::size_t n) && { return {given(), n}; }
  // Items from the first on that `drop(const item&)` refuses.
  template <class F>
  auto skip_while(F drop) && {
    constexpr bool fits = std::predicate<F&, const item_of<Self>&>;
    static_assert(fits, "skip_while takes a function of a const item of its stream that gives a bool.");
    if constexpr (fits) return skip_while_stream<Self, F>(given(), std::move(drop));
  }
  // Goes at its end, and gives none from then on.
  fuse_stream<Self> fuse() && { return fuse_stream<Self>(given()); }
  // The items of the other one after those of this one.
  template <is_stream B>
  chain_stream<Self, B> chain(B other) && {
    return {given(), std::move(other)};
  }
  // With peek().
  peekable_stream<Self> peekable() && { return peekable_stream<Self>(given()); }
  // The items of both as they come, in turns when both have some; ends when both have ended.
  template <is_stream B>
  merge_stream<Self, B> merge(B other) && {
    return {given(), std::move(other)};
  }

  // Each item as std::expected, with one time::elapsed in between when the next takes longer than `span` after the one
  // before it (the first, after this call).
  template <class Span>
  timeout_stream<Self> timeout(Span span, call_site at = call_site::current()) && {
    return {given(), span, at};
  }
  // The same with an elapsed at each tick of the interval, which starts anew with each item.
  template <class Interval>
  timeout_repeating_stream<Self> timeout_repeating(Interval every) && {
    return {given(), std::move(every)};
  }
  // At least `span` between two items; they wait in the stream.
  template <class Span>
  throttle_stream<Self> throttle(Span span, call_site at = call_site::current()) && {
    return {given(), span, at};
  }
  // Vectors of up to `most` items, each given when it is full or `span` after its first item, and at the end.
  template <class Span>
  chunks_timeout_stream<Self> chunks_timeout(std::size_t most, Span span, call_site at = call_site::current()) && {
    return {given(), most, span, at};
  }

  // Whether all items, or any, are accepted. Ends at the first one that decides it. Borrows the stream. Cancel safe.
  template <class F>
  auto all(F accept) {
    return search<F, false>(std::move(accept));
  }
  template <class F>
  auto any(F accept) {
    return search<F, true>(std::move(accept));
  }
  // total = f(total, item) for each item. Not cancel safe: what was added up goes with it, and the rest of the stream.
  template <class T, class F>
  auto fold(T total, F f) && {
    constexpr bool fits = std::is_invocable_r_v<T, F&, T, item_of<Self>>;
    static_assert(fits, "fold takes a total and a function of it and an item of its stream that gives the next total.");
    if constexpr (fits) return fold_future<Self, T, F>(given(), std::move(total), std::move(f));
  }
  // All items in a container; of std::expected items also as std::expected<container, error>, to the first error. Not
  // cancel safe: what was gathered goes with it, and the rest of the stream.
  template <class C>
  collect_future<Self, C> collect() && {
    return collect_future<Self, C>(given());
  }

 private:
  template <class F, bool Stop>
  auto search(F accept) {
    constexpr bool fits = std::predicate<F&, item_of<Self>>;
    static_assert(fits, "all and any take a function of the items of their stream that gives a bool.");
    if constexpr (fits) return search_future<Self, F, Stop>(self(), std::move(accept));
  }
  Self& self() noexcept { return static_cast<Self&>(*this); }
  Self&& given() noexcept { return static_cast<Self&&>(*this); }
};

}  // namespace tokio::stream
