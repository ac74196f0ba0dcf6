// A daemon with the plugins bench and echo, whose numbers a test then reads: what makes it busy, and what asks it.
// Threads: one, the test's.
#pragma once
#include <string>

#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"

namespace tokiod::test {

struct busy_daemon {
  // `runtime` is that section of the configuration.
  explicit busy_daemon(int workers, const std::string& runtime = "{}")
      : daemon(R"({"runtime": )" + runtime +
                   R"(, "plugins": {"instances": {"bench": {"plugin": "bench"}, "echo": {"plugin": "echo", )"
                   R"("config": {"port": )" +
                   port.text() + "}}}}}",
               {"--workers", std::to_string(workers)}),
        control(daemon.connect()) {
    wait_until_runs(control, "bench");
    wait_until_runs(control, "echo");
  }
  // The instance hog of a plugin of the tests, told so much of something.
  void load(const char* fixture, const char* what, int number) {
    control.call("plugin.load", {{"plugin", std::string(TOKIOD_FIXTURES) + "/" + fixture + ".so"},
                                 {"instance", "hog"},
                                 {"config", {{what, number}}}});
  }
  void run(const char* workload, int count) {
    control.call("plugin.call",
                 {{"instance", "bench"}, {"method", "run"}, {"params", {{"workload", workload}, {"count", count}}}});
  }
  void echo(tcp_client& client, const std::string& line = "line\n") {
    REQUIRE(client.send(line));
    REQUIRE(client.read_until("\n") == line);
  }

  reserved_port port;
  daemon_process daemon;
  rpc_client control;
};

}  // namespace tokiod::test
