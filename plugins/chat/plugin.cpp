// Chat: a room over TCP, one line at a time. Teaches broadcast, select and an orderly end.
//   {"bind": "127.0.0.1", "port": 7008, "line_bytes_max": 1024, "history_lines": 256}
// Threads: each member is a task of its own.
#include <stdexcept>
#include <string_view>

#include "config_reader.hpp"
#include "listen.hpp"
#include "member.hpp"
#include "tokio/plugin.hpp"

namespace {

struct settings {
  std::string bind;
  std::uint16_t port;
  std::size_t line_bytes_max, history_lines;
};

settings read_settings(std::string_view config) {
  plugin_support::config_reader in(config);
  settings read{in.string("bind", "127.0.0.1"), static_cast<std::uint16_t>(in.integer("port", 7008, 0, 65535)),
                static_cast<std::size_t>(in.integer("line_bytes_max", 1024, 16, 65536)),
                static_cast<std::size_t>(in.integer("history_lines", 256, 1, 65536))};
  if (const auto fault = in.fault()) throw std::invalid_argument(*fault);
  return read;
}

class chat_server {
 public:
  static constexpr const char* description = "a chat room over TCP";

  explicit chat_server(std::string_view config) : chat_server(read_settings(config)) {}

  tokio::task<> run(tokio::cancellation_token stop) {
    co_await plugin_support::accept_until(listener_, stop, [this, stop](tokio::net::tcp_stream client) {
      tokio::spawn<"chat member">(chat::attend(room_, std::move(client), line_bytes_max_, stop)).detach();
    });
  }

 private:
  explicit chat_server(const settings& read)
      : listener_(plugin_support::listen_at(read.bind, read.port)),
        room_(read.history_lines),
        line_bytes_max_(read.line_bytes_max) {}

  tokio::net::tcp_listener listener_;
  chat::room room_;
  std::size_t line_bytes_max_;
};

}  // namespace

TOKIO_PLUGIN(chat_server, "dev.tokiod.chat", "0.1.0");
