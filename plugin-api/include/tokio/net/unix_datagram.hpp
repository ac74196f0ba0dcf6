// `unix_datagram`: datagrams between processes of one machine, through paths, abstract names, or as a pair.
//   auto pair = unix_datagram::pair();
//   co_await pair->first.send("hello");
// Invariant: no call blocks the thread, though the peer's queue is full: a send waits, or says would_block.
// Threads: any number of tasks send and receive. Everything is cancel safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <utility>

#include "tokio/net/adopt.hpp"
#include "tokio/net/datagram_socket.hpp"
#include "tokio/time/timer.hpp"

namespace tokio::net {

// A send to a named peer, whose full queue makes no event here; each failed try makes one of its own, because the room
// that it took is free again. So the tries become rarer, from one each millisecond to one each 32.
template <class Once>
class [[nodiscard]] patient_send {
 public:
  using output = result<std::size_t>;
  patient_send(const socket& of, Once once) noexcept : wait_(of), once_(std::move(once)) {}
  tokio::poll<output> poll(context& cx) {
    for (;;) {
      if (pauses_ && !pause_.poll_elapsed(cx)) return pending;
      pauses_ = false;
      auto seen = wait_.poll(cx, interest::writable());
      if (seen.is_pending()) return pending;
      if (!seen.value()) return output(std::unexpect, seen.value().error());
      auto got = once_(nullptr);
      if (got.is_ready()) return got;
      pause_.reset(time::instant::now() + next_);
      pauses_ = true;
      next_ = std::min(2 * next_, longest);
    }
  }

 private:
  static constexpr time::duration longest = std::chrono::milliseconds(32);
  ready_wait wait_;
  Once once_;
  time::timer pause_{time::instant{}};
  time::duration next_ = std::chrono::milliseconds(1);
  bool pauses_ = false;
};

class unix_datagram : public datagram_socket<unix_datagram, unix_address> {
  // Ahead of those who use it, for its type.
  auto send_when_room(io::byte_view bytes, result<unix_address> to) const {
    return patient_send(socket_, [this, bytes, to](tokio_cx* cx) {
      return to ? socket_.send(cx, bytes, to->raw()) : failed(to.error());
    });
  }
  static tokio::poll<result<std::size_t>> failed(const error& why) { return result<std::size_t>(std::unexpect, why); }

 public:
  explicit unix_datagram(socket made) noexcept : datagram_socket(std::move(made)) {}
  // Fails when there is something at the path. The file stays when the socket is gone.
  static result<unix_datagram> bind(std::string_view path, call_site at = call_site::current()) {
    const auto local = unix_address::from_path(path);
    if (!local) return std::unexpected(local.error());
    return bind_addr(*local, at);
  }
  static result<unix_datagram> bind_addr(const unix_address& local, call_site at = call_site::current()) {
    auto made = unbound(at);
    if (!made) return made;
    if (auto bound = made->socket_.bind(local.raw()); !bound) return std::unexpected(bound.error());
    return made;
  }
  // Without a name: who receives from it cannot answer.
  static result<unix_datagram> unbound(call_site at = call_site::current()) {
    auto made = socket::open(TOKIO_AF_UNIX, TOKIO_SOCK_DGRAM, at);
    if (!made) return std::unexpected(made.error());
    return unix_datagram(std::move(*made));
  }
  // Two that are connected to each other.
  static result<std::pair<unix_datagram, unix_datagram>> pair(call_site at = call_site::current()) {
    auto made = socket::pair(TOKIO_SOCK_DGRAM, at);
    if (!made) return std::unexpected(made.error());
    return std::pair(unix_datagram(std::move(made->first)), unix_datagram(std::move(made->second)));
  }
  // A socket that was made elsewhere, and is non-blocking.
  static result<unix_datagram> from_fd(owned_fd fd, call_site at = call_site::current()) {
    return adopt_socket<unix_datagram>(std::move(fd), kind_of_socket::unix_datagram, at);
  }

  // send() goes there, and only what comes from there is received.
  result<> connect(std::string_view path) noexcept {
    const auto to = unix_address::from_path(path);
    if (!to) return std::unexpected(to.error());
    return connect_addr(*to);
  }
  result<> connect_addr(const unix_address& to) noexcept { return set_peer(to.raw()); }

  // While the peer's queue is full it asks now and then: needs a runtime with timers. poll_send_to asks all the time,
  // as Tokio's does: of a peer that a socket is not connected to the system tells no more than that a failed try ended.
  auto send_to(io::byte_view bytes, const unix_address& to) const {
    return send_when_room(bytes, result<unix_address>(to));
  }
  auto send_to(io::byte_view bytes, std::string_view path) const {
    return send_when_room(bytes, unix_address::from_path(path));
  }
  using datagram_socket::try_send_to;
  result<std::size_t> try_send_to(io::byte_view bytes, std::string_view path) const {
    const auto to = unix_address::from_path(path);
    if (!to) return std::unexpected(to.error());
    return datagram_socket::try_send_to(bytes, *to);
  }

  // TOKIO_SHUT_RD, TOKIO_SHUT_WR or both: the peer's sends fail, or it receives no more.
  result<> shutdown(std::uint32_t how) noexcept { return socket::tried(socket_.shutdown(nullptr, how)); }
};

}  // namespace tokio::net
