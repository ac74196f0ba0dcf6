// Proxy: TCP connections, handed to the least busy of several upstreams that answer.
//   {"bind": "127.0.0.1", "port": 7009, "upstreams": ["127.0.0.1:7007"], "connections_max": 10000,
//    "connect_timeout_ms": 2000, "check_interval_ms": 1000, "fall": 2, "rise": 1, "drain_ms": 5000}
// Teaches copy_bidirectional, timeouts, intervals, and an end that lets what runs finish.
// Threads: each connection is a task of its own, and so is the check of each upstream.
#include <memory>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "config_reader.hpp"
#include "forward.hpp"
#include "listen.hpp"
#include "service.hpp"
#include "tokio/plugin.hpp"

namespace {

using tokio::sync::semaphore;

std::chrono::milliseconds read_ms(plugin_support::config_reader& in, std::string_view key,
                                  std::chrono::milliseconds otherwise) {
  return std::chrono::milliseconds(in.integer(key, otherwise.count(), 1, 3'600'000));
}

std::vector<std::string> read_upstreams(plugin_support::config_reader& in) {
  auto given = in.strings("upstreams", proxy::pool::most_upstreams);
  if (const auto fault = in.fault()) throw std::invalid_argument(*fault);
  if (given.empty()) throw std::invalid_argument("upstreams must name at least one address such as \"127.0.0.1:7007\"");
  for (const auto& address : given)
    if (tokio::net::target(address).is_malformed())
      throw std::invalid_argument("upstreams must be addresses such as \"127.0.0.1:7007\", got \"" + address + "\"");
  return given;
}

proxy::settings read_settings(std::string_view config) {
  plugin_support::config_reader in(config);
  proxy::settings read;
  read.bind = in.string("bind", read.bind);
  read.port = static_cast<std::uint16_t>(in.integer("port", read.port, 0, 65535));
  read.connections_max = static_cast<std::uint32_t>(in.integer("connections_max", read.connections_max, 1, 1'000'000));
  read.connect_timeout = read_ms(in, "connect_timeout_ms", read.connect_timeout);
  read.check_interval = read_ms(in, "check_interval_ms", read.check_interval);
  read.drain = read_ms(in, "drain_ms", read.drain);
  read.limits.fall = static_cast<unsigned>(in.integer("fall", read.limits.fall, 1, 100));
  read.limits.rise = static_cast<unsigned>(in.integer("rise", read.limits.rise, 1, 100));
  read.upstreams = read_upstreams(in);
  return read;
}

class proxy_server {
 public:
  static constexpr const char* description = "hands TCP connections to the least busy upstream that answers";

  explicit proxy_server(std::string_view config) : proxy_server(read_settings(config)) {}

  tokio::task<> run(tokio::cancellation_token stop) {
    for (std::size_t i = 0; i < service_.upstreams.size(); ++i)
      tokio::spawn<"proxy check">(proxy::check(service_, i, stop)).detach();
    auto listener = std::move(listener_);  // closed when the proxy takes no more clients, before they have all ended
    co_await plugin_support::accept_until(
        listener, stop, [this, stop](tokio::net::tcp_stream client) { admit(std::move(client), stop); });
  }

 private:
  explicit proxy_server(const proxy::settings& with)
      : listener_(plugin_support::listen_at(with.bind, with.port)),
        places_(std::make_shared<semaphore>(with.connections_max)),
        service_(with) {}

  void admit(tokio::net::tcp_stream client, tokio::cancellation_token stop) {
    auto place = semaphore::try_acquire_owned(places_);
    if (!place) return service_.count_turned_away();  // and the client is closed
    tokio::spawn<"proxy connection">(proxy::forward(service_, std::move(client), std::move(stop), std::move(*place)))
        .detach();
  }

  tokio::net::tcp_listener listener_;
  std::shared_ptr<semaphore> places_;
  proxy::service service_;
  tokio::control::method report_{"upstreams", "upstreams, whether they are up, and their connections",
                                 [this](std::string) -> tokio::control::answer { return service_.report(); }};
};

}  // namespace

TOKIO_PLUGIN(proxy_server, "dev.tokiod.proxy", "0.1.0");
