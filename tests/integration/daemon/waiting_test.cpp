// What tasks of a daemon that runs wait for: timers, descriptors, blocking jobs.
#include <doctest/doctest.h>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod;
using namespace tokiod::test;

TEST_CASE("the timer, the descriptor and the blocking job of a plugin are listed with who waits") {
  daemon_process d(R"({"plugins": {"instances": {"w": {"plugin": ")" + fixture("waits") + R"("}}}})");
  auto client = d.connect();
  const wire::json mine = {{"plugin", "w"}};
  wire::json timers;
  eventually("its task waits", [&] {
    timers = client.call("timer.list", mine).at("timers");
    return !timers.empty();
  });
  REQUIRE(timers.size() == 1);
  CHECK(timers[0].at("waiter").at("name") == "waiter");
  CHECK(timers[0].at("due_in_seconds") > 0);
  CHECK(timers[0].at("due_in_seconds") <= 3600);

  wire::json sources;
  eventually("it waits for its pipe", [&] {
    sources = client.call("io.list", mine).at("sources");
    return !sources.empty();
  });
  CHECK(sources[0].at("kind") == "pipe");
  CHECK(sources[0].at("readable") == false);
  CHECK(sources[0].at("reader").at("task") == timers[0].at("waiter").at("task"));

  wire::json jobs;
  eventually("its job runs", [&] {
    jobs = client.call("blocking.list", mine).at("jobs");
    return !jobs.empty() && jobs[0].at("state") == "running";
  });
  CHECK(jobs[0].at("tid") > 0);
  CHECK(jobs[0].at("seconds") >= 0);

  client.call("plugin.stop", {{"instance", "w"}});
  CHECK(client.call("timer.list", mine).at("timers").empty());
  CHECK(client.call("io.list", mine).at("sources").empty());
  CHECK(client.call("blocking.list", mine).at("jobs").empty());
  CHECK(d.stop() == 0);
}
