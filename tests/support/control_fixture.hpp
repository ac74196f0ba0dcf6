// A control server over a fake backend, in a folder of its own.
// Threads: one; the server has its own.
#pragma once
#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <string>

#include "control/server.hpp"
#include "support/control_client.hpp"
#include "support/fake_backend.hpp"
#include "support/temp_dir.hpp"

namespace tokiod::test {

class control_fixture {
 public:
  using tune = std::function<void(control::server_options&)>;

  explicit control_fixture(const tune& change = nullptr) {
    control::server_options options;
    options.version = "9.9.9";
    options.sockets.push_back(at("control", 0600, control::level::admin));
    options.sockets.push_back(at("observe", 0600, control::level::observe));
    if (change) change(options);
    auto opened = control::server::open(std::move(options), backend);
    REQUIRE_MESSAGE(opened, opened.error().sentence);
    server = std::move(*opened);
    REQUIRE(server->start());
  }

  [[nodiscard]] std::string path(std::string_view label = "control") const {
    return dir / (std::string(label) + ".sock");
  }
  [[nodiscard]] control_client client(std::string_view label = "control") const { return control_client(path(label)); }
  [[nodiscard]] std::string http(const std::string& request) const {
    auto who = client("observe");
    who.write(request);
    return who.rest();
  }

  temp_dir dir;
  fake_backend backend;
  std::unique_ptr<control::server> server;

 private:
  control::socket_options at(const std::string& label, unsigned mode, control::level ceiling) const {
    control::socket_options options;
    options.label = label;
    options.path = path(label);
    options.mode = mode;
    options.ceiling = ceiling;
    return options;
  }
};

// The kind of an error reply, or "" for a result.
inline std::string kind_of(const json& reply) {
  if (!reply.is_object() || !reply.contains("error")) return {};
  return reply["error"]["data"]["kind"].get<std::string>();
}

}  // namespace tokiod::test
