// Single settings of a daemon that runs: changed for a time, and as before after it.
#include <doctest/doctest.h>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod;
using namespace tokiod::test;
using wire::json;

TEST_CASE("the blocking pool has other bounds at once, until the next process") {
  daemon_process d(R"({"runtime": {"max_blocking_threads": 32}})");
  auto client = d.connect();
  const auto done = client.call("runtime.blocking", {{"max_threads", 8}, {"keep_alive_ms", 500}});
  CHECK(done.at("before").at("max_threads") == 32);
  CHECK(done.at("after") == json{{"max_threads", 8}, {"keep_alive_ms", 500}});
  CHECK(client.call("runtime.info").at("blocking").at("max") == 8);
  const auto shown = run(d.dir(), {tokioctl_path(), "--socket", d.socket(), "blocking", "resize", "9"});
  CHECK_MESSAGE(shown.code == 0, shown.err);
  CHECK(client.call("runtime.info").at("blocking").at("max") == 9);
  CHECK(d.stop() == 0);
}

TEST_CASE("the watchdog has other numbers for a time, tokioctl shows them, and then it has the configured ones again") {
  daemon_process d(R"({"runtime": {"stuck_after_ms": 300}})");
  auto client = d.connect();
  auto events = d.connect();
  events.call("event.subscribe", {{"topics", {"config.applied"}}});
  CHECK(client.call("watchdog.set", {{"critical_ms", 20'000}}).at("critical_ms") == 20'000);
  (void)events.next_line();
  const auto now = client.call("watchdog.set", {{"warn_ms", 150}, {"critical_ms", 900}, {"for_s", 0.5}});
  CHECK(now.at("warn_ms") == 150);
  CHECK(now.at("for_a_time").size() == 2);
  CHECK(events.next_line().at("params").at("data").at("how") == "watchdog.set");
  const auto ended = events.next_line().at("params").at("data");
  CHECK(ended.at("how") == "ended");
  CHECK(ended.at("changed") == json::array({"/runtime/stuck_after_ms", "/watchdog/stuck_after_ms"}));
  const auto shown = run(d.dir(), {tokioctl_path(), "--socket", d.socket(), "--json", "watchdog"});
  CHECK_MESSAGE(shown.code == 0, shown.err);
  const auto after = client.call("watchdog.get");
  CHECK(after.at("warn_ms") == 300);
  CHECK(after.at("critical_ms") == 20'000);
  CHECK(after.at("for_a_time").empty());
  CHECK(d.stop() == 0);
}
