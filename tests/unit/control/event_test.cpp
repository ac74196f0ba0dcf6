#include <doctest/doctest.h>

#include <set>

#include "control/event_log.hpp"
#include "control/event_ring.hpp"
#include "support/control_fixture.hpp"
#include "wire/topic.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

std::shared_ptr<const std::string> text(std::string value) {
  return std::make_shared<const std::string>(std::move(value));
}

}  // namespace

TEST_CASE("a ring gives events in order and tells how many gave way") {
  control::event_ring ring("s-1", 3, 1000);
  for (std::uint64_t i = 1; i <= 5; ++i) ring.push({i, 1'500'000'000, "metrics", text(std::to_string(i))});
  const auto first = wire::parse(*ring.pop());
  REQUIRE(first);
  CHECK((*first)["method"] == "event");
  CHECK((*first)["params"] ==
        json{{"sub", "s-1"}, {"seq", 3}, {"ts", 1.5}, {"topic", "metrics"}, {"dropped", 2}, {"data", 3}});
  const auto other = wire::parse(*ring.pop());
  CHECK((*other)["params"]["seq"] == 4);
  CHECK_FALSE((*other)["params"].contains("dropped"));
  CHECK(ring.pop());
  CHECK_FALSE(ring.pop());
}

TEST_CASE("a ring is bounded in bytes too; an event larger than the whole ring is dropped and counted") {
  control::event_ring ring("s-1", 100, 10);
  CHECK(ring.push({1, 0, "metrics", text("12345678")}) == 0);
  CHECK(ring.push({1, 0, "metrics", text("12345678")}) == 1);
  CHECK(ring.push({1, 0, "metrics", text("\"larger than the ring\"")}) == 2);
  CHECK(ring.empty());
  ring.push({1, 0, "metrics", text("1")});
  CHECK((*wire::parse(*ring.pop()))["params"]["dropped"] == 3);
}

TEST_CASE("events reach those who subscribed to their topic, until they unsubscribe") {
  control_fixture daemon;
  auto states = daemon.client(), plugins = daemon.client();
  const auto opened = states.call("event.subscribe", {{"topics", {"daemon.state"}}})["result"];
  CHECK(opened["sub"] == "s-1");
  CHECK_FALSE(opened.contains("missed"));
  CHECK(plugins.call("event.subscribe", {{"topics", {"plugin.state"}}}).contains("result"));
  daemon.server->publish("plugin.state", {{"plugin", "echo"}, {"to", "running"}});
  daemon.server->publish("daemon.state", {{"state", "draining"}});
  const auto event = states.reply();
  CHECK(event["params"]["topic"] == "daemon.state");
  CHECK(event["params"]["seq"] >= opened["seq"]);
  CHECK(event["params"]["data"]["state"] == "draining");
  CHECK(plugins.reply()["params"]["data"]["to"] == "running");

  CHECK(plugins.call("event.unsubscribe", {{"sub", "s-1"}}).contains("result"));
  CHECK(kind_of(plugins.call("event.unsubscribe", {{"sub", "s-1"}})) == "not_found");
  daemon.server->publish("plugin.state", {{"plugin", "echo"}});
  CHECK(plugins.call("control.ping").contains("result"));
}

TEST_CASE("metrics come at their interval, only those that match") {
  control_fixture daemon;
  daemon.backend.publish_metrics({{"tokiod_a", control::metric_type::gauge, "", "a", {{{}, 1, {}}}},
                                  {"tokiod_b", control::metric_type::gauge, "", "b", {{{}, 2, {}}}}});
  auto client = daemon.client();
  const json order = {{"topics", {"metrics"}}, {"interval_ms", 100}, {"match", "tokiod_b"}};
  CHECK(client.call("event.subscribe", order).contains("result"));
  std::uint64_t last = 0;
  for (int page = 1; page <= 2; ++page) {
    const auto event = client.reply()["params"];
    CHECK(event["seq"] > last);
    last = event["seq"];
    REQUIRE(event["data"]["families"].size() == 1);
    CHECK(event["data"]["families"][0]["samples"][0]["value"] == 2.0);
  }
}

TEST_CASE("a topic must exist, and a connection has so many subscriptions and no more") {
  control_fixture daemon([](auto& options) { options.bounds.max_subscriptions = 2; });
  auto client = daemon.client();
  CHECK(kind_of(client.call("event.subscribe", {{"topics", {"nope"}}})) == "bad_enum");
  CHECK(client.call("event.subscribe", {{"topics", {"metrics"}}})["result"]["sub"] == "s-1");
  CHECK(client.call("event.subscribe", {{"topics", {"metrics"}}})["result"]["sub"] == "s-2");
  CHECK(kind_of(client.call("event.subscribe", {{"topics", {"metrics"}}})) == "quota_exceeded");
}

TEST_CASE("a subscriber that does not read loses the oldest events, learns how many, and keeps the newest") {
  control_fixture daemon([](auto& options) { options.bounds.ring_messages = 8; });
  auto client = daemon.client();
  CHECK(client.call("event.subscribe", {{"topics", {"plugin.state"}}}).contains("result"));
  constexpr int sent = 2000;
  for (int i = 1; i <= sent; ++i)
    daemon.server->publish("plugin.state", {{"n", i}, {"padding", std::string(1000, 'x')}});
  // A round trip on another connection: all of them have gone through the control thread.
  CHECK(daemon.client().call("control.ping").contains("result"));
  std::uint64_t dropped = 0, got = 0, last_seq = 0;
  for (int last = 0; last < sent;) {
    const auto event = client.reply()["params"];
    REQUIRE(event.is_object());
    dropped += event.value("dropped", std::uint64_t{0});
    ++got;
    CHECK(event["seq"] > last_seq);
    last_seq = event["seq"];
    last = event["data"]["n"];
  }
  CHECK(got + dropped == sent);
  CHECK(dropped > 0);
}

TEST_CASE("who comes back is given what he missed, in order, and then what is new") {
  control_fixture daemon;
  const auto publish = [&](int n) { daemon.server->publish("plugin.state", {{"n", n}}); };
  auto first = daemon.client();
  CHECK(first.call("event.subscribe", {{"topics", {"plugin.state"}}}).contains("result"));
  publish(1);
  const auto seen = first.reply()["params"]["seq"];
  first.close();
  for (int n = 2; n <= 50; ++n) {
    publish(n);
    daemon.server->publish("daemon.state", {{"n", n}});
  }
  auto again = daemon.client();
  const auto opened = again.call("event.subscribe", {{"topics", {"plugin.state"}}, {"since_seq", seen}})["result"];
  CHECK(opened["missed"] == false);
  for (int n = 51; n <= 60; ++n) publish(n);
  for (int n = 2; n <= 60; ++n) {
    const auto event = again.reply()["params"];
    CHECK(event["data"]["n"] == n);
    CHECK_FALSE(event.contains("dropped"));
  }
}

TEST_CASE("a replay longer than a ring loses nothing to a client that reads slowly") {
  control_fixture daemon([](auto& options) { options.bounds.ring_messages = 8; });
  constexpr int sent = 2000;
  for (int n = 1; n <= sent; ++n) daemon.server->publish("plugin.state", {{"n", n}, {"pad", std::string(500, 'x')}});
  auto client = daemon.client();
  CHECK(client.call("event.subscribe", {{"topics", {"plugin.state"}}, {"since_seq", 0}}).contains("result"));
  for (int n = 1; n <= sent; ++n) REQUIRE(client.reply()["params"]["data"]["n"] == n);
}

TEST_CASE("who was away for too long is told so") {
  control_fixture daemon;
  for (int n = 1; n <= 10'100; ++n) daemon.server->publish("plugin.state", {{"n", n}});
  auto client = daemon.client();
  const auto opened = client.call("event.subscribe", {{"topics", {"plugin.state"}}, {"since_seq", 5}})["result"];
  CHECK(opened["missed"] == true);
  const auto event = client.reply()["params"];
  CHECK(event["data"]["n"] > 6);
  CHECK(event["dropped"] == event["seq"].get<std::uint64_t>() - 6);
}

TEST_CASE("the log of events is bounded in number and in bytes, and keeps the newest however large") {
  control::event_log log(3, 100);
  for (int n = 0; n < 5; ++n) log.append("t", 0, text("12345678"));
  CHECK(log.all().size() == 3);
  CHECK(log.after(0)->seq == 3);
  CHECK(log.after(4)->seq == 5);
  CHECK(log.after(5) == nullptr);
  CHECK(log.has_lost_after(1));
  CHECK_FALSE(log.has_lost_after(2));
  CHECK(log.take_number() == 6);
  log.append("t", 0, text(std::string(1000, 'x')));
  CHECK(log.all().size() == 1);
  CHECK(log.after(0)->seq == 7);
  for (int n = 0; n < 3; ++n) log.append("t", 0, text("12345678"));
  log.bound(2, 100);  // of what is there already, too
  CHECK(log.all().size() == 2);
  CHECK(log.after(0)->seq == 9);
}

TEST_CASE("recent events are listed by topic, the newest of them, and none that the caller may not hear") {
  control_fixture daemon;
  auto client = daemon.client();
  for (int n = 1; n <= 5; ++n) daemon.server->publish("plugin.state", {{"n", n}});
  daemon.server->publish("daemon.state", {{"state", "running"}});
  const auto two = client.call("event.recent", {{"topic", "plugin.state"}, {"limit", 2}})["result"]["events"];
  REQUIRE(two.size() == 2);
  CHECK(two[0]["data"]["n"] == 4);
  CHECK(two[1]["data"]["n"] == 5);
  CHECK(client.call("plugin.stop", {{"instance", "echo"}}).contains("result"));
  const auto topics_seen = [](control_client& by) {
    std::set<std::string> all;
    const auto recent = by.call("event.recent");
    for (const auto& event : recent["result"]["events"]) all.insert(event["topic"]);
    return all;
  };
  CHECK(topics_seen(client) ==
        std::set<std::string>{"control.audit", "control.client", "daemon.state", "operation.state", "plugin.state"});
  auto observer = daemon.client("observe");
  CHECK(topics_seen(observer) == std::set<std::string>{"daemon.state", "operation.state", "plugin.state"});
  CHECK(kind_of(observer.call("event.recent", {{"topic", "control.audit"}})) == "permission_denied");
  CHECK(kind_of(client.call("event.recent", {{"topic", "nope"}})) == "bad_enum");
}

TEST_CASE("topics are listed with what they tell and who may hear them") {
  control_fixture daemon;
  const auto list = daemon.client().call("event.topics")["result"]["topics"];
  CHECK(list.size() == wire::topics().size());
  CHECK(list[1]["topic"] == "config.applied");
  CHECK(list[1]["level"] == "observe");
  CHECK(wire::find_topic("control.audit")->needs == control::level::operate);
}
