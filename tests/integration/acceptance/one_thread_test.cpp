// A daemon of the flavor current_thread: one thread runs all tasks, and everything else is as with many.
#include <doctest/doctest.h>

#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

std::string config_text(const std::string& port) {
  return R"({"runtime": {"flavor": "current_thread"}, "plugins": {"instances": {"echo": {"plugin": "echo", "config":)"
         R"( {"port": )" +
         port + "}}}}}";
}

bool answers(std::uint16_t port, const std::string& line) {
  tcp_client client(port);
  return client.send(line) && client.read_until("\n") == line;
}

}  // namespace

TEST_CASE("a daemon of the flavor current_thread serves clients, unloads a plugin and stops with 0") {
  const reserved_port reserved;
  const std::uint16_t port = reserved.number();
  daemon_process d(config_text(reserved.text()));
  auto control = d.connect();
  wait_until_runs(control, "echo");
  for (int i = 0; i < 20; ++i) REQUIRE(answers(port, "line " + std::to_string(i) + "\n"));
  CHECK(control.call("runtime.info").at("flavor") == "current_thread");
  CHECK(control.call("runtime.workers").at("workers").at(0).at("polls") > 0);
  CHECK(control.call("plugin.unload", {{"plugin", "echo"}}).at("unmapped") == true);
  control.call("plugin.load", {{"plugin", "echo"}, {"instance", "again"}, {"config", {{"port", port}}}});
  wait_until_runs(control, "again");
  CHECK(answers(port, "again\n"));
  CHECK(d.stop() == 0);
}

TEST_CASE("the only thread in a poll that never ends holds up neither control nor a stop that does not wait") {
  daemon_process d(R"({"runtime": {"flavor": "current_thread"}, "shutdown": {"deadline_ms": 100}, "plugins": {)"
                   R"("instances": {"stuck": {"plugin": ")" +
                   fixture("never_yields") + R"("}}}})");
  auto control = d.connect();
  wait_until_runs(control, "stuck");
  eventually("it is called slow", [&] { return usage_of(control, "stuck").at("slow_polls") == 1; });
  eventually("it polls", [&] { return control.call("runtime.workers").at("workers").at(0).at("state") == "stuck"; });
  CHECK(d.stop() == 75);
}
