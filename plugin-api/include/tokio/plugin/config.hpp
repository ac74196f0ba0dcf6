// The configuration of an instance, as JSON text. Which reader to use is the plugin's own choice.
// Threads: [any] that works for an instance.
#pragma once

#include <string>

#include "tokio/core/host.hpp"

namespace tokio::config {

// The current text; it changes when the daemon applies a new one.
inline result<std::string> text(call_site at = call_site::current()) {
  auto* instance = current_instance("there is no runtime here: config::text() needs an instance", at);
  if (!host.control) return std::unexpected(error(error_kind::unsupported, "this host has no tokio.control/1"));
  tokio_buf lease{};
  if (auto status = host.control->config_get(instance, &lease); status < 0)
    return std::unexpected(error::from_status(status));
  std::string text(reinterpret_cast<const char*>(lease.ptr), lease.len);
  tokio_buf_release(&lease);
  return text;
}

}  // namespace tokio::config
