// Echo: gives back every byte it is sent. The TCP server of Tokio's front page, as a plugin.
//   {"bind": "127.0.0.1", "port": 7007}
// Threads: each connection is a task of its own.
#include <array>
#include <stdexcept>
#include <string>
#include <string_view>

#include "config_reader.hpp"
#include "listen.hpp"
#include "tokio/net.hpp"
#include "tokio/plugin.hpp"
#include "tokio/task.hpp"
#include "tokio/time.hpp"

namespace {

using tokio::net::tcp_stream;

// The stop met a connection that was accepted and not heard yet: its first bytes still come back.
tokio::task<> serve_once(tcp_stream client) {
  std::array<std::byte, 1024> buffer;
  const auto received = co_await tokio::time::timeout(plugin_support::first_word, client.read(buffer));
  if (!received || !*received || **received == 0) co_return;
  (void)co_await client.write_all(std::span(buffer).first(**received));
}

// region: serve
tokio::task<> serve(tcp_stream client, tokio::cancellation_token stop) {
  std::array<std::byte, 1024> buffer;
  auto stopped = stop.cancelled();
  for (bool heard = false;; heard = true) {
    auto won = co_await tokio::select(tokio::biased, client.read(buffer), stopped);
    if (won.index() == 1) {
      if (!heard) co_await serve_once(std::move(client));
      co_return;
    }
    const auto& received = won.get<0>();
    if (!received || *received == 0) co_return;
    const auto sent = co_await client.write_all(std::span(buffer).first(*received));
    if (!sent) co_return;
  }
}
// endregion

class echo {
 public:
  static constexpr const char* description = "gives back every byte it is sent";

  explicit echo(std::string_view config) : listener_(listen(config)) {}

  tokio::task<> run(tokio::cancellation_token stop) {
    co_await plugin_support::accept_until(listener_, stop, [stop](tcp_stream client) {
      tokio::spawn<"echo connection">(serve(std::move(client), stop)).detach();
    });
  }

 private:
  static tokio::net::tcp_listener listen(std::string_view config) {
    plugin_support::config_reader in(config);
    const auto bind = in.string("bind", "127.0.0.1");
    const auto port = in.integer("port", 7007, 0, 65535);
    if (const auto fault = in.fault()) throw std::invalid_argument(*fault);
    return plugin_support::listen_at(bind, static_cast<std::uint16_t>(port));
  }

  tokio::net::tcp_listener listener_;
};

}  // namespace

TOKIO_PLUGIN(echo, "dev.tokiod.echo", "0.1.0");
