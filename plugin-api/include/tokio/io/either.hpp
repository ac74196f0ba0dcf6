// `either<L, R>`: one of two readers, writers, streams of items or futures, used as if it were that one. What both of
// them can do, it can.
//   using transport = io::either<net::tcp_stream, net::unix_stream>;
// Threads: as what is inside.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <utility>
#include <variant>

#include "tokio/io/lines.hpp"
#include "tokio/io/methods.hpp"
#include "tokio/io/seek.hpp"
#include "tokio/stream/stream.hpp"

namespace tokio::io {

// internal: what makes it a future, and a stream of items, where both sides are one.
template <class L, class R>
struct either_output {};
template <pollable L, pollable R>
  requires std::same_as<output_of<L>, output_of<R>>
struct either_output<L, R> {
  using output = output_of<L>;
};
template <class Self, class L, class R>
struct either_items {};
template <class Self, stream::is_stream L, stream::is_stream R>
  requires std::same_as<stream::item_of<L>, stream::item_of<R>>
struct either_items<Self, L, R> : stream::methods<Self> {
  using item = stream::item_of<L>;
};
// A stream of items has a take() and a chain() of its own, so what is one has none of a reader's methods.
template <class Self, class L, class R>
struct either_bytes : reader_methods<Self>, writer_methods<Self>, line_methods<Self>, seek_methods<Self> {};
template <class Self, stream::is_stream L, stream::is_stream R>
struct either_bytes<Self, L, R> {};

template <class L, class R>
class either : public either_output<L, R>,
               public either_items<either<L, R>, L, R>,
               public either_bytes<either<L, R>, L, R> {
 public:
  static either left(L value) { return either(std::in_place_index<0>, std::move(value)); }
  static either right(R value) { return either(std::in_place_index<1>, std::move(value)); }

  bool is_left() const noexcept { return which_.index() == 0; }
  // nullptr when it is the other one.
  L* get_left() noexcept { return std::get_if<0>(&which_); }
  R* get_right() noexcept { return std::get_if<1>(&which_); }

  auto poll(context& cx)
    requires requires(L& l, R& r) { l.poll(cx), r.poll(cx); }
  {
    return visit([&](auto& one) { return one.poll(cx); });
  }
  auto poll_next(context& cx)
    requires stream::is_stream<L> && stream::is_stream<R>
  {
    return visit([&](auto& one) { return one.poll_next(cx); });
  }
  tokio::poll<result<std::size_t>> poll_read(context& cx, byte_span into)
    requires async_reader<L> && async_reader<R>
  {
    return visit([&](auto& one) { return one.poll_read(cx, into); });
  }
  tokio::poll<result<byte_view>> poll_fill_buf(context& cx)
    requires async_buf_reader<L> && async_buf_reader<R>
  {
    return visit([&](auto& one) { return one.poll_fill_buf(cx); });
  }
  void consume(std::size_t n)
    requires async_buf_reader<L> && async_buf_reader<R>
  {
    visit([&](auto& one) { one.consume(n); });
  }
  tokio::poll<result<std::size_t>> poll_write(context& cx, byte_view from)
    requires async_writer<L> && async_writer<R>
  {
    return visit([&](auto& one) { return one.poll_write(cx, from); });
  }
  // One of them may write vectors and the other not.
  tokio::poll<result<std::size_t>> poll_write_vectored(context& cx, std::span<const byte_view> from)
    requires async_writer<L> && async_writer<R>
  {
    return visit([&](auto& one) { return io::poll_write_vectored(one, cx, from); });
  }
  auto poll_flush(context& cx)
    requires requires(L& l, R& r) { l.poll_flush(cx), r.poll_flush(cx); }
  {
    return visit([&](auto& one) { return one.poll_flush(cx); });
  }
  tokio::poll<result<>> poll_shutdown(context& cx)
    requires async_writer<L> && async_writer<R>
  {
    return visit([&](auto& one) { return one.poll_shutdown(cx); });
  }
  result<> start_seek(seek_from to)
    requires async_seeker<L> && async_seeker<R>
  {
    return visit([&](auto& one) { return one.start_seek(to); });
  }
  tokio::poll<result<std::uint64_t>> poll_complete(context& cx)
    requires async_seeker<L> && async_seeker<R>
  {
    return visit([&](auto& one) { return one.poll_complete(cx); });
  }

 private:
  template <std::size_t I, class T>
  either(std::in_place_index_t<I> which, T&& value) : which_(which, std::forward<T>(value)) {}
  template <class Fn>
  decltype(auto) visit(Fn fn) {
    return std::visit(fn, which_);
  }
  std::variant<L, R> which_;
};

}  // namespace tokio::io
