// Internal to net/: a socket of the host, owned, and its calls as results. The only file of net/ that calls the table.
// Invariant: closed exactly once; a socket is not closed while a task polls it.
// Threads: one reader and one writer at a time; options [any].
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "tokio/io/traits.hpp"
#include "tokio/net/address.hpp"

namespace tokio::net {

// What a socket is ready for, and what a task waits for.
class ready {
 public:
  constexpr ready() noexcept = default;
  explicit constexpr ready(std::uint32_t mask) noexcept : mask_(mask) {}
  static constexpr ready readable() noexcept { return ready(TOKIO_READY_READ); }
  static constexpr ready writable() noexcept { return ready(TOKIO_READY_WRITE); }
  static constexpr ready priority() noexcept { return ready(TOKIO_READY_PRI); }

  constexpr bool is_readable() const noexcept { return has(TOKIO_READY_READ); }
  constexpr bool is_writable() const noexcept { return has(TOKIO_READY_WRITE); }
  constexpr bool is_closed() const noexcept { return has(TOKIO_READY_HUP); }
  constexpr bool is_error() const noexcept { return has(TOKIO_READY_ERROR); }
  constexpr bool is_priority() const noexcept { return has(TOKIO_READY_PRI); }
  constexpr bool is_empty() const noexcept { return mask_ == 0; }
  constexpr std::uint32_t raw() const noexcept { return mask_; }
  friend constexpr ready operator|(ready a, ready b) noexcept { return ready(a.mask_ | b.mask_); }
  friend constexpr bool operator==(ready, ready) noexcept = default;

 private:
  constexpr bool has(std::uint32_t bit) const noexcept { return (mask_ & bit) != 0; }
  std::uint32_t mask_ = 0;
};

inline error would_block() noexcept { return {error_kind::would_block, "the operation would block"}; }
inline error no_network() noexcept { return {error_kind::unsupported, "this host offers no sockets (tokio.net/1)"}; }

class socket {
 public:
  using make_fn = tokio_status (*)(tokio_plugin*, const tokio_sock_params*, tokio_io**) TOKIO_NOEXCEPT;

  explicit socket(tokio_io* raw) noexcept : raw_(raw) {}
  socket(socket&& other) noexcept : raw_(std::exchange(other.raw_, nullptr)) {}
  socket& operator=(socket&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~socket() {
    if (raw_) host.net->close(raw_);
  }

  // listen, connect or bind of the table. Needs a task, a callback or an instance_scope.
  static result<socket> make(make_fn tokio_net_ext::* how, tokio_sock_params params, const char* what,
                             call_site called = {}) {
    if (!host.net) return std::unexpected(no_network());
    params.size = sizeof params;
    tokio_io* raw = nullptr;
    auto* const instance = current_instance(what, called);
    const auto status = (host.net->*how)(instance, &params, &raw);
    if (status < 0) return std::unexpected(error::from_status(status));
    return socket(raw);
  }
  tokio_io* raw() const noexcept { return raw_; }
  void forget() noexcept { raw_ = nullptr; }  // the host has given its descriptor back

  // A null context tries once: pending becomes the error would_block.
  template <class T = std::size_t>
  static tokio::poll<result<T>> answer(tokio_res got) noexcept {
    if (got == TOKIO_PENDING) return pending;
    if (got < 0) return result<T>(std::unexpect, error::from_status(got));
    if constexpr (std::is_void_v<T>)
      return result<T>();
    else
      return result<T>(static_cast<T>(got));
  }
  template <class T>
  static result<T> tried(tokio::poll<result<T>> got) {
    return got.is_ready() ? std::move(got).value() : result<T>(std::unexpect, would_block());
  }

  tokio::poll<result<std::size_t>> read(tokio_cx* cx, io::byte_span into) const noexcept {
    return answer(host.net->poll_read(raw_, cx, into.data(), into.size()));
  }
  tokio::poll<result<std::size_t>> write(tokio_cx* cx, io::byte_view from) const noexcept {
    return answer(host.net->poll_write(raw_, cx, from.data(), from.size()));
  }
  tokio::poll<result<std::size_t>> read_vectored(tokio_cx* cx, std::span<const io::byte_span> into) const noexcept {
    std::array<tokio_iovec, most_parts> parts;
    const auto n = fill(parts, into);
    return answer(host.net->poll_readv(raw_, cx, parts.data(), n));
  }
  tokio::poll<result<std::size_t>> write_vectored(tokio_cx* cx, std::span<const io::byte_view> from) const noexcept {
    std::array<tokio_ciovec, most_parts> parts;
    const auto n = fill(parts, from);
    return answer(host.net->poll_writev(raw_, cx, parts.data(), n));
  }
  // One datagram, or (as a peek) the next bytes of a stream. `from` may be nullptr.
  tokio::poll<result<std::size_t>> receive(tokio_cx* cx, io::byte_span into, bool peek,
                                           tokio_addr* from) const noexcept {
    const tokio_iovec part{into.data(), into.size()};
    tokio_msg msg{};
    msg.size = sizeof msg;
    msg.flags = peek ? TOKIO_MSG_PEEK : 0;
    const auto got = host.net->poll_recv_msg(raw_, cx, &part, 1, &msg);
    if (from) *from = msg.addr;
    return answer(got);
  }
  tokio::poll<result<std::size_t>> send(tokio_cx* cx, io::byte_view bytes, const tokio_addr& to) const noexcept {
    const tokio_ciovec part{bytes.data(), bytes.size()};
    tokio_msg msg{};
    msg.size = sizeof msg;
    msg.addr = to;
    return answer(host.net->poll_send_msg(raw_, cx, &part, 1, &msg));
  }
  tokio::poll<result<>> shutdown(tokio_cx* cx, std::uint32_t how) const noexcept {
    return answer<void>(host.net->poll_shutdown(raw_, cx, how));
  }
  tokio::poll<result<ready>> wait_ready(tokio_cx* cx, ready interest) const noexcept {
    const auto got = host.net->poll_ready(raw_, cx, interest.raw());
    if (got == TOKIO_PENDING) return pending;
    if (got < 0) return result<ready>(std::unexpect, error::from_status(got));
    return result<ready>(ready(static_cast<std::uint32_t>(got)));
  }

  result<> set(std::uint32_t option, std::int64_t value) const noexcept {
    return to_result(host.net->set_opt(raw_, option, value));
  }
  result<std::int64_t> get(std::uint32_t option) const noexcept {
    std::int64_t value = 0;
    if (const auto status = host.net->get_opt(raw_, option, &value); status < 0)
      return std::unexpected(error::from_status(status));
    return value;
  }
  result<bool> get_flag(std::uint32_t option) const noexcept {
    const auto value = get(option);
    if (!value) return std::unexpected(value.error());
    return *value != 0;
  }
  // An error that the system has kept for this socket, if there is one.
  result<std::optional<error>> take_error() const noexcept {
    const auto kept = get(TOKIO_OPT_ERROR);
    if (!kept) return std::unexpected(kept.error());
    if (*kept == 0) return std::nullopt;
    return error::from_status(*kept);
  }
  template <class Address>
  result<Address> local() const noexcept {
    tokio_addr address{};
    if (const auto status = host.net->get_addr(raw_, &address, nullptr); status < 0)
      return std::unexpected(error::from_status(status));
    return Address(address);
  }
  template <class Address>
  result<Address> peer() const noexcept {
    tokio_addr address{};
    if (const auto status = host.net->get_addr(raw_, nullptr, &address); status < 0)
      return std::unexpected(error::from_status(status));
    return Address(address);
  }

 private:
  // More parts than this are taken by the next call.
  static constexpr std::size_t most_parts = 64;
  template <class Raw, class Part>
  static std::size_t fill(std::array<Raw, most_parts>& raw, std::span<const Part> parts) noexcept {
    const auto n = std::min(parts.size(), most_parts);
    for (std::size_t i = 0; i < n; ++i) raw[i] = {parts[i].data(), parts[i].size()};
    return n;
  }

  tokio_io* raw_;
};

// Ready when `poll_it(raw context)` is. What the simple operations of a socket are.
template <class Fn>
class [[nodiscard]] socket_future {
 public:
  using output = typename std::invoke_result_t<Fn&, tokio_cx*>::value_type;
  explicit socket_future(Fn poll_it) noexcept : poll_it_(std::move(poll_it)) {}
  tokio::poll<output> poll(context& cx) { return poll_it_(cx.raw()); }

 private:
  Fn poll_it_;
};

}  // namespace tokio::net
