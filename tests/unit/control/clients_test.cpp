// Connections as the control plane knows them: who they are, what they may do, how they are closed, and the audit.
#include <doctest/doctest.h>
#include <unistd.h>

#include "base/log.hpp"
#include "control/access.hpp"
#include "support/control_fixture.hpp"
#include "wire/method.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

// The next event of a topic.
json event_of(control_client& client) { return client.reply()["params"]["data"]; }

}  // namespace

TEST_CASE("hello says what the daemon speaks, and refuses who wants more") {
  control_fixture daemon;
  auto client = daemon.client();
  const auto seen = client.call("control.hello", {{"client", "deploy"}, {"want", {"events"}}})["result"];
  CHECK(seen["version"] == "9.9.9");
  CHECK(seen["protocol"]["max"] == 1);
  CHECK(seen["level"] == "admin");
  CHECK(seen["limits"]["max_depth"] == 64);
  CHECK(seen["client"] == "c-1");
  CHECK(seen["instance_id"].get<std::string>().size() == 16);
  CHECK(kind_of(client.call("control.hello", {{"protocol", 2}})) == "unsupported");
  CHECK(kind_of(client.call("control.hello", {{"want", {"teleport"}}})) == "unsupported");
  const control_fixture another;
  CHECK(another.client().call("control.hello")["result"]["instance_id"] != seen["instance_id"]);
}

TEST_CASE("clients are listed with what they do, by the name they gave themselves") {
  control_fixture daemon;
  auto one = daemon.client();
  CHECK(one.call("control.name", {{"name", "deploy"}}).contains("result"));
  auto two = daemon.client("observe");
  CHECK(two.call("event.subscribe", {{"topics", {"plugin.state"}}}).contains("result"));
  const auto clients = one.call("control.clients")["result"]["clients"];
  REQUIRE(clients.size() == 2);
  CHECK(clients[0]["id"] == "c-1");
  CHECK(clients[0]["name"] == "deploy");
  CHECK(clients[0]["uid"] == ::getuid());
  CHECK(clients[0]["requests"] == 2);
  CHECK(clients[0]["in_flight"] == 1);
  CHECK(clients[1]["socket"] == "observe");
  CHECK(clients[1]["level"] == "observe");
  CHECK(clients[1]["subscriptions"] == 1);
  CHECK(kind_of(two.call("control.clients")) == "permission_denied");
}

TEST_CASE("a killed client is closed, also the one who asks, which gets its answer first") {
  control_fixture daemon;
  auto admin = daemon.client();
  CHECK(admin.call("control.ping").contains("result"));
  auto other = daemon.client();
  CHECK(other.call("control.ping").contains("result"));
  CHECK(admin.call("control.kill", {{"id", "c-2"}}).contains("result"));
  CHECK(other.closed_by_server());
  for (const auto* const nobody : {"c-2", "c-99", "x-1", "c-"})
    CHECK(kind_of(admin.call("control.kill", {{"id", nobody}})) != "");
  CHECK(admin.call("control.kill", {{"id", "c-1"}}).contains("result"));
  CHECK(admin.closed_by_server());
}

TEST_CASE("what a connection has dropped it does not get back") {
  control_fixture daemon;
  auto client = daemon.client();
  CHECK(client.call("control.drop", {{"level", "operate"}})["result"]["level"] == "operate");
  CHECK(kind_of(client.call("plugin.load", {{"plugin", "echo"}})) == "permission_denied");
  CHECK(client.call("plugin.stop", {{"instance", "echo"}}).contains("result"));
  CHECK(client.call("control.drop", {{"level", "observe"}}).contains("result"));
  CHECK(kind_of(client.call("control.drop", {{"level", "operate"}})) == "permission_denied");
  CHECK(client.call("control.whoami")["result"]["level"] == "observe");
  CHECK(daemon.client().call("control.whoami")["result"]["level"] == "admin");
}

TEST_CASE("who drops a level hears no more of what it showed, and keeps the rest of what he subscribed to") {
  control_fixture daemon;
  auto client = daemon.client(), other = daemon.client();
  CHECK(client.call("event.subscribe", {{"topics", {"control.audit"}}}).contains("result"));
  CHECK(client.call("event.subscribe", {{"topics", {"control.client", "plugin.state"}}}).contains("result"));
  CHECK(client.call("control.drop", {{"level", "observe"}}).contains("result"));
  CHECK(other.call("plugin.unload", {{"plugin", "echo"}}).contains("result"));
  daemon.server->publish("plugin.state", {{"plugin", "echo"}});
  const auto heard = client.reply()["params"];
  CHECK(heard["topic"] == "plugin.state");
  CHECK(heard["sub"] == "s-2");
  CHECK(kind_of(client.call("event.unsubscribe", {{"sub", "s-1"}})) == "not_found");
  CHECK(client.call("event.unsubscribe", {{"sub", "s-2"}}).contains("result"));
}

TEST_CASE("what a rule denies is not to be had as an event or a page either") {
  control_fixture daemon([](auto& options) {
    control::access_rule rule;
    rule.uid = ::getuid();
    rule.grants = control::level::admin;
    rule.deny = {"metrics.*", "task.*"};
    options.access.push_back(std::move(rule));
  });
  auto client = daemon.client();
  for (const auto* const topic : {"metrics", "tasks", "task"}) {
    const auto reply = client.call("event.subscribe", {{"topics", {topic}}, {"task", "t-1"}});
    CHECK(kind_of(reply) == "permission_denied");
    CHECK(reply["error"]["message"].get<std::string>().find("may not call") != std::string::npos);
  }
  CHECK(client.call("event.subscribe", {{"topics", {"resources"}}}).contains("result"));
  CHECK(daemon.http("GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 403"));
  CHECK(daemon.http("GET /livez HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200"));
  const auto seen = client.call("control.whoami")["result"];
  CHECK(seen["deny"] == json{"metrics.*", "task.*"});
  CHECK(seen["allow"].empty());
}

TEST_CASE("can tells which part of which rule decides") {
  control_fixture daemon([](auto& options) {
    control::access_rule rule;
    rule.uid = ::getuid();
    rule.grants = control::level::observe;
    rule.allow = {"plugin.s*"};
    rule.deny = {"plugin.start"};
    options.access.push_back(std::move(rule));
  });
  auto client = daemon.client(), observer = daemon.client("observe");
  const auto can = [](control_client& who, const char* method) {
    return who.call("control.can", {{"method", method}})["result"];
  };
  CHECK(can(client, "plugin.list")["decided_by"] == "level");
  CHECK(can(client, "plugin.list")["allowed"] == true);
  CHECK(can(client, "plugin.stop")["decided_by"] == "allow");
  CHECK(can(client, "plugin.stop")["pattern"] == "plugin.s*");
  CHECK(can(client, "plugin.start")["allowed"] == false);
  CHECK(can(client, "plugin.start")["decided_by"] == "deny");
  CHECK(can(client, "plugin.load")["decided_by"] == "level");
  CHECK(can(client, "plugin.load")["required"] == "admin");
  CHECK(can(client, "plugin.load")["rule"] == "control.access[0]");
  CHECK(can(observer, "plugin.stop")["decided_by"] == "ceiling");
  CHECK(client.call("control.can", {{"method", "plugin.lod"}})["error"]["data"]["hint"] == "did you mean plugin.load?");
}

TEST_CASE("methods are listed with what this connection may, all of them or those whose name matches") {
  control_fixture daemon;
  const auto seen = daemon.client("observe").call("control.methods", {{"match", "plugin.s*"}})["result"]["methods"];
  REQUIRE(seen.size() == 3);  // scan, start, stop
  CHECK(seen[0]["name"] == "plugin.scan");
  CHECK(seen[0]["allowed"] == true);
  CHECK(seen[2]["name"] == "plugin.stop");
  CHECK(seen[2]["level"] == "operate");
  CHECK(seen[2]["allowed"] == false);
  CHECK(seen[2]["states"] == json{"running", "draining"});
  CHECK(daemon.client().call("control.methods")["result"]["methods"].size() == wire::methods().size());
}

TEST_CASE("the audit tells of calls and of refusals, and of nothing that only looks") {
  control_fixture daemon;
  auto auditor = daemon.client();
  CHECK(auditor.call("event.subscribe", {{"topics", {"control.audit"}}}).contains("result"));
  auto observer = daemon.client("observe");
  CHECK(observer.call("plugin.list").contains("result"));
  CHECK(kind_of(observer.call("plugin.stop", {{"instance", "echo"}})) == "permission_denied");
  const auto denied = event_of(auditor);
  CHECK(denied["method"] == "plugin.stop");
  CHECK(denied["outcome"] == "permission_denied");
  CHECK(denied["client"] == "c-2");
  CHECK(denied["socket"] == "observe");
  CHECK(denied["pid"] == ::getpid());

  auto admin = daemon.client();
  CHECK(kind_of(admin.call("plugin.stop", {{"instence", "echo"}})) == "unknown_param");
  CHECK(event_of(auditor)["outcome"] == "unknown_param");
  CHECK(admin.call("plugin.unload", {{"plugin", "echo"}, {"reason", "upgrade"}}).contains("result"));
  const auto done = event_of(auditor);
  CHECK(done["outcome"] == "ok");
  CHECK(done["reason"] == "upgrade");
  daemon.backend.be(control::daemon_state::starting);
  CHECK(kind_of(admin.call("plugin.load", {{"plugin", "echo"}})) == "wrong_state");
  CHECK(event_of(auditor)["outcome"] == "wrong_state");
}

TEST_CASE("who only observes hears nothing of what others do") {
  control_fixture daemon;
  auto observer = daemon.client("observe");
  for (const auto* const topic : {"control.audit", "control.client"})
    CHECK(kind_of(observer.call("event.subscribe", {{"topics", {"daemon.state", topic}}})) == "permission_denied");
}

TEST_CASE("coming and going of clients is an event") {
  control_fixture daemon;
  auto listening = daemon.client();
  CHECK(listening.call("event.subscribe", {{"topics", {"control.client"}}}).contains("result"));
  daemon.client("observe").close();
  const auto came = event_of(listening);
  CHECK(came["client"] == "c-2");
  CHECK(came["event"] == "connected");
  CHECK(came["socket"] == "observe");
  CHECK(event_of(listening)["event"] == "disconnected");
}
