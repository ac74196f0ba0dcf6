// The log over the control socket: its newest records, those that come, and what a slow listener costs.
#include "base/log.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <memory>

#include "base/log_sink.hpp"
#include "control/event_filter.hpp"
#include "support/control_fixture.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

// The log on a buffer, for the length of a test.
struct log_of_test {
  log_of_test() {
    log::start({.speak = {log::level::debug, {}}, .burst = 0}, std::make_unique<log::buffer_sink>(lines));
  }
  ~log_of_test() { log::stop(); }
  std::shared_ptr<log::buffer_sink::store> lines = std::make_shared<log::buffer_sink::store>();
};

}  // namespace

TEST_CASE("log.tail gives the newest records that were asked for") {
  const log_of_test log_;
  control_fixture daemon;
  log::warn("tail.one", "first", {{"peer", "::1"}});
  log::info("tail.two", "second");
  log::debug("tail.one", "third");
  log::flush();
  auto client = daemon.client();
  const auto all = client.call("log.tail", {{"target", "tail"}})["result"]["lines"];
  REQUIRE(all.size() == 3);
  CHECK(all[0]["message"] == "first");
  CHECK(all[0]["level"] == "warn");
  CHECK(all[0]["fields"] == json{{"peer", "::1"}});
  CHECK(all[0]["line"] > 0);
  CHECK(all[2]["number"] == all[0]["number"].get<int>() + 2);
  CHECK(client.call("log.tail", {{"target", "tail"}, {"lines", 1}})["result"]["lines"][0]["message"] == "third");
  CHECK(client.call("log.tail", {{"target", "tail"}, {"level", "info"}})["result"]["lines"].size() == 2);
  CHECK(client.call("log.tail", {{"target", "tail.*"}, {"text", "eco"}})["result"]["lines"].size() == 1);
  CHECK_FALSE(client.call("log.tail", {{"lines", 1}})["result"].contains("sub"));
}

TEST_CASE(
    "an observer is told what the daemon says of itself; who called, plugins and configurations are for operators") {
  const log_of_test log_;
  for (const bool named : {false, true}) {
    CAPTURE(named);
    control_fixture daemon([&](control::server_options& o) {
      control::access_rule rule;
      rule.uid = ::geteuid();
      if (named) rule.allow = {"log.t*"};
      o.access = {rule};
    });
    for (const char* const target : {"daemon", "control", "plugin.echo", "config", "pluginless"})
      log::info(target, "of the tail test", {{"named", named}});
    log::flush();
    auto client = daemon.client();
    const json asked = {{"text", "of the tail test"}, {"lines", 2}};
    const auto lines = client.call("log.tail", asked)["result"]["lines"];
    REQUIRE(lines.size() == 2);
    CHECK(lines[0]["target"] == (named ? "config" : "daemon"));
    CHECK(lines[1]["target"] == "pluginless");
    const auto follows = client.call("log.tail", {{"lines", 0}, {"follow", true}});
    CHECK(named == follows.contains("result"));
    if (!named) CHECK(kind_of(follows) == "permission_denied");
    CHECK(kind_of(client.call("event.subscribe", {{"topics", {"log"}}})) == "permission_denied");
    CHECK(kind_of(daemon.client("observe").call("log.tail", {{"follow", true}})) == "permission_denied");
  }
}

TEST_CASE("log.tail follows with events of the records that pass, and only those") {
  const log_of_test log_;
  control_fixture daemon;
  auto client = daemon.client();
  const auto tail = client.call("log.tail", {{"target", "live"}, {"level", "warn"}, {"lines", 0}, {"follow", true}});
  CHECK(tail["result"]["sub"] == "s-1");
  CHECK(tail["result"]["lines"].empty());
  log::info("live.a", "quiet");
  log::warn("other", "of somebody else");
  log::warn("live.a", "heard", {{"why", "it matters"}});
  const auto event = client.reply()["params"];
  CHECK(event["topic"] == "log");
  CHECK(event["data"]["message"] == "heard");
  CHECK(event["data"]["fields"]["why"] == "it matters");
  CHECK(client.call("event.recent", {{"topic", "log"}})["result"]["events"].empty());  // the log keeps them itself
}

TEST_CASE("who follows the log and does not read loses records, is told so, and holds up nobody") {
  const log_of_test log_;
  control_fixture daemon([](control::server_options& o) { o.bounds.ring_messages = 4; });
  auto slow = daemon.client();
  CHECK(slow.call("event.subscribe", {{"topics", {"log"}}, {"filter", {{"target", "flood"}}}}).contains("result"));
  const std::string large(60'000, 'x');
  for (int i = 0; i < 200; ++i) log::info("flood", large);
  log::flush();
  auto other = daemon.client();
  CHECK(other.call("control.ping").contains("result"));
  std::uint64_t dropped = 0, seen = 0, last = 0;
  while (last < 199 && seen < 300) {
    const auto event = slow.reply();
    if (!event.is_object()) break;
    const auto& params = event["params"];
    ++seen;
    dropped += params.value("dropped", std::uint64_t{0});
    if (seen + dropped >= 200) break;
  }
  CHECK(seen < 200);
  CHECK(dropped > 0);
}

TEST_CASE("a filter compares members with globs, and knows the levels and targets of the log") {
  const auto filter = control::event_filter::read({{"plugin", "web*"}, {"to", "running"}});
  REQUIRE(filter);
  CHECK(filter->passes("plugin.state", R"({"plugin":"web-1","to":"running"})"));
  CHECK_FALSE(filter->passes("plugin.state", R"({"plugin":"web-1","to":"stopped"})"));
  CHECK_FALSE(filter->passes("plugin.state", R"({"plugin":"web-1"})"));
  CHECK_FALSE(filter->passes("plugin.state", "nonsense"));
  CHECK(control::event_filter::read({{"after", "4"}})->passes("runtime.resized", R"({"after":4})"));
  const auto log = control::event_filter::read({{"level", "warn"}, {"target", "plugin"}});
  CHECK(log->passes("log", R"({"level":"error","target":"plugin.echo"})"));
  CHECK_FALSE(log->passes("log", R"({"level":"info","target":"plugin.echo"})"));
  CHECK_FALSE(log->passes("log", R"({"level":"error","target":"plugins"})"));
  CHECK(control::event_filter().passes("any", "nonsense"));
  CHECK(control::event_filter::read({{"a", 1}}).error().why == kind::wrong_type);
}

TEST_CASE("a rate lets so many through in a second, and as many at once after silence") {
  control::event_rate rate(2);
  instant_ns now = second;
  CHECK(rate.pass(now));
  CHECK(rate.pass(now));
  CHECK_FALSE(rate.pass(now));
  now += 500 * millisecond;
  CHECK(rate.pass(now));
  CHECK_FALSE(rate.pass(now));
  now += 3600 * second;
  CHECK(rate.pass(now));
  CHECK(rate.pass(now));
  CHECK_FALSE(rate.pass(now));
  control::event_rate any;
  for (int i = 0; i < 100; ++i) CHECK(any.pass(now));
}

TEST_CASE("events over the rate of a subscription are counted as dropped, and others pass its filter") {
  control_fixture daemon;
  auto client = daemon.client();
  const json order = {{"topics", {"plugin.state"}}, {"filter", {{"plugin", "a"}}}, {"max_rate", 1}};
  CHECK(client.call("event.subscribe", order).contains("result"));
  for (int i = 0; i < 3; ++i) daemon.server->publish("plugin.state", {{"plugin", "a"}, {"n", i}});
  daemon.server->publish("plugin.state", {{"plugin", "b"}});
  CHECK(client.reply()["params"]["data"] == json{{"plugin", "a"}, {"n", 0}});
  const auto page = client.call("metrics.get", {{"match", "tokiod_control_events_dropped_total"}})["result"];
  CHECK(page["families"][0]["samples"][0]["value"] == 2);
  CHECK(kind_of(client.call("event.subscribe", {{"topics", {"log"}}, {"filter", {{"level", 1}}}})) == "wrong_type");
}
