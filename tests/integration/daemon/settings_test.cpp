// Single settings of a daemon that runs: changed for a time, and as before after it.
#include <doctest/doctest.h>

#include "base/cpu_list.hpp"
#include "support/daemon_process.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

using namespace tokiod;
using namespace tokiod::test;
using wire::json;

TEST_CASE("a worker runs on the CPUs that somebody chose, and on all again") {
  daemon_process d(R"({"runtime": {"worker_threads": 2}})");
  auto client = d.connect();
  const auto mine = cpus_of_thread(0);
  REQUIRE(mine);
  const std::string all = text_of(*mine), first = all.substr(0, all.find_first_of("-,"));
  CHECK(client.call("runtime.affinity", {{"worker", 1}, {"cpus", first}}) == json{{"before", all}, {"after", first}});
  const int tid = client.call("runtime.workers").at("workers").at(1).at("tid");
  CHECK(text_of(*cpus_of_thread(tid)) == first);
  const auto back = run(d.dir(), {tokioctl_path(), "--socket", d.socket(), "worker", "affinity", "1", "all"});
  CHECK_MESSAGE(back.code == 0, back.err);
  CHECK(text_of(*cpus_of_thread(tid)) == all);
  const auto refused = [&](int worker, const char* cpus) {
    const auto reply = client.reply("runtime.affinity", {{"worker", worker}, {"cpus", cpus}});
    return reply.at("error").at("data").at("kind").get<std::string>();
  };
  CHECK(refused(2, "0") == "out_of_range");
  CHECK(refused(0, "1023") == "out_of_range");
  CHECK(refused(0, "some") == "out_of_range");
  CHECK(d.stop() == 0);
}

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

TEST_CASE(
    "an instance is disabled for a time and runs again after it; enabled it is started; what is persisted stays") {
  const temp_dir state;
  const std::string config =
      R"({"plugins": {"instances": {"one": {"plugin": "hello_c"}, "two": {"plugin": "hello_c", "enabled": false}}}})";
  const std::vector<std::string> variables = {"STATE_DIRECTORY=" + state.path()};
  const auto runs = [](rpc_client& client, const std::string& name) {
    const auto listed = client.call("plugin.list");
    for (const auto& image : listed.at("plugins"))
      for (const auto& each : image.at("instances"))
        if (each.at("instance") == name) return each.at("state") == "running";
    return false;
  };
  {
    daemon_process d(config, {}, variables);
    auto client = d.connect();
    eventually("the configured one runs", [&] { return runs(client, "one"); });
    const auto off = client.call("plugin.disable", {{"plugin", "one"}, {"for_s", 0.3}});
    CHECK(off.at("enabled") == false);
    CHECK(off.contains("left_seconds"));
    eventually("its time is over", [&] { return runs(client, "one"); });
    CHECK(client.call("config.history").at("revisions").at(0).at("how") == "ended");
    CHECK_FALSE(runs(client, "two"));
    const auto on = run(d.dir(), {tokioctl_path(), "--socket", d.socket(), "plugin", "enable", "two", "--persist"});
    CHECK_MESSAGE(on.code == 0, on.err);
    CHECK(runs(client, "two"));
    const auto both = client.call("plugin.disable", {{"plugin", "hello_c"}});
    CHECK(both.at("instances") == json::array({"one", "two"}));
    CHECK_FALSE(runs(client, "one"));
    CHECK_FALSE(runs(client, "two"));
    client.call("config.reload");
    CHECK_FALSE(runs(client, "one"));
    CHECK(d.stop() == 0);
  }
  daemon_process d(config, {}, variables);
  auto client = d.connect();
  eventually("both run in the next process", [&] { return runs(client, "one") && runs(client, "two"); });
  CHECK(d.stop() == 0);
}

TEST_CASE("how long a plugin may take to answer is followed at once") {
  daemon_process d(R"({"plugins": {"instances": {"one": {"plugin": ")" + fixture("talker") + R"("}}}})");
  auto client = d.connect();
  eventually("it runs", [&] { return client.call("daemon.health").at("ready") == true; });
  CHECK(client.call("config.set", {{"path", "/plugins/call_timeout_ms"}, {"value", 20}}).at("applied") == true);
  const auto late = client.error("plugin.call", {{"instance", "one"}, {"method", "never"}, {"params", json::object()}});
  CHECK(late.at("data").at("kind") == "timeout");
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
