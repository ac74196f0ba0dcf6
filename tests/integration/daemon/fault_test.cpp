// What follows a panic of a plugin's task, as the configuration says.
#include <doctest/doctest.h>

#include <csignal>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

using namespace tokiod::test;
using tokiod::wire::json;

namespace {

std::string panics_with(const std::string& on_fault) {
  return R"({"plugins": {"instances": {"bad": {"plugin": ")" + fixture("task_throws") + R"(", "on_fault": ")" +
         on_fault + R"("}, "good": {"plugin": "hello_c"}}}})";
}

json instance(rpc_client& client, const std::string& name) {
  const auto listed = client.call("plugin.list");
  for (const auto& image : listed.at("plugins"))
    for (const auto& each : image.at("instances"))
      if (each.at("instance") == name) return each;
  return {};
}

bool is(rpc_client& client, const std::string& name, const std::string& state) {
  const auto found = instance(client, name);
  return !found.is_null() && found.at("state") == state;
}

}  // namespace

TEST_CASE("an instance whose task panics is stopped where its configuration says so, and its neighbour is not") {
  daemon_process d(panics_with("stop"));
  auto client = d.connect();
  eventually("it has failed", [&] { return is(client, "bad", "failed"); });
  const std::string why = instance(client, "bad").at("reason");
  CHECK_MESSAGE(why.starts_with("of its panics and calls that break a rule, "), why);
  CHECK(why.ends_with("on_fault is stop"));
  CHECK(is(client, "good", "running"));
  CHECK(d.stop() == 0);
}

TEST_CASE("without a word about it, it goes on; and what is set while it runs counts for the next fault") {
  daemon_process d(panics_with("log"));
  auto client = d.connect();
  auto events = d.connect();
  eventually("both of its faults are known", [&] {
    return client.call("event.recent", {{"topic", "plugin.fault"}}).dump().find("\"faults\":2") != std::string::npos;
  });
  CHECK(is(client, "bad", "running"));
  const auto plan =
      client.call("config.set", {{"path", "/plugins/instances/bad/on_fault"}, {"value", "stop"}}).at("plan");
  CHECK(plan.at(0).at("apply") == "live");
  CHECK(is(client, "bad", "running"));  // what it did before is over
  client.call("plugin.restart", {{"instance", "bad"}});
  eventually("it has failed", [&] { return is(client, "bad", "failed"); });
  CHECK(d.stop() == 0);
}

TEST_CASE("in quarantine a plugin is not started with the next process, until somebody clears that") {
  const temp_dir state;
  const std::vector<std::string> variables = {"STATE_DIRECTORY=" + state.path()};
  const auto held = [](rpc_client& client) {
    return client.call("plugin.list").dump().find("on_fault was quarantine") != std::string::npos;
  };
  {
    daemon_process d(panics_with("quarantine"), {}, variables);
    auto client = d.connect();
    eventually("it has failed", [&] { return is(client, "bad", "failed"); });
    CHECK(is(client, "good", "running"));
    CHECK(d.stop() == 0);
  }
  {
    daemon_process d(panics_with("quarantine"), {}, variables);
    auto client = d.connect();
    eventually("the other runs", [&] { return is(client, "good", "running"); });
    CHECK(instance(client, "bad").is_null());
    CHECK(held(client));
    CHECK(client.call("plugin.clear_quarantine", {{"plugin", "task_throws"}}).at("plugin") == "task_throws");
    CHECK_FALSE(held(client));
    CHECK(d.stop() == 0);
  }
  daemon_process d(panics_with("log"), {}, variables);
  auto client = d.connect();
  eventually("it is started again", [&] { return is(client, "bad", "running"); });
  CHECK(d.stop() == 0);
}

TEST_CASE("the daemon ends with a report where a fault is to end it") {
  const temp_dir dir;
  const auto config = dir.write("tokiod.json", panics_with("abort"));
  const auto end = run(
      dir,
      {tokiod_path(), "--config", config, "--socket", dir / "control.sock", "--observe-socket", dir / "observe.sock"},
      {"STATE_DIRECTORY=" + dir.path()});
#if !defined(TOKIOD_ASAN) && !defined(TOKIOD_TSAN)
  CHECK(end.code == 128 + SIGABRT);
#endif
  CHECK(end.err.find("instance bad: of its panics") != std::string::npos);
  CHECK(end.err.find("tokiod: SIGABRT, report new-") != std::string::npos);
}
