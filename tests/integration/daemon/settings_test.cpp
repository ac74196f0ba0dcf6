// Single settings of a daemon that runs: changed for a time, and as before after it.
#include <doctest/doctest.h>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod;
using namespace tokiod::test;
using wire::json;

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
