// `lookup_host`: names to addresses. Addresses written as numbers need no lookup and no task of the host.
// Threads: [task]. Cancel safe: a lookup whose future is destroyed goes on in the host, without effect.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tokio/net/socket.hpp"

namespace tokio::net {

// Where to connect or bind: an address, several that are tried in turn, "host:port", or a host and a port.
class target {
 public:
  target(socket_address address) : addresses_{address} {}
  target(std::vector<socket_address> addresses) noexcept : addresses_(std::move(addresses)) {}
  target(std::string_view host_and_port) : target(divide(host_and_port)) {}
  target(const std::string& host_and_port) : target(std::string_view(host_and_port)) {}
  target(const char* host_and_port) : target(std::string_view(host_and_port)) {}
  target(std::string_view host, std::uint16_t port) {
    if (const auto ip = ip_address::parse(host)) {
      addresses_.emplace_back(*ip, port);
    } else {
      host_ = host;
      port_ = port;
    }
  }

  const std::vector<socket_address>& addresses() const noexcept { return addresses_; }
  // A name that has to be looked up; empty when the addresses are known.
  const std::string& host() const noexcept { return host_; }
  std::uint16_t port() const noexcept { return port_; }
  bool is_malformed() const noexcept { return malformed_; }

 private:
  target() = default;
  static target divide(std::string_view text) {
    if (const auto address = socket_address::parse(text)) return target(*address);
    target out;
    const auto colon = text.rfind(':');
    const auto digits = colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), out.port_);
    out.host_ = text.substr(0, colon);
    out.malformed_ = digits.empty() || failed != std::errc() || end != digits.data() + digits.size() ||
                     out.host_.empty() || out.host_.find_first_of(":[]") != std::string::npos;
    return out;
  }

  std::vector<socket_address> addresses_;
  std::string host_;
  std::uint16_t port_ = 0;
  bool malformed_ = false;
};

class [[nodiscard]] lookup_future {
 public:
  using output = result<std::vector<socket_address>>;
  explicit lookup_future(target of) noexcept : of_(std::move(of)) {}
  lookup_future(lookup_future&& other) noexcept : of_(std::move(other.of_)), op_(std::exchange(other.op_, nullptr)) {}
  lookup_future& operator=(lookup_future&&) = delete;
  ~lookup_future() {
    if (op_) host.core->op_drop(op_);
  }

  tokio::poll<output> poll(context& cx) {
    if (of_.is_malformed()) return fail({error_kind::invalid_input, "an address is \"ip:port\" or \"name:port\""});
    if (of_.host().empty()) return output(of_.addresses());
    if (!op_)
      if (const auto started = start(cx); !started) return fail(started.error());
    const auto got = host.core->op_poll(op_, cx.raw());
    if (got == TOKIO_PENDING) return pending;
    if (got == TOKIO_ENOENT) return fail({error_kind::not_found, TOKIO_ENOENT, "the name is not known"});
    if (got < 0) return fail(error::from_status(got));
    return take(static_cast<std::size_t>(got));
  }

 private:
  static output fail(error why) { return output(std::unexpect, why); }
  result<> start(context& cx) {
    if (!host.resolve)
      return std::unexpected(error(error_kind::unsupported, "this host looks up no names (tokio.resolve/1)"));
    return to_result(host.resolve->lookup(cx.instance(), to_str(of_.host()), of_.port(), TOKIO_AF_NONE, &op_));
  }
  output take(std::size_t count) {
    tokio_buf lease{};
    if (const auto status = host.core->op_take(op_, &lease, nullptr); status < 0)
      return fail(error::from_status(status));
    std::vector<socket_address> found;
    for (std::size_t i = 0; i < std::min(count, lease.len / sizeof(tokio_addr)); ++i) {
      tokio_addr address;
      std::memcpy(&address, lease.ptr + i * sizeof address, sizeof address);
      found.emplace_back(address);
    }
    tokio_buf_release(&lease);
    return found;
  }

  target of_;
  tokio_op* op_ = nullptr;
};

// May give no address at all.
inline lookup_future lookup_host(target of) { return lookup_future(std::move(of)); }

// Looks a target up, then makes something for each address until one works; the error is the last one's.
template <class T, class Make>
class [[nodiscard]] resolved_future {
 public:
  using output = result<T>;
  resolved_future(target of, Make make) noexcept : lookup_(std::move(of)), make_(std::move(make)) {}
  tokio::poll<output> poll(context& cx) {
    auto found = lookup_.poll(cx);
    if (found.is_pending()) return pending;
    if (!found.value()) return output(std::unexpect, found.value().error());
    output made(std::unexpect, error_kind::invalid_input, "the name has no address");
    for (const auto& address : *found.value())
      if ((made = make_(address))) break;
    return made;
  }

 private:
  lookup_future lookup_;
  Make make_;
};
template <class T, class Make>
resolved_future<T, Make> for_each_address(target of, Make make) {
  return {std::move(of), std::move(make)};
}

}  // namespace tokio::net
