// Redis: the commands of command/table.cpp over TCP, in memory.
//   {"bind": "127.0.0.1", "port": 6380, "max_clients": 10000, "max_value_bytes": 536870912, "max_unsent_bytes":
//   33554432}
// Threads: each connection is a task of its own; see connection.hpp for what they share.
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "clock.hpp"
#include "config_reader.hpp"
#include "connection.hpp"
#include "listen.hpp"
#include "tokio/plugin.hpp"

namespace {

using tokio::net::tcp_stream;
using tokio::sync::semaphore;

redis::settings read_settings(std::string_view config) {
  plugin_support::config_reader in(config);
  redis::settings read;
  read.bind = in.string("bind", read.bind);
  read.port = static_cast<std::uint16_t>(in.integer("port", read.port, 0, 65535));
  read.max_clients = static_cast<std::uint32_t>(in.integer("max_clients", read.max_clients, 1, 1'000'000));
  read.max_value_bytes = in.integer("max_value_bytes", read.max_value_bytes, 1024, 512ll * 1024 * 1024);
  read.max_unsent_bytes = static_cast<std::size_t>(
      in.integer("max_unsent_bytes", static_cast<std::int64_t>(read.max_unsent_bytes), 1024, 1ll << 30));
  if (const auto fault = in.fault()) throw std::invalid_argument(*fault);
  return read;
}

tokio::task<> turn_away(tcp_stream client) {
  (void)co_await client.write_all("-ERR max number of clients reached\r\n");
}

class server {
 public:
  static constexpr const char* description = "a Redis-compatible key-value server in memory";

  explicit server(std::string_view config) : server(read_settings(config)) {}

  tokio::task<> run(tokio::cancellation_token stop) {
    tokio::spawn<"redis expiry">(redis::purge_expired(*shared_, stop)).detach();
    co_await plugin_support::accept_until(listener_, stop,
                                          [this, stop](tcp_stream client) { admit(std::move(client), stop); });
  }

 private:
  explicit server(const redis::settings& settings)
      : listener_(plugin_support::listen_at(settings.bind, settings.port)),
        seats_(std::make_shared<semaphore>(settings.max_clients)),
        shared_(std::make_unique<redis::guarded_server>()) {
    shared_->state.options = settings;
    shared_->state.started = redis::wall_ms();
  }

  void admit(tcp_stream client, tokio::cancellation_token stop) {
    auto seat = semaphore::try_acquire_owned(seats_);
    if (seat) {
      tokio::spawn<"redis connection">(redis::serve(*shared_, std::move(client), std::move(stop), std::move(*seat)))
          .detach();
    } else {
      tokio::spawn<"redis turned away">(turn_away(std::move(client))).detach();
    }
  }

  tokio::net::tcp_listener listener_;
  std::shared_ptr<semaphore> seats_;
  std::unique_ptr<redis::guarded_server> shared_;
};

}  // namespace

TOKIO_PLUGIN(server, "dev.tokiod.redis", "0.1.0");
