// Internal to host/export: socket options by the contract's numbers, and the flags of tokio_sock_params.
// Threads: [any].
#pragma once
#include <cstdint>

#include "tokio/abi/net.h"

namespace tokiod::host {

[[nodiscard]] tokio_status set_socket_option(int fd, std::uint32_t option, std::int64_t value) noexcept;
[[nodiscard]] tokio_status get_socket_option(int fd, std::uint32_t option, std::int64_t& value) noexcept;
// All that a socket is told before bind, connect or listen.
[[nodiscard]] tokio_status apply_params(int fd, int family, const tokio_sock_params& params) noexcept;
[[nodiscard]] tokio_status join_group(int fd, const tokio_addr& group, std::uint32_t interface, bool join) noexcept;

}  // namespace tokiod::host
