// Plugins in Rust, in the daemon as a process: echo for a client, and one that checks what the layer promises.
#include <doctest/doctest.h>

#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"

using namespace tokiod;
using namespace tokiod::test;

TEST_CASE("hello_rust gives back what it is sent, is listed, and leaves no mapping") {
  const reserved_port port;
  daemon_process d(R"({"plugins": {"instances": {"rusty": {"plugin": "hello_rust", "config": {"port": )" + port.text() +
                   "}}}}}");
  auto control = d.connect();
  wait_until_runs(control, "rusty");
  tcp_client client(port.number());
  for (const char* line : {"hello\n", "from rust\n"}) {
    CHECK(client.send(line));
    CHECK(client.read_until("\n") == line);
  }
  CHECK(control.call("task.list").dump().find("echo connection") != std::string::npos);
  // A future of Rust tells nothing of its awaits: what is known is told, and why there is no more.
  const auto dump = control.call("task.dump", {{"plugin", "rusty"}}).at("tasks");
  REQUIRE(dump.size() >= 2);
  for (const auto& one : dump) {
    CHECK(one.at("trace").empty());
    if (one.at("name") == "echo connection")
      CHECK_MESSAGE(one.at("location").get<std::string>().find("lib.rs:") != std::string::npos, one.dump());
    CHECK((one.at("state") == "idle" || one.at("state") == "queued" || one.at("state") == "running"));
    CHECK_FALSE(one.at("unsupported").get<std::string>().empty());
    if (one.at("state") == "idle")
      CHECK(one.at("unsupported") == "its plugin tells nothing of where a task waits; those of the C++ SDK do");
  }
  const auto gone = control.call("plugin.unload", {{"plugin", "hello_rust"}});
  CHECK_MESSAGE(gone.at("unmapped") == true, gone.dump());
  CHECK(client.read_to_end() == "");
  CHECK(d.stop() == 0);
}

TEST_CASE("a configuration that a Rust plugin refuses is its sentence, and so is a panic of its start") {
  daemon_process d("{}", {"--plugin-dir", TOKIOD_FIXTURES});
  auto control = d.connect();
  CHECK(control.error("plugin.load", {{"plugin", "hello_rust"}, {"config", {{"port", 70000}}}}).at("message") ==
        R"(instance hello_rust: init failed: the configuration must be {"port": 0..65535}, got {"port":70000})");
  const auto panicked = control.error("plugin.load", {{"plugin", "checks_itself"}, {"config", {{"panic", true}}}});
  CHECK(panicked.at("message") == "instance checks_itself: init failed: the plugin panicked while it started");
  CHECK(d.stop() == 0);  // which has written the whole log
  CHECK(d.child().err().find("asked to panic") != std::string::npos);
}

TEST_CASE("what the layer for Rust promises holds, and its plugin is unmapped") {
  daemon_process d("{}", {"--plugin-dir", TOKIOD_FIXTURES});
  auto control = d.connect();
  control.call("plugin.load", {{"plugin", "checks_itself"}});
  eventually("it has checked itself", [&] { return d.child().err().find("checked itself") != std::string::npos; });
  const auto gone = control.call("plugin.unload", {{"plugin", "checks_itself"}});
  CHECK_MESSAGE(gone.at("unmapped") == true, gone.dump());
  CHECK(d.stop() == 0);  // which has written the whole log
  const auto log = d.child().err();
  CHECK_MESSAGE(log.find("FAILS: ") == std::string::npos, log);
  CHECK(log.find("holds: all heard the end") != std::string::npos);
  CHECK(log.find("message=\"on purpose, 7\" where=") != std::string::npos);
  CHECK(log.find("checks_itself.rs:") != std::string::npos);
  CHECK(log.find("stack backtrace") == std::string::npos);  // the place of a panic is in the log, and nothing beside it
}
