// What every server among our plugins does: open its socket or say why not, and accept until it is to stop.
// Threads: listen_at in a constructor [ctl]; accept_until is part of a task.
#pragma once
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "tokio/net.hpp"
#include "tokio/plugin.hpp"
#include "tokio/task.hpp"
#include "tokio/time.hpp"

namespace plugin_support {

// How long an instance that is told to stop waits for the first request of a connection that it has accepted: nobody
// who got in goes without an answer. One that was answered before, and is silent, is closed at once.
inline constexpr auto first_word = std::chrono::seconds(5);

// Throws the sentence: thrown in a plugin's constructor it refuses the start.
inline tokio::net::tcp_listener listen_at(const std::string& bind, std::uint16_t port) {
  const auto ip = tokio::net::ip_address::parse(bind);
  if (!ip) throw std::invalid_argument("bind must be an IP address, got \"" + bind + "\"");
  auto listener = tokio::net::tcp_listener::bind_to(tokio::net::socket_address(*ip, port));
  if (!listener)
    throw std::runtime_error("cannot listen on " + bind + ":" + std::to_string(port) + ": " +
                             std::string(listener.error().message()));
  return std::move(*listener);
}

// Hands each connection to `take` until `stop` is cancelled. When there are no descriptors or no memory left it waits:
// accepting again at once would spin until a connection ends.
template <class Take>
tokio::task<> accept_until(tokio::net::tcp_listener& listener, tokio::cancellation_token stop, Take take) {
  constexpr auto pause = std::chrono::milliseconds(50);
  auto stopped = stop.cancelled();
  for (;;) {
    auto won = co_await tokio::select(tokio::biased, stopped, listener.accept());
    if (won.index() == 0) co_return;
    auto& accepted = won.template get<1>();
    if (accepted) {
      take(std::move(accepted->first));
      continue;
    }
    if (accepted.error().kind() == tokio::error_kind::connection_aborted) continue;
    tokio::log::warn("cannot accept, waiting", {"error", accepted.error().message()});
    co_await tokio::time::sleep(pause);
  }
}

}  // namespace plugin_support
