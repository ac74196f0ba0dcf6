// `udp_framed(socket, codec)`: datagrams as a stream of frames with where they came from, and as a sink of frames with
// where they go. Given an lvalue it borrows the socket, so that two of them may share one.
//   auto got = co_await frames.next();  co_await frames.send(std::pair(std::move(got->value().first), peer));
// Invariant: a frame never goes on in the next datagram: each is decoded to its end (decode_eof), and what is left of
//            it is dropped. A decoder that fails may take the bytes that it cannot use and go on with the others; when
//            it takes none, the datagram is dropped.
// Cancel safe: next(), flush(), close(). A send() that is dropped before it was ready has lost its frame.
// Threads: one at a time.
#pragma once

#include <optional>
#include <utility>

#include "tokio/codec/frames.hpp"
#include "tokio/io/wrapped.hpp"
#include "tokio/net/udp_socket.hpp"

namespace tokio::codec {

template <class Socket, class C>
class [[nodiscard]] udp_framed : public io::wrapped_stream<Socket>,
                                 public stream::methods<udp_framed<Socket, C>>,
                                 public stream::sink_methods<udp_framed<Socket, C>> {
 public:
  using sink_error = codec_error<C>;
  using outcome = std::expected<void, sink_error>;
  using item = std::expected<std::pair<typename C::item, net::socket_address>, sink_error>;

  explicit udp_framed(Socket&& socket, C codec = C())
      : io::wrapped_stream<Socket>(std::forward<Socket>(socket)), codec_(std::move(codec)) {}

  C& codec() noexcept { return codec_; }
  // What is left of the last datagram.
  buffer& read_buffer() noexcept { return read_; }

  // Never ends.
  stream::next_poll<item> poll_next(context& cx) {
    while (true) {
      if (from_) {
        const auto before = read_.size();
        auto next = decode_eof(codec_, read_);
        if (!next) return failed_decode(std::move(next.error()), read_.size() != before);
        if (*next) return std::optional<item>(std::in_place, item(std::in_place, *std::move(*next), *from_));
        from_.reset();
        read_.clear();
      }
      auto got = this->get().poll_recv_from(cx, read_.prepare(largest_datagram));
      if (got.is_pending()) return pending;
      if (!got.value()) return failure(sink_error(got.value().error()));
      read_.commit(got.value()->first);
      from_ = got.value()->second;
    }
  }

  tokio::poll<outcome> poll_ready(context& cx) { return poll_flush(cx); }
  template <class T>
    requires encoder<C, T>
  outcome start_send(std::pair<T, net::socket_address> frame) {
    auto encoded = codec_.encode(std::move(frame.first), unsent_);
    if (encoded)
      to_ = frame.second;
    else
      unsent_.clear();
    return encoded;
  }
  // A datagram that could not be sent is gone with its error.
  tokio::poll<outcome> poll_flush(context& cx) {
    if (!to_) return outcome();
    auto put = this->get().poll_send_to(cx, unsent_.view(), *to_);
    if (put.is_pending()) return pending;
    const bool all = put.value() && *put.value() == unsent_.size();
    unsent_.clear();
    to_.reset();
    if (!put.value()) return outcome(std::unexpect, put.value().error());
    if (!all) return outcome(std::unexpect, error(error_kind::other, "the datagram was not sent whole"));
    return outcome();
  }
  tokio::poll<outcome> poll_close(context& cx) { return poll_flush(cx); }

 private:
  // A decoder that took nothing would fail with the same bytes for ever.
  stream::next_poll<item> failed_decode(sink_error what, bool took_some) {
    if (!took_some) {
      from_.reset();
      read_.clear();
    }
    return failure(std::move(what));
  }
  static constexpr std::size_t largest_datagram = 64 * 1024;

  static stream::next_poll<item> failure(sink_error what) {
    return std::optional<item>(std::in_place, std::unexpect, std::move(what));
  }

  C codec_;
  buffer read_;
  buffer unsent_;
  std::optional<net::socket_address> from_;  // of the datagram in `read_`, until its last frame was given
  std::optional<net::socket_address> to_;    // of the datagram in `unsent_`
};
template <class Socket, class C>
udp_framed(Socket&&, C) -> udp_framed<Socket, C>;

}  // namespace tokio::codec
