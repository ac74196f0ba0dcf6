// timer.list, io.list and blocking.list.
#include <doctest/doctest.h>

#include "support/control_fixture.hpp"

using namespace tokiod;
using namespace tokiod::test;

TEST_CASE("timers, descriptors and jobs are shown with who waits, and what is not known is left out") {
  control_fixture daemon;
  auto client = daemon.client("observe");
  const auto timers = client.call("timer.list")["result"]["timers"];
  REQUIRE(timers.size() == 2);
  CHECK(timers[0]["due_in_seconds"] == -0.5);
  CHECK(timers[0]["waiter"] == json{{"task", "t-3"}, {"plugin", "echo"}, {"name", "serve"}});
  CHECK_FALSE(timers[1].contains("waiter"));

  const auto sources = client.call("io.list")["result"]["sources"];
  REQUIRE(sources.size() == 1);
  CHECK(sources[0]["kind"] == "tcp");
  CHECK(sources[0]["local"] == "127.0.0.1:7007");
  CHECK_FALSE(sources[0].contains("peer"));
  CHECK(sources[0]["writable"] == true);
  CHECK(sources[0]["reader"]["task"] == "t-4");

  const auto jobs = client.call("blocking.list")["result"]["jobs"];
  REQUIRE(jobs.size() == 3);
  CHECK(jobs[0] == json{{"plugin", "echo"}, {"state", "running"}, {"seconds", 2.0}, {"tid", 99}});
  CHECK(jobs[1]["state"] == "waiting");
  CHECK_FALSE(jobs[1].contains("tid"));
}

TEST_CASE("what waits is listed for one instance, as many as are asked for, and it is said that there are more") {
  control_fixture daemon;
  auto client = daemon.client();
  const auto page = client.call("blocking.list", {{"plugin", "echo"}, {"limit", 1}})["result"];
  CHECK(page["jobs"].size() == 1);
  CHECK(page["more"] == true);
  CHECK(client.call("blocking.list", {{"plugin", "echo"}})["result"]["more"] == false);
  CHECK(client.call("timer.list", {{"plugin", "nobody"}})["result"]["timers"].empty());
  CHECK(kind_of(client.call("io.list", {{"limit", 0}})) == "out_of_range");
}
