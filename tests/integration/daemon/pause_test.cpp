// Workers that stand still for a while, as an operator sees it: the control plane answers, the service manager is not
// alarmed, and whoever loses his connection leaves no dead daemon behind.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"
#include "support/notify_socket.hpp"

using namespace tokiod;
using namespace tokiod::test;
using wire::json;

namespace {

constexpr const char* two_workers = R"({"runtime": {"worker_threads": 2}})";

std::size_t standing(rpc_client& client) {
  const json workers = client.call("runtime.workers").at("workers");
  return static_cast<std::size_t>(
      std::ranges::count_if(workers, [](const json& one) { return one.at("state") == "paused"; }));
}

bool has_finding(rpc_client& client, const std::string& command) {
  const auto all = client.call("diag.doctor").at("findings");
  return std::ranges::any_of(all, [&](const json& one) { return one.at("command") == command; });
}

}  // namespace

TEST_CASE("paused workers take no task, and the daemon says so everywhere until they go on") {
  daemon_process d(two_workers);
  auto client = d.connect();
  auto listener = d.connect();
  listener.call("event.subscribe", {{"topics", {"runtime.paused"}}});
  client.call("plugin.load", {{"plugin", "hello_c"}});
  CHECK(client.call("runtime.pause", {{"for_s", 600}, {"reason", "a test"}}).at("on") == true);
  eventually("both workers stand", [&] { return standing(client) == 2; });
  CHECK(client.call("runtime.info").at("pause").at("reason") == "a test");
  const auto health = client.call("daemon.health", {{"verbose", false}});
  CHECK(health.at("live") == true);
  CHECK(health.at("ready") == false);
  CHECK(health.at("checks").at(0).at("name") == "pause");
  CHECK(has_finding(client, "tokioctl worker resume"));
  const auto text = client.call("metrics.expose", {{"format", "prometheus"}}).at("text").get<std::string>();
  CHECK(text.find("tokiod_runtime_paused 1\n") != std::string::npos);
  const auto resumed = run(d.dir(), {tokioctl_path(), "--socket", d.socket(), "worker", "resume"});
  CHECK_MESSAGE(resumed.code == 0, resumed.err);
  eventually("they go on", [&] { return standing(client) == 0; });
  CHECK(client.call("daemon.health").at("ready") == true);
  CHECK_FALSE(has_finding(client, "tokioctl worker resume"));
  CHECK(client.reply("runtime.resume").at("error").at("data").at("kind") == "wrong_state");
  CHECK(listener.next_line().at("params").at("data").at("on") == true);
  CHECK(listener.next_line().at("params").at("data") == json{{"on", false}});
  CHECK(d.stop() == 0);
}

TEST_CASE("a pause ends by itself, and says that it has") {
  daemon_process d(two_workers);
  auto client = d.connect();
  auto listener = d.connect();
  listener.call("event.subscribe", {{"topics", {"runtime.paused"}}});
  client.call("runtime.pause", {{"for_s", 0.05}});
  CHECK(listener.next_line().at("params").at("data").at("on") == true);
  CHECK(listener.next_line().at("params").at("data") == json{{"on", false}});
  CHECK(client.call("runtime.info").at("pause") == json{{"on", false}});
  eventually("they go on", [&] { return standing(client) == 0; });
  CHECK(d.stop() == 0);
}

TEST_CASE("a paused daemon feeds the service manager's watchdog under every policy, and drains when it is told to") {
  for (const char* const policy : {"control", "any_worker", "all_workers"}) {
    const notify_socket manager;
    daemon_process d(R"({"runtime": {"worker_threads": 2}, "watchdog": {"stuck_after_ms": 50, "policy": ")" +
                         std::string(policy) + R"("}})",
                     {}, {"NOTIFY_SOCKET=" + manager.path(), "WATCHDOG_USEC=300000"});
    auto client = d.connect();
    client.call("plugin.load", {{"plugin", "hello_c"}});
    client.call("runtime.pause", {{"for_s", 600}});
    eventually("both workers stand", [&] { return standing(client) == 2; });
    (void)manager.take();
    std::size_t fed = 0;
    bool said = false;
    eventually("it is fed, and the status says it", [&] {
      for (const auto& one : manager.take()) {
        fed += one.find("WATCHDOG=1") != std::string::npos ? 1u : 0u;
        said = said || one.find("(paused)") != std::string::npos;
      }
      return fed >= 5 && said;
    });
    CHECK(d.stop() == 0);  // not after 600 seconds, and nothing was abandoned
  }
}
