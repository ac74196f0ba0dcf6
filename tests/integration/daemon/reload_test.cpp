// Configuration of the running daemon: reload by signal and by method, what is live, what needs a restart.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::test;

TEST_CASE("SIGHUP applies what is live; what needs a restart is named") {
  daemon_process d;
  auto client = d.connect();
  d.write_config(R"({"log": {"level": "debug"}, "runtime": {"thread_stack_bytes": 131072}})");
  d.child().signal(SIGHUP);
  eventually("the new level", [&] { return client.call("log.get").at("level") == "debug"; });
  const auto again = client.call("config.reload");
  CHECK(again.at("needs_restart") == wire::json::array({"/runtime/thread_stack_bytes"}));
}

TEST_CASE("new access rules are for connections that come after the reload; unknown names change nothing") {
  daemon_process d;
  auto early = d.connect();
  const auto rule = [](const std::string& who) { return R"({"control": {"access": [{)" + who + R"(}]}})"; };
  d.write_config(rule(R"("level": "operate", "uid": )" + std::to_string(::getuid())));
  const auto report = early.call("config.reload");
  CHECK(report.at("changed").at(0).at("apply") == "live");
  CHECK(report.at("needs_restart").empty());
  CHECK(d.connect().call("control.whoami").at("level") == "operate");
  d.write_config(rule(R"("user": "no-such-user")"));
  CHECK(early.error("config.reload").at("data").at("path") == "/control/access/0/user");
  CHECK(d.connect().call("control.whoami").at("level") == "operate");
}

TEST_CASE("config.reload tells what changed, and a faulty file changes nothing") {
  daemon_process d;
  auto client = d.connect();
  d.write_config(R"({"log": {"targets": {"host": "trace"}}})");
  const auto report = client.call("config.reload");
  CHECK(report.at("changed").at(0).at("path") == "/log/targets/host");
  const auto revision = report.at("revision");

  d.write_config(R"({"log": {"level": "loud"}})");
  const auto refused = client.error("config.reload");
  CHECK(refused.at("data").at("kind") == "invalid_config");
  CHECK(refused.at("message").get<std::string>().find("tokiod.json:1:10: /log/level") != std::string::npos);
  CHECK(client.call("config.get").at("revision") == revision);
  CHECK(client.call("log.get").at("targets").at("host") == "trace");
  // It is told of, and what is served goes on being served.
  const auto health = client.call("daemon.health");
  CHECK(health.at("ready") == true);
  CHECK(health.at("checks").dump().find("/log/level") != std::string::npos);
  CHECK(http_get(d.observe_socket(), "/readyz").find(" 200 ") != std::string::npos);
  CHECK(client.call("daemon.status").at("warnings").dump().find("the last reload was refused") != std::string::npos);
}

TEST_CASE("every one of a burst of SIGHUPs is covered by a reload that begins after it") {
  daemon_process d;
  auto client = d.connect();
  for (int burst = 1; burst <= 20; ++burst) {
    d.write_config(R"({"shutdown": {"deadline_ms": )" + std::to_string(burst) + "000}}");
    d.child().signal(SIGHUP);
  }
  eventually("the last one is in force",
             [&] { return client.call("config.get", {{"path", "/shutdown/deadline_ms"}}).at("value") == 20'000; });
}

TEST_CASE("a document can be checked, and the schema of one setting read") {
  daemon_process d;
  auto client = d.connect();
  const auto check = client.call("config.check", {{"document", {{"runtime", {{"worker_threads", 0}}}}}});
  CHECK(check.at("valid") == false);
  CHECK(check.at("problems").at(0).at("path") == "/runtime/worker_threads");
  CHECK(client.call("config.schema", {{"path", "runtime.worker_threads"}}).at("maximum") == 1024);
}

TEST_CASE("what a plugin is configured with leaves the daemon on no way but to its administrator") {
  const auto config = [](const std::string& word) {
    return R"({"log": {"level": "trace"},
               "plugins": {"instances": {"one": {"plugin": ")" +
           fixture("talker") + R"(", "config": {"word": ")" + word + R"("}}}}})";
  };
  daemon_process d(config("planted-old"));
  rpc_client observer(d.observe_socket());
  auto admin = d.connect();
  const auto told = [](const wire::json& reply) { return reply.dump().find("planted") != std::string::npos; };
  const wire::json next = {{"document", *wire::parse(config("planted-new"))}};

  CHECK(told(admin.reply("config.get")));
  for (const auto* const path : {"", "plugins.instances.one", "plugins.instances.one.config.word"})
    CHECK_FALSE(told(observer.reply("config.get", {{"path", path}, {"origin", true}})));
  CHECK_FALSE(told(observer.reply("plugin.list")));
  CHECK_FALSE(told(observer.reply("plugin.info", {{"plugin", "test.talker"}})));
  const auto plan = observer.call("config.check", next).at("plan");
  const auto of_instance =
      std::ranges::find_if(plan, [](const auto& each) { return each.at("path") == "/plugins/instances/one"; });
  REQUIRE(of_instance != plan.end());
  CHECK(of_instance->at("to").at("config").at("word") == "***");
  CHECK_FALSE(told(plan));

  d.write_config(config("planted-new"));
  const auto report = admin.reply("config.reload");
  CHECK(report.at("result").at("changed").size() == 1);
  CHECK_FALSE(told(report));
  d.write_config(R"({"plugins": {"instances": {"one": {"plugin": "hello_c", "config": "planted-fault"}}}})");
  CHECK_FALSE(told(admin.reply("config.reload")));
  CHECK_FALSE(told(observer.reply("daemon.status")));
  CHECK(d.stop() == 0);
  CHECK(d.child().err().find("planted") == std::string::npos);
  CHECK(d.child().out().find("planted") == std::string::npos);
}
