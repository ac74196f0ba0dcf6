#include <doctest/doctest.h>

#include "control/event_ring.hpp"
#include "support/control_fixture.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

std::shared_ptr<const std::string> text(std::string value) {
  return std::make_shared<const std::string>(std::move(value));
}

}  // namespace

TEST_CASE("a ring gives events in order and tells how many gave way") {
  control::event_ring ring("s-1", 3, 1000);
  for (int i = 1; i <= 5; ++i) ring.push("metrics", 1'500'000'000, text(std::to_string(i)));
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
  CHECK(ring.push("metrics", 0, text("12345678")) == 0);
  CHECK(ring.push("metrics", 0, text("12345678")) == 1);
  CHECK(ring.push("metrics", 0, text("\"larger than the ring\"")) == 2);
  CHECK(ring.empty());
  ring.push("metrics", 0, text("1"));
  CHECK((*wire::parse(*ring.pop()))["params"]["dropped"] == 3);
}

TEST_CASE("events reach those who subscribed to their topic, until they unsubscribe") {
  control_fixture daemon;
  auto states = daemon.client(), plugins = daemon.client();
  CHECK(states.call("event.subscribe", {{"topics", {"daemon.state"}}})["result"] == json{{"sub", "s-1"}, {"seq", 1}});
  CHECK(plugins.call("event.subscribe", {{"topics", {"plugin.state"}}}).contains("result"));
  daemon.server->publish("plugin.state", {{"plugin", "echo"}, {"to", "running"}});
  daemon.server->publish("daemon.state", {{"state", "draining"}});
  const auto event = states.reply();
  CHECK(event["params"]["topic"] == "daemon.state");
  CHECK(event["params"]["seq"] == 1);
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
  for (int seq = 1; seq <= 2; ++seq) {
    const auto event = client.reply()["params"];
    CHECK(event["seq"] == seq);
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
  std::uint64_t dropped = 0, expected = 1;
  for (int last = 0; last < sent;) {
    const auto event = client.reply()["params"];
    REQUIRE(event.is_object());
    const auto lost = event.value("dropped", std::uint64_t{0});
    dropped += lost;
    CHECK(event["seq"] == expected + lost);
    expected = event["seq"].get<std::uint64_t>() + 1;
    last = event["data"]["n"];
  }
  CHECK(dropped > 0);
}
