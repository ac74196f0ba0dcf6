// Methods that change single settings of the configuration.
#include <doctest/doctest.h>

#include "support/control_fixture.hpp"

using namespace tokiod;
using namespace tokiod::test;

TEST_CASE("watchdog.set changes what is given, and tells what is for a time") {
  control_fixture daemon;
  auto client = daemon.client();
  const json before = {{"warn_ms", 100}, {"critical_ms", 10'000}, {"policy", "control"}, {"for_a_time", json::array()}};
  CHECK(client.call("watchdog.get")["result"] == before);
  const auto now = client.call("watchdog.set", {{"warn_ms", 50}, {"policy", "any_worker"}, {"for_s", 30}})["result"];
  CHECK(now["warn_ms"] == 50);
  CHECK(now["critical_ms"] == 10'000);
  CHECK(now["policy"] == "any_worker");
  CHECK(now["for_a_time"] == json{{{"name", "warn_ms"}, {"left_seconds", 30.0}}});
  CHECK(client.call("watchdog.get")["result"] == now);
}

TEST_CASE("runtime.blocking changes what is given of the pool, and says what it was") {
  control_fixture daemon;
  auto client = daemon.client();
  const auto done = client.call("runtime.blocking", {{"max_threads", 8}})["result"];
  CHECK(done["before"] == json{{"max_threads", 512}, {"keep_alive_ms", 10'000}});
  CHECK(done["after"] == json{{"max_threads", 8}, {"keep_alive_ms", 10'000}});
  CHECK(client.call("runtime.blocking", {{"keep_alive_ms", 1}})["result"]["after"]["keep_alive_ms"] == 1);
  CHECK(kind_of(client.call("runtime.blocking", json::object())) == "missing_param");
  CHECK(kind_of(client.call("runtime.blocking", {{"max_threads", 0}})) == "out_of_range");
  CHECK(kind_of(daemon.client("observe").call("runtime.blocking", {{"max_threads", 1}})) == "permission_denied");
}

TEST_CASE("runtime.affinity says what the CPUs of a worker were, and whether it cannot choose them") {
  control_fixture daemon;
  auto client = daemon.client();
  const auto done = client.call("runtime.affinity", {{"worker", 1}, {"cpus", "0"}})["result"];
  CHECK(done == json{{"before", "0-1"}, {"after", "0"}});
  CHECK(kind_of(client.call("runtime.affinity", {{"worker", 2}, {"cpus", "0"}})) == "out_of_range");
  CHECK(kind_of(client.call("runtime.affinity", {{"worker", 0}, {"cpus", "1023"}})) == "unsupported");
  CHECK(kind_of(client.call("runtime.affinity", {{"worker", 0}})) == "missing_param");
  CHECK(kind_of(daemon.client("observe").call("runtime.affinity", {{"worker", 0}, {"cpus", "0"}})) ==
        "permission_denied");
}

TEST_CASE("runtime.pause says for how long, and runtime.resume whether there was a pause") {
  control_fixture daemon;
  auto client = daemon.client();
  CHECK(kind_of(client.call("runtime.resume")) == "wrong_state");
  const auto done = client.call("runtime.pause", {{"for_s", 2}, {"reason", "why"}})["result"];
  CHECK(done == json{{"on", true}, {"left_seconds", 2.0}, {"reason", "why"}});
  CHECK(client.call("runtime.resume")["result"] == json{{"on", false}});
  CHECK(kind_of(client.call("runtime.pause")) == "missing_param");
  CHECK(kind_of(client.call("runtime.pause", {{"for_s", 0}})) == "out_of_range");
  CHECK(kind_of(client.call("runtime.pause", {{"for_s", 3601}})) == "out_of_range");
  CHECK(kind_of(daemon.client("observe").call("runtime.pause", {{"for_s", 1}})) == "permission_denied");
}

TEST_CASE("who may operate sets what he may change by other methods, too, and nothing else") {
  control_fixture daemon;
  auto client = daemon.client();
  CHECK(client.call("control.drop", {{"level", "operate"}}).contains("result"));
  const auto set = [&](const char* path, const json& value) {
    return client.call("config.set", {{"path", path}, {"value", value}, {"dry_run", true}});
  };
  for (const auto& [path, value] : {std::pair<const char*, json>{"log.level", "debug"},
                                    std::pair<const char*, json>{"/log/targets", json{{"host", "warn"}}},
                                    std::pair<const char*, json>{"/runtime/worker_threads", 2},
                                    std::pair<const char*, json>{"watchdog", json{{"policy", "control"}}},
                                    std::pair<const char*, json>{"/plugins/instances/echo/enabled", false}})
    CHECK_MESSAGE(set(path, value).contains("result"), path);
  for (const char* const path : {"", "/log", "/runtime", "/control/access", "/plugins/dirs", "/plugins/instances/echo",
                                 "/plugins/instances/echo/config", "/shutdown/deadline_ms", "/no/such"}) {
    const auto reply = set(path, json::object());
    CHECK_MESSAGE(kind_of(reply) == "permission_denied", path);
    CHECK(reply["error"]["data"]["required"] == "admin");
    CHECK_MESSAGE(kind_of(client.call("config.unset", {{"path", path}, {"dry_run", true}})) == "permission_denied",
                  path);
  }
  CHECK(kind_of(client.call("config.apply", {{"patch", json::object()}})) == "permission_denied");
  CHECK(client.call("config.unset", {{"path", "/log/level"}, {"dry_run", true}}).contains("result"));
}

TEST_CASE("plugin.disable means an instance, or all of a plugin, and says for how long") {
  control_fixture daemon;
  auto client = daemon.client();
  const auto enabled = [&](const char* name) {
    return client.call("config.get",
                       {{"path", std::string("/plugins/instances/") + name + "/enabled"}})["result"]["value"];
  };
  const auto one = client.call("plugin.disable", {{"plugin", "echo"}})["result"];
  CHECK(one == json{{"enabled", false}, {"instances", {"echo"}}});
  CHECK(enabled("echo") == false);
  CHECK(enabled("chat2") == true);
  const auto all = client.call("plugin.disable", {{"plugin", "chat"}, {"for_s", 5}})["result"];
  CHECK(all["instances"] == json{"a/b", "chat2"});
  CHECK(all["left_seconds"] == 5.0);
  CHECK(enabled("a~1b") == false);
  CHECK(enabled("chat2") == false);
  CHECK(client.call("plugin.enable", {{"plugin", "a/b"}})["result"]["enabled"] == true);
  CHECK(enabled("a~1b") == true);
  CHECK(enabled("chat2") == false);
}

TEST_CASE("plugin.enable refuses who is not configured, what is for a time and for ever, and who may only observe") {
  control_fixture daemon;
  auto client = daemon.client();
  const auto nobody = client.call("plugin.enable", {{"plugin", "nobody"}});
  CHECK(kind_of(nobody) == "not_found");
  CHECK_FALSE(nobody["error"]["data"]["hint"].get<std::string>().empty());
  CHECK(kind_of(client.call("plugin.enable", {{"plugin", "echo"}, {"for_s", 1}, {"persist", true}})) ==
        "invalid_params");
  CHECK(kind_of(daemon.client("observe").call("plugin.disable", {{"plugin", "echo"}})) == "permission_denied");
}

TEST_CASE("watchdog.set refuses what changes nothing, numbers out of range and who may only observe") {
  control_fixture daemon;
  auto client = daemon.client();
  CHECK(kind_of(client.call("watchdog.set", {{"for_s", 1}})) == "missing_param");
  CHECK(kind_of(client.call("watchdog.set", {{"critical_ms", 9}})) == "out_of_range");
  CHECK(kind_of(client.call("watchdog.set", {{"policy", "never"}})) == "bad_enum");
  CHECK(kind_of(daemon.client("observe").call("watchdog.set", {{"warn_ms", 1}})) == "permission_denied");
}
