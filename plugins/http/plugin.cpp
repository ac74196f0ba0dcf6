// HTTP/1.1: the files of a folder, and routes (routes.hpp).
//   {"bind": "127.0.0.1", "port": 7080, "root": "/srv/www", "connections_max": 10000, "pipelined_max": 16,
//    "request_line_max": 8192, "head_bytes_max": 16384, "fields_max": 100, "body_bytes_max": 1048576,
//    "header_timeout_ms": 10000, "body_timeout_ms": 30000, "idle_timeout_ms": 60000, "write_timeout_ms": 30000,
//    "drain_ms": 5000}
// Without a root there are only the routes.
// Threads: each connection is a task of its own.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "config_reader.hpp"
#include "connection.hpp"
#include "listen.hpp"
#include "routes.hpp"
#include "service.hpp"
#include "tokio/io.hpp"
#include "tokio/plugin.hpp"
#include "tokio/time.hpp"

namespace {

using plugin_support::config_reader;
using tokio::net::tcp_stream;
using tokio::sync::semaphore;

std::chrono::milliseconds read_ms(config_reader& in, std::string_view key, std::chrono::milliseconds otherwise) {
  return std::chrono::milliseconds(in.integer(key, otherwise.count(), 1, 3'600'000));
}

std::size_t read_size(config_reader& in, std::string_view key, std::uint64_t otherwise, std::int64_t least,
                      std::int64_t most) {
  return static_cast<std::size_t>(in.integer(key, static_cast<std::int64_t>(otherwise), least, most));
}

http::settings read_settings(std::string_view config) {
  config_reader in(config);
  http::settings read;
  read.bind = in.string("bind", read.bind);
  read.port = static_cast<std::uint16_t>(in.integer("port", read.port, 0, 65535));
  read.root = in.string("root", read.root, 4096);
  read.connections_max = static_cast<std::uint32_t>(in.integer("connections_max", read.connections_max, 1, 1'000'000));
  read.pipelined_max = read_size(in, "pipelined_max", read.pipelined_max, 1, 1000);
  read.allowed.request_line = read_size(in, "request_line_max", read.allowed.request_line, 64, 1 << 20);
  read.allowed.head_bytes = read_size(in, "head_bytes_max", read.allowed.head_bytes, 256, 1 << 20);
  read.allowed.fields = read_size(in, "fields_max", read.allowed.fields, 1, 10'000);
  read.allowed.body_bytes = read_size(in, "body_bytes_max", read.allowed.body_bytes, 0, 1ll << 40);
  read.within.header = read_ms(in, "header_timeout_ms", read.within.header);
  read.within.body = read_ms(in, "body_timeout_ms", read.within.body);
  read.within.idle = read_ms(in, "idle_timeout_ms", read.within.idle);
  read.within.write = read_ms(in, "write_timeout_ms", read.within.write);
  read.within.drain = read_ms(in, "drain_ms", read.within.drain);
  if (const auto fault = in.fault()) throw std::invalid_argument(*fault);
  if (read.allowed.request_line >= read.allowed.head_bytes)
    throw std::invalid_argument("request_line_max must be less than head_bytes_max, got " +
                                std::to_string(read.allowed.request_line));
  return read;
}

// What the client asks is read and thrown away: else the system resets the connection, and takes the answer with it.
tokio::task<> say_that_it_is_full(tcp_stream client) {
  constexpr std::string_view full =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  if (!co_await client.write_all(full) || !co_await client.shutdown()) co_return;
  auto nowhere = tokio::io::sink();
  (void)co_await tokio::io::copy(client, nowhere);
}

tokio::task<> turn_away(tcp_stream client, tokio::cancellation_token stop,
                        [[maybe_unused]] tokio::sync::owned_semaphore_permit place) {
  (void)co_await tokio::select(stop.cancelled(),
                               tokio::time::timeout(std::chrono::seconds(1), say_that_it_is_full(std::move(client))));
}

class server {
 public:
  static constexpr const char* description = "an HTTP/1.1 server of files and routes";

  explicit server(std::string_view config) : server(read_settings(config)) {}

  tokio::task<> run(tokio::cancellation_token stop) {
    service_.one_thread = has_one_thread();
    auto listener = std::move(listener_);  // closed when no more clients are taken, before they have all ended
    co_await plugin_support::accept_until(listener, stop,
                                          [this, stop](tcp_stream client) { admit(std::move(client), stop); });
  }

 private:
  explicit server(const http::settings& with)
      : listener_(plugin_support::listen_at(with.bind, with.port)),
        places_(std::make_shared<semaphore>(with.connections_max)),
        service_(with) {
    http::add_routes(service_.routes);
  }

  // A runtime of the flavor current_thread refuses to block in place.
  static bool has_one_thread() {
    try {
      tokio::block_in_place([] {});
      return false;
    } catch (const tokio::panic_error&) {
      return true;
    }
  }

  void admit(tcp_stream client, tokio::cancellation_token stop) {
    (void)client.set_nodelay(true);
    auto place = semaphore::try_acquire_owned(places_);
    if (place) {
      tokio::spawn<"http connection">(http::serve(service_, std::move(client), std::move(stop), std::move(*place)))
          .detach();
      return;
    }
    service_.count_turned_away();
    auto standing = semaphore::try_acquire_owned(standing_);
    if (!standing) return;  // and the client is closed: those who hear why are not without limit either
    tokio::spawn<"http turned away">(turn_away(std::move(client), std::move(stop), std::move(*standing))).detach();
  }

  tokio::net::tcp_listener listener_;
  static constexpr std::size_t told_at_once = 64;

  std::shared_ptr<semaphore> places_;
  std::shared_ptr<semaphore> standing_ = std::make_shared<semaphore>(told_at_once);
  http::service service_;
};

}  // namespace

TOKIO_PLUGIN(server, "dev.tokiod.http", "0.1.0");
