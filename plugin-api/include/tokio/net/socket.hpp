// Internal to net/: a socket of the host, owned, and its calls as results. The only file of net/ that calls the table.
// Invariant: closed exactly once; a socket is not closed while a task polls it.
// Threads: one reader and one writer at a time; options [any].
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "tokio/io/traits.hpp"
#include "tokio/net/address.hpp"
#include "tokio/net/owned_fd.hpp"
#include "tokio/net/ready.hpp"

namespace tokio::net {

inline error would_block() noexcept { return {error_kind::would_block, "the operation would block"}; }
inline error no_network() noexcept { return {error_kind::unsupported, "this host offers no sockets (tokio.net/1)"}; }

inline error no_descriptors() noexcept {
  return {error_kind::unsupported, "this host takes no descriptors (tokio.fd/1)"};
}
// Why there is no socket. A runtime without I/O says what the system says of a socket that it does not know, so the
// host's sentence tells which it is.
inline error not_made(tokio_status status) noexcept {
  if (status == TOKIO_ENOTSUP && to_view(host.core->last_error()).starts_with("this runtime has no I/O"))
    return {error_kind::unsupported, "there is no reactor running: enable_io() was not called"};
  return error::from_status(status);
}

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
    if (status < 0) return std::unexpected(not_made(status));
    return socket(raw);
  }
  // A socket that does nothing yet. Needs the same.
  static result<socket> open(std::uint32_t family, std::uint32_t type, call_site called) {
    if (!host.net) return std::unexpected(no_network());
    tokio_io* raw = nullptr;
    auto* const instance = current_instance("there is no runtime here: a socket needs one", called);
    if (const auto status = host.net->open(instance, family, type, &raw); status < 0)
      return std::unexpected(not_made(status));
    return socket(raw);
  }
  // Two Unix sockets that are connected to each other. Needs the same.
  static result<std::pair<socket, socket>> pair(std::uint32_t type, call_site called) {
    if (!host.net) return std::unexpected(no_network());
    tokio_io* a = nullptr;
    tokio_io* b = nullptr;
    auto* const instance =
        current_instance("there is no runtime here: pair() needs a task or an instance_scope", called);
    if (const auto status = host.net->pair(instance, type, &a, &b); status < 0)
      return std::unexpected(not_made(status));
    return std::pair(socket(a), socket(b));
  }
  // Takes a descriptor over and makes it non-blocking; on an error it is closed.
  static result<socket> adopt(owned_fd fd, interest what, const char* needed, call_site called) {
    if (!host.fd || !host.net) return std::unexpected(no_descriptors());
    tokio_io* raw = nullptr;
    auto* const instance = current_instance(needed, called);
    if (const auto status = host.fd->adopt(instance, fd.fd(), what.raw(), &raw); status < 0)
      return std::unexpected(not_made(status));
    (void)fd.release();  // the host's now
    return socket(raw);
  }
  // Watches a descriptor that stays the caller's.
  static result<socket> watch(int fd, interest what, call_site called) {
    if (!host.fd || !host.net) return std::unexpected(no_descriptors());
    tokio_io* raw = nullptr;
    auto* const instance = current_instance("there is no runtime here: an async_fd needs one", called);
    if (const auto status = host.fd->watch(instance, fd, what.raw(), &raw); status < 0)
      return std::unexpected(not_made(status));
    return socket(raw);
  }
  // Gives the descriptor back as it is: non-blocking.
  result<owned_fd> into_fd() && noexcept {
    if (!host.fd) return std::unexpected(no_descriptors());
    std::int32_t fd = -1;
    if (const auto status = host.fd->release(raw_, &fd); status < 0) return std::unexpected(error::from_status(status));
    raw_ = nullptr;
    return owned_fd(fd);
  }
  tokio_io* raw() const noexcept { return raw_; }
  int fd() const noexcept { return host.fd ? host.fd->raw(raw_) : -1; }  // borrowed

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
  result<> bind(const tokio_addr& local) const noexcept { return to_result(host.net->start_bind(raw_, &local)); }
  result<> listen(std::uint32_t backlog) const noexcept { return to_result(host.net->start_listen(raw_, backlog)); }
  result<> set_linger(std::optional<std::uint32_t> ms) const noexcept {
    return set(TOKIO_OPT_LINGER_MS, ms ? std::int64_t{*ms} : -1);
  }
  result<std::optional<std::uint32_t>> linger() const noexcept {
    const auto ms = get(TOKIO_OPT_LINGER_MS);
    if (!ms) return std::unexpected(ms.error());
    if (*ms < 0) return std::nullopt;
    return static_cast<std::uint32_t>(*ms);
  }
  result<> bind_device(std::string_view name) const noexcept {
    return to_result(host.net->set_device(raw_, to_str(name)));
  }
  result<std::optional<std::string>> device() const {
    std::array<char, 64> name;
    std::size_t length = name.size();
    if (const auto status = host.net->get_device(raw_, name.data(), &length); status < 0)
      return std::unexpected(error::from_status(status));
    if (length == 0) return std::nullopt;
    return std::string(name.data(), length);
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
