// Plugins as the configuration and the control socket bring them: started, changed by a reload, dropped in, stuck.
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

std::string with_instances(const std::string& members) { return R"({"plugins": {"instances": {)" + members + "}}}"; }

// An instance as plugin.list shows it; null when there is none.
wire::json instance(rpc_client& client, const std::string& name) {
  const auto list = client.call("plugin.list");
  for (const auto& image : list.at("plugins"))
    for (const auto& one : image.at("instances"))
      if (one.at("instance") == name) return one;
  return nullptr;
}

std::string state_of(rpc_client& client, const std::string& name) {
  const auto one = instance(client, name);
  return one.is_null() ? "" : one.at("state").get<std::string>();
}

}  // namespace

TEST_CASE("enabled instances run when the daemon is ready; one that fails keeps the others and makes it not ready") {
  const daemon_process d(
      with_instances(R"("good": {"plugin": "hello_c"}, "off": {"plugin": "hello_c", "enabled": false},
                                           "bad": {"plugin": ")" +
                     fixture("init_fails") + R"("})"));
  auto client = d.connect();
  eventually("good runs", [&] { return state_of(client, "good") == "running"; });
  eventually("the daemon runs", [&] { return client.call("daemon.info").at("state") == "running"; });
  CHECK(state_of(client, "off").empty());
  CHECK(http_get(d.observe_socket(), "/livez").find("200") != std::string::npos);
  const std::string ready = http_get(d.observe_socket(), "/readyz?verbose");
  CHECK(ready.find("503") != std::string::npos);
  CHECK(ready.find("not running: bad") != std::string::npos);
}

TEST_CASE("a reload starts instances that came, stops those that went and leaves the others alone") {
  const daemon_process d(with_instances(R"("stays": {"plugin": "hello_c"}, "goes": {"plugin": "hello_c"})"));
  auto client = d.connect();
  eventually("both run",
             [&] { return state_of(client, "stays") == "running" && state_of(client, "goes") == "running"; });
  const auto since = instance(client, "stays").at("since");
  d.write_config(with_instances(R"("stays": {"plugin": "hello_c"}, "comes": {"plugin": "hello_c"})"));
  CHECK(client.call("config.reload").at("changed").size() == 2);
  CHECK(state_of(client, "comes") == "running");
  CHECK(state_of(client, "goes") == "stopped");
  CHECK(instance(client, "stays").at("since") == since);
}

TEST_CASE("a file dropped into a plugin directory is found by a scan and loaded by its name, without a restart") {
  const temp_dir drop;
  daemon_process d("{}", {"--plugin-dir", drop.path()});
  auto client = d.connect();
  std::filesystem::copy_file(plugin_dir() + "/hello_c.so", drop / "dropped.so");
  bool found = false;
  const auto scan = client.call("plugin.scan");
  for (const auto& one : scan.at("found")) found |= one.at("name") == "dropped";
  CHECK(found);
  client.call("plugin.load", {{"plugin", "dropped"}});
  CHECK(state_of(client, "dropped") == "running");
  CHECK(d.stop() == 0);
}

TEST_CASE("a drain that nobody wants to wait for any longer is cut short, and says what it aborted") {
  daemon_process d(with_instances(R"("stays": {"plugin": ")" + fixture("leaks_task") + R"("})"));
  auto client = d.connect();
  eventually("it runs", [&] { return state_of(client, "stays") == "running"; });
  const auto id =
      client.call("plugin.stop", {{"instance", "stays"}, {"deadline_s", 3600}, {"wait", false}}).at("operation_id");
  eventually("it drains", [&] { return state_of(client, "stays") == "draining"; });
  client.call("operation.cancel", {{"id", id}});
  wire::json seen;
  eventually("its end", [&] {
    seen = client.call("operation.get", {{"id", id}});
    return seen.at("state") == "done";
  });
  CHECK(seen.at("result").at("state") == "stopped");
  CHECK(seen.at("result").at("aborted").at("tasks") >= 3);
  CHECK(d.stop() == 0);
}

TEST_CASE("a plugin that never yields is named, the daemon answers meanwhile, and a second SIGTERM ends it with 75") {
  daemon_process d(with_instances(R"("stuck": {"plugin": ")" + fixture("never_yields") + R"("})"), {},
                   {"TOKIO_WORKER_THREADS=1"});
  auto client = d.connect();
  eventually("the guilty task is named", [&] {
    const auto list = client.call("task.list");
    for (const auto& task : list.at("tasks"))
      if (task.at("plugin") == "stuck" && task.at("name") == "spin" && task.at("state") == "running") return true;
    return false;
  });
  d.child().signal(SIGTERM);
  eventually("it drains", [&] { return client.call("daemon.info").at("state") == "draining"; });
  CHECK(d.child().running());
  eventually("a SIGTERM counts as the second", [&] {
    d.child().signal(SIGTERM);
    return !d.child().running();
  });
  CHECK(d.child().wait() == 75);
  CHECK(d.child().err().find("second signal") != std::string::npos);
}
