#include "base/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <cstring>

#include "base/any_case.hpp"

namespace tokiod {
namespace {

std::optional<std::uint32_t> four_of(std::string_view text) {
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) return std::nullopt;
  const std::uint32_t number = ntohl(address.s_addr);
  return number >> 24 == 127 ? std::optional(number) : std::nullopt;
}

bool is_six(std::string_view text) {
  in6_addr address{};
  return ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1 &&
         std::memcmp(&address, &in6addr_loopback, sizeof address) == 0;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), port);
  return failed == std::errc() && end == text.data() + text.size() ? std::optional(port) : std::nullopt;
}

struct host_and_port {
  std::string_view host, port;
  bool bracketed = false;
};

// "[::1]:80" and "name:80"; the port may be missing.
std::optional<host_and_port> split(std::string_view text) {
  host_and_port parts;
  const bool bracketed = text.starts_with('[');
  const auto end = bracketed ? text.find(']') : text.find(':');
  if (bracketed && end == std::string_view::npos) return std::nullopt;
  parts.bracketed = bracketed;
  parts.host = text.substr(bracketed ? 1 : 0, bracketed ? end - 1 : end);
  auto rest = end == std::string_view::npos ? std::string_view() : text.substr(bracketed ? end + 1 : end);
  if (rest.empty()) return parts;
  if (!rest.starts_with(':')) return std::nullopt;
  parts.port = rest.substr(1);
  return parts;
}

}  // namespace

std::optional<loopback_address> loopback_named(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return std::nullopt;
  const auto port = port_of(parts->port);
  if (!port) return std::nullopt;
  if (parts->bracketed) return is_six(parts->host) ? std::optional(loopback_address{0, *port}) : std::nullopt;
  const auto four = four_of(parts->host);
  return four ? std::optional(loopback_address{*four, *port}) : std::nullopt;
}

std::string text_of(const loopback_address& address) {
  if (address.four == 0) return "[::1]:" + std::to_string(address.port);
  std::string text;
  for (unsigned shift = 32; shift > 0; shift -= 8)
    text.append(text.empty() ? "" : ".").append(std::to_string(address.four >> (shift - 8) & 0xff));
  return text + ":" + std::to_string(address.port);
}

socklen_t fill(sockaddr_storage& to, const loopback_address& address) {
  to = {};
  if (address.four == 0) {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_addr = in6addr_loopback;
    six.sin6_port = htons(address.port);
    std::memcpy(&to, &six, sizeof six);
    return sizeof six;
  }
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_addr.s_addr = htonl(address.four);
  four.sin_port = htons(address.port);
  std::memcpy(&to, &four, sizeof four);
  return sizeof four;
}

bool is_loopback_host(std::string_view host) {
  const auto parts = split(host);
  if (!parts || (!parts->port.empty() && !port_of(parts->port))) return false;
  if (parts->bracketed) return is_six(parts->host);
  constexpr std::string_view local = "localhost";
  const auto name = parts->host;
  if (same_in_any_case(name, local) || four_of(name)) return true;
  return name.size() > local.size() + 1 && name[name.size() - local.size() - 1] == '.' &&
         same_in_any_case(name.substr(name.size() - local.size()), local);
}

}  // namespace tokiod
