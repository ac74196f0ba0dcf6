// Internal to net/: what udp_socket and unix_datagram have in common: datagrams whole, with where they come from.
// Invariant: a receive takes one datagram; what does not fit is cut off. Dropping a future sends and takes nothing.
// Threads: any number of tasks send and receive with one object; each poll_ form by one task at a time.
#pragma once

#include <algorithm>
#include <utility>

#include "tokio/net/readiness.hpp"

namespace tokio::net {

template <class Self, class Address>
class datagram_socket : public ready_methods<Self> {
 public:
  using address_type = Address;
  using received = std::pair<std::size_t, Address>;

  // To the connected peer.
  auto send(io::byte_view bytes) const noexcept {
    return writing([this, bytes](tokio_cx* cx) { return socket_.send(cx, bytes, tokio_addr{}); });
  }
  auto send_to(io::byte_view bytes, const Address& to) const noexcept {
    return writing([this, bytes, to = to.raw()](tokio_cx* cx) { return socket_.send(cx, bytes, to); });
  }
  auto recv(io::byte_span into) const noexcept {
    return reading([this, into](tokio_cx* cx) { return socket_.receive(cx, into, false, nullptr); });
  }
  auto recv_from(io::byte_span into) const noexcept {
    return reading([this, into](tokio_cx* cx) { return receive_from(cx, into, false); });
  }
  // Behind what is in the buffer already, into the room that it has (64 bytes at least).
  template <io::byte_buffer B>
  auto recv_buf(B& into) const noexcept {
    return reading([this, &into](tokio_cx* cx) { return append(cx, into, take_bytes); });
  }
  template <io::byte_buffer B>
  auto recv_buf_from(B& into) const noexcept {
    return reading([this, &into](tokio_cx* cx) { return append(cx, into, take_from); });
  }
  // The next datagram, which stays where it is.
  auto peek(io::byte_span into) const noexcept {
    return reading([this, into](tokio_cx* cx) { return socket_.receive(cx, into, true, nullptr); });
  }
  auto peek_from(io::byte_span into) const noexcept {
    return reading([this, into](tokio_cx* cx) { return receive_from(cx, into, true); });
  }
  auto peek_sender() const noexcept {
    return reading([this](tokio_cx* cx) { return sender_of_next(cx); });
  }

  // The newest waker of each direction only.
  tokio::poll<result<std::size_t>> poll_send(context& cx, io::byte_view bytes) const noexcept {
    return socket_.send(cx.raw(), bytes, tokio_addr{});
  }
  tokio::poll<result<std::size_t>> poll_send_to(context& cx, io::byte_view bytes, const Address& to) const noexcept {
    return socket_.send(cx.raw(), bytes, to.raw());
  }
  tokio::poll<result<std::size_t>> poll_recv(context& cx, io::byte_span into) const noexcept {
    return socket_.receive(cx.raw(), into, false, nullptr);
  }
  tokio::poll<result<received>> poll_recv_from(context& cx, io::byte_span into) const noexcept {
    return receive_from(cx.raw(), into, false);
  }
  tokio::poll<result<received>> poll_peek_from(context& cx, io::byte_span into) const noexcept {
    return receive_from(cx.raw(), into, true);
  }
  tokio::poll<result<Address>> poll_peek_sender(context& cx) const noexcept { return sender_of_next(cx.raw()); }
  tokio::poll<result<>> poll_recv_ready(context& cx) const noexcept {
    return poll_alone(socket_, cx, interest::readable());
  }
  tokio::poll<result<>> poll_send_ready(context& cx) const noexcept {
    return poll_alone(socket_, cx, interest::writable());
  }

  // At once: the error would_block when there is nothing, or no room.
  result<std::size_t> try_send(io::byte_view bytes) const noexcept {
    return socket::tried(socket_.send(nullptr, bytes, tokio_addr{}));
  }
  result<std::size_t> try_send_to(io::byte_view bytes, const Address& to) const noexcept {
    return socket::tried(socket_.send(nullptr, bytes, to.raw()));
  }
  result<std::size_t> try_recv(io::byte_span into) const noexcept {
    return socket::tried(socket_.receive(nullptr, into, false, nullptr));
  }
  result<received> try_recv_from(io::byte_span into) const noexcept {
    return socket::tried(receive_from(nullptr, into, false));
  }
  template <io::byte_buffer B>
  result<std::size_t> try_recv_buf(B& into) const {
    return socket::tried(append(nullptr, into, take_bytes));
  }
  template <io::byte_buffer B>
  result<received> try_recv_buf_from(B& into) const {
    return socket::tried(append(nullptr, into, take_from));
  }
  result<std::size_t> try_peek(io::byte_span into) const noexcept {
    return socket::tried(socket_.receive(nullptr, into, true, nullptr));
  }
  result<received> try_peek_from(io::byte_span into) const noexcept {
    return socket::tried(receive_from(nullptr, into, true));
  }
  result<Address> try_peek_sender() const noexcept { return socket::tried(sender_of_next(nullptr)); }
  ready_future<void> readable() const noexcept { return {socket_, interest::readable()}; }
  ready_future<void> writable() const noexcept { return {socket_, interest::writable()}; }

  result<Address> local_addr() const noexcept { return socket_.template local<Address>(); }
  result<Address> peer_addr() const noexcept { return socket_.template peer<Address>(); }
  result<std::optional<error>> take_error() const noexcept { return socket_.take_error(); }
  const socket& raw_socket() const noexcept { return socket_; }
  int fd() const noexcept { return socket_.fd(); }  // borrowed
  // The descriptor as it is: non-blocking.
  result<owned_fd> into_fd() && noexcept { return std::move(socket_).into_fd(); }

 protected:
  explicit datagram_socket(socket made) noexcept : socket_(std::move(made)) {}
  result<> set_peer(const tokio_addr& to) const noexcept { return to_result(host.net->set_peer(socket_.raw(), &to)); }
  socket socket_;

 private:
  template <class Once>
  auto reading(Once once) const noexcept {
    return shared_future(socket_, interest::readable(), std::move(once));
  }
  template <class Once>
  auto writing(Once once) const noexcept {
    return shared_future(socket_, interest::writable(), std::move(once));
  }
  tokio::poll<result<received>> receive_from(tokio_cx* cx, io::byte_span into, bool peek) const noexcept {
    tokio_addr from{};
    auto got = socket_.receive(cx, into, peek, &from);
    if (got.is_pending()) return pending;
    if (!got.value()) return result<received>(std::unexpect, got.value().error());
    return result<received>(std::in_place, *got.value(), Address(from));
  }
  tokio::poll<result<Address>> sender_of_next(tokio_cx* cx) const noexcept {
    auto got = receive_from(cx, {}, true);
    if (got.is_pending()) return pending;
    if (!got.value()) return result<Address>(std::unexpect, got.value().error());
    return result<Address>(std::move(got.value()->second));
  }

  static constexpr auto take_bytes = [](const datagram_socket& of, tokio_cx* cx, io::byte_span into) {
    return of.socket_.receive(cx, into, false, nullptr);
  };
  static constexpr auto take_from = [](const datagram_socket& of, tokio_cx* cx, io::byte_span into) {
    return of.receive_from(cx, into, false);
  };
  static std::size_t size_of(std::size_t n) noexcept { return n; }
  static std::size_t size_of(const received& got) noexcept { return got.first; }

  template <class B, class Take>
  auto append(tokio_cx* cx, B& into, Take take) const {
    constexpr std::size_t least_room = 64;
    const std::size_t before = into.size();
    into.resize(std::max(into.capacity(), before + least_room));
    auto got = take(*this, cx, io::byte_span(into.data() + before, into.size() - before));
    const bool taken = got.is_ready() && got.value().has_value();
    into.resize(before + (taken ? size_of(*got.value()) : 0));
    return got;
  }
};

}  // namespace tokio::net
