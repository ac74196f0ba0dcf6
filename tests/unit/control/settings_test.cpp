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

TEST_CASE("watchdog.set refuses what changes nothing, numbers out of range and who may only observe") {
  control_fixture daemon;
  auto client = daemon.client();
  CHECK(kind_of(client.call("watchdog.set", {{"for_s", 1}})) == "missing_param");
  CHECK(kind_of(client.call("watchdog.set", {{"critical_ms", 9}})) == "out_of_range");
  CHECK(kind_of(client.call("watchdog.set", {{"policy", "never"}})) == "bad_enum");
  CHECK(kind_of(daemon.client("observe").call("watchdog.set", {{"warn_ms", 1}})) == "permission_denied");
}
