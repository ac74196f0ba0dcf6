// `listener`: what accepts connections. `either_listener`: two of them as one, `either_stream` what it accepts.
//   either_listener both(std::move(tcp), std::move(path));
//   auto accepted = co_await both.accept();          // accepted->first reads and writes, whichever it is
// Invariant: the two are asked first in turn, so neither starves the other. Dropping accept() loses no connection.
// Threads: any number of tasks accept; one at a time is in poll_accept().
// No model: a count of turns, relaxed; it only says who is asked first.
#pragma once

#include <atomic>
#include <utility>
#include <variant>

#include "tokio/io/methods.hpp"
#include "tokio/net/tcp_listener.hpp"

namespace tokio::net {

template <class L>
concept listener = requires(L& of, context& cx) {
  { of.poll_accept(cx).value()->first };
  { of.poll_accept(cx).value()->second };
  of.accept();
  of.local_addr();
};
template <listener L>
using connection_of =
    typename decltype(std::declval<L&>().poll_accept(std::declval<context&>()))::value_type::value_type;

// One of two streams.
template <class A, class B>
class either_stream : public io::reader_methods<either_stream<A, B>>, public io::writer_methods<either_stream<A, B>> {
 public:
  explicit either_stream(A of) : of_(std::in_place_index<0>, std::move(of)) {}
  explicit either_stream(B of) : of_(std::in_place_index<1>, std::move(of)) {}

  tokio::poll<result<std::size_t>> poll_read(context& cx, io::byte_span into) {
    return with([&](auto& stream) { return stream.poll_read(cx, into); });
  }
  tokio::poll<result<std::size_t>> poll_write(context& cx, io::byte_view from) {
    return with([&](auto& stream) { return stream.poll_write(cx, from); });
  }
  tokio::poll<result<>> poll_flush(context& cx) {
    return with([&](auto& stream) { return stream.poll_flush(cx); });
  }
  tokio::poll<result<>> poll_shutdown(context& cx) {
    return with([&](auto& stream) { return stream.poll_shutdown(cx); });
  }
  std::variant<A, B>& get() noexcept { return of_; }
  std::variant<A, B> into_inner() && { return std::move(of_); }

 private:
  template <class Fn>
  decltype(auto) with(Fn fn) {
    return std::visit(fn, of_);
  }
  std::variant<A, B> of_;
};

template <listener A, listener B>
class either_listener {
  using connection_a = connection_of<A>;
  using connection_b = connection_of<B>;
  using accept_a = decltype(std::declval<const A&>().accept());
  using accept_b = decltype(std::declval<const B&>().accept());

 public:
  using stream = either_stream<typename connection_a::first_type, typename connection_b::first_type>;
  using address = std::variant<typename connection_a::second_type, typename connection_b::second_type>;
  using accepted = result<std::pair<stream, address>>;
  either_listener(A first, B second) : first_(std::move(first)), second_(std::move(second)) {}
  either_listener(either_listener&& other) noexcept
      : first_(std::move(other.first_)), second_(std::move(other.second_)), turns_(other.turns_.load(relaxed)) {}
  either_listener& operator=(either_listener&&) = delete;

  class [[nodiscard]] accept_future {
   public:
    using output = accepted;
    accept_future(const either_listener& of, bool second_first)
        : first_(of.first_.accept()), second_(of.second_.accept()), second_first_(second_first) {}
    tokio::poll<output> poll(context& cx) {
      return in_turn(second_first_, [&] { return first_.poll(cx); }, [&] { return second_.poll(cx); });
    }

   private:
    accept_a first_;
    accept_b second_;
    bool second_first_;
  };

  accept_future accept() const { return accept_future(*this, second_is_first()); }
  // Keeps the waker of the task that asked last.
  tokio::poll<accepted> poll_accept(context& cx) const {
    return in_turn(second_is_first(), [&] { return first_.poll_accept(cx); }, [&] { return second_.poll_accept(cx); });
  }
  // The addresses of both.
  auto local_addr() const { return std::pair(first_.local_addr(), second_.local_addr()); }

 private:
  static constexpr auto relaxed = std::memory_order_relaxed;
  bool second_is_first() const noexcept { return turns_.fetch_add(1, relaxed) % 2 != 0; }
  template <class First, class Second>
  static tokio::poll<accepted> in_turn(bool second_first, First first, Second second) {
    auto got = second_first ? of<1>(second()) : of<0>(first());
    if (got.is_ready()) return got;
    return second_first ? of<0>(first()) : of<1>(second());
  }
  template <std::size_t I, class Polled>
  static tokio::poll<accepted> of(Polled got) {
    if (got.is_pending()) return pending;
    if (!got.value()) return accepted(std::unexpect, got.value().error());
    return accepted(std::in_place, stream(std::move(got.value()->first)),
                    address(std::in_place_index<I>, std::move(got.value()->second)));
  }
  A first_;
  B second_;
  mutable std::atomic<unsigned> turns_{0};
};

}  // namespace tokio::net
