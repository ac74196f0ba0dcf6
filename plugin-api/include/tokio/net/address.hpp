// Addresses: `ip_address`, `socket_address` (ip and port), `unix_address` (a path, an abstract name, or none).
//   socket_address::parse("127.0.0.1:7007"), socket_address::parse("[::1]:7007"), to_string()
// Threads: plain values.
#pragma once

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "tokio/abi/base.h"
#include "tokio/core/error.hpp"

namespace tokio::net {

class ip_address {
 public:
  using v4_bytes = std::array<std::uint8_t, 4>;
  using v6_bytes = std::array<std::uint8_t, 16>;

  constexpr ip_address() noexcept : ip_address(v4_bytes{}) {}
  constexpr ip_address(v4_bytes bytes) noexcept { std::copy(bytes.begin(), bytes.end(), bytes_.begin()); }
  constexpr ip_address(v6_bytes bytes) noexcept : bytes_(bytes), v6_(true) {}
  static constexpr ip_address loopback_v4() noexcept { return v4_bytes{127, 0, 0, 1}; }
  static constexpr ip_address loopback_v6() noexcept {
    return v6_bytes{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  }
  static constexpr ip_address any_v4() noexcept { return v4_bytes{}; }
  static constexpr ip_address any_v6() noexcept { return v6_bytes{}; }

  // "127.0.0.1" or "::1"; nothing else, and no name.
  static std::optional<ip_address> parse(std::string_view text) {
    const std::string terminated(text);
    v4_bytes v4;
    if (::inet_pton(AF_INET, terminated.c_str(), v4.data()) == 1) return v4;
    v6_bytes v6;
    if (::inet_pton(AF_INET6, terminated.c_str(), v6.data()) == 1) return v6;
    return std::nullopt;
  }
  std::string to_string() const {
    char text[INET6_ADDRSTRLEN];
    return ::inet_ntop(v6_ ? AF_INET6 : AF_INET, bytes_.data(), text, sizeof text);
  }

  constexpr bool is_v4() const noexcept { return !v6_; }
  constexpr bool is_v6() const noexcept { return v6_; }
  constexpr bool is_loopback() const noexcept { return v6_ ? *this == loopback_v6() : bytes_[0] == 127; }
  constexpr bool is_unspecified() const noexcept { return bytes_ == v6_bytes{}; }
  constexpr bool is_multicast() const noexcept { return v6_ ? bytes_[0] == 0xff : (bytes_[0] & 0xf0) == 0xe0; }
  // The first 4 count for v4.
  constexpr const v6_bytes& bytes() const noexcept { return bytes_; }
  friend constexpr auto operator<=>(const ip_address&, const ip_address&) noexcept = default;

 private:
  v6_bytes bytes_{};
  bool v6_ = false;
};

class socket_address {
 public:
  constexpr socket_address() noexcept = default;
  constexpr socket_address(ip_address ip, std::uint16_t port, std::uint32_t scope_id = 0) noexcept
      : ip_(ip), port_(port), scope_id_(scope_id) {}
  // Whatever the host says about an internet socket.
  explicit socket_address(const tokio_addr& raw) noexcept
      : port_(raw.port), scope_id_(raw.scope_id), flowinfo_(raw.flowinfo) {
    ip_address::v4_bytes v4;
    ip_address::v6_bytes v6;
    std::memcpy(v4.data(), raw.ip, v4.size());
    std::memcpy(v6.data(), raw.ip, v6.size());
    ip_ = raw.family == TOKIO_AF_INET6 ? ip_address(v6) : ip_address(v4);
  }

  // "1.2.3.4:80", "[::1]:80" or "[fe80::1%2]:80", with the scope as a number.
  static std::optional<socket_address> parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto port = number<std::uint16_t>(text.substr(colon + 1));
    auto host = text.substr(0, colon);
    if (!port) return std::nullopt;
    if (!host.starts_with('[')) {
      const auto ip = ip_address::parse(host);
      if (!ip || ip->is_v6()) return std::nullopt;
      return socket_address(*ip, *port);
    }
    if (!host.ends_with(']')) return std::nullopt;
    return parse_v6(host.substr(1, host.size() - 2), *port);
  }
  std::string to_string() const {
    const auto port = ":" + std::to_string(port_);
    if (ip_.is_v4()) return ip_.to_string() + port;
    return "[" + ip_.to_string() + (scope_id_ ? "%" + std::to_string(scope_id_) : "") + "]" + port;
  }

  constexpr const ip_address& ip() const noexcept { return ip_; }
  constexpr std::uint16_t port() const noexcept { return port_; }
  constexpr void set_port(std::uint16_t port) noexcept { port_ = port; }
  constexpr std::uint32_t scope_id() const noexcept { return scope_id_; }
  constexpr bool is_v4() const noexcept { return ip_.is_v4(); }
  constexpr bool is_v6() const noexcept { return ip_.is_v6(); }
  tokio_addr raw() const noexcept {
    tokio_addr out{};
    out.family = is_v6() ? TOKIO_AF_INET6 : TOKIO_AF_INET;
    out.port = port_;
    out.scope_id = scope_id_;
    out.flowinfo = flowinfo_;
    std::memcpy(out.ip, ip_.bytes().data(), is_v6() ? 16 : 4);
    return out;
  }
  friend constexpr auto operator<=>(const socket_address&, const socket_address&) noexcept = default;

 private:
  template <class T>
  static std::optional<T> number(std::string_view text) {
    T value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }
  static std::optional<socket_address> parse_v6(std::string_view host, std::uint16_t port) {
    const auto percent = host.find('%');
    std::optional<std::uint32_t> scope = 0;
    if (percent != std::string_view::npos) scope = number<std::uint32_t>(host.substr(percent + 1));
    const auto ip = ip_address::parse(host.substr(0, percent));
    if (!ip || ip->is_v4() || !scope) return std::nullopt;
    return socket_address(*ip, port, *scope);
  }

  ip_address ip_;
  std::uint16_t port_ = 0;
  std::uint32_t scope_id_ = 0;
  std::uint32_t flowinfo_ = 0;
};

// The address of a unix socket: one that was not bound is unnamed.
class unix_address {
 public:
  static constexpr std::size_t longest = sizeof(tokio_addr::path);

  unix_address() noexcept = default;
  explicit unix_address(const tokio_addr& raw) noexcept
      : name_(reinterpret_cast<const char*>(raw.path), std::min<std::size_t>(raw.path_len, longest)) {}
  // Fails for a path that is empty, too long (107 bytes) or contains a zero.
  static result<unix_address> from_path(std::string_view path) {
    if (path.empty() || path.size() >= longest || path.find('\0') != std::string_view::npos)
      return std::unexpected(
          error(error_kind::invalid_input, "a socket's path has 1 to 107 bytes and contains no zero"));
    return unix_address(std::string(path));
  }
  // A name in the abstract namespace: no file, gone with the last socket that has it.
  static result<unix_address> from_abstract_name(std::string_view name) {
    if (name.size() >= longest)
      return std::unexpected(error(error_kind::invalid_input, "a socket's abstract name has at most 107 bytes"));
    return unix_address(std::string(1, '\0') + std::string(name));
  }

  bool is_unnamed() const noexcept { return name_.empty(); }
  std::optional<std::string_view> as_pathname() const noexcept {
    if (is_unnamed() || name_.front() == '\0') return std::nullopt;
    return std::string_view(name_);
  }
  std::optional<std::string_view> as_abstract_name() const noexcept {
    if (is_unnamed() || name_.front() != '\0') return std::nullopt;
    return std::string_view(name_).substr(1);
  }
  // "/run/a.sock", "@name" or "(unnamed)".
  std::string to_string() const {
    if (is_unnamed()) return "(unnamed)";
    return name_.front() == '\0' ? "@" + name_.substr(1) : name_;
  }
  tokio_addr raw() const noexcept {
    tokio_addr out{};
    out.family = TOKIO_AF_UNIX;
    out.path_len = static_cast<std::uint32_t>(name_.size());
    std::memcpy(out.path, name_.data(), name_.size());
    return out;
  }
  friend bool operator==(const unix_address&, const unix_address&) = default;

 private:
  explicit unix_address(std::string name) noexcept : name_(std::move(name)) {}
  std::string name_;  // begins with a zero when it is abstract
};

}  // namespace tokio::net
