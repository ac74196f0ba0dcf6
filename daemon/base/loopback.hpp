// Addresses of this machine alone: 127.0.0.0/8 and ::1.
// Threads: pure functions [any].
#pragma once
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tokiod {

struct loopback_address {
  std::uint32_t four = 0;  // 127.x.x.x in the host's order; 0: ::1
  std::uint16_t port = 0;  // 0: one that is free
};

// "127.0.0.1:9465" or "[::1]:9465". Nothing: another address, or none.
[[nodiscard]] std::optional<loopback_address> loopback_named(std::string_view text);
[[nodiscard]] std::string text_of(const loopback_address& address);

// Gives its length.
socklen_t fill(sockaddr_storage& to, const loopback_address& address);

// Whether a Host header, with or without a port, is a name that only this machine resolves to itself: a loopback
// literal, localhost, or a name below it. A page of another site that was made to resolve to us has its own name there.
[[nodiscard]] bool is_loopback_host(std::string_view host);

}  // namespace tokiod
