// The number of workers changes under the traffic of a plugin, by method and by configuration: no byte is lost.
#include <doctest/doctest.h>

#include "acceptance/instances.hpp"
#include "acceptance/traffic.hpp"
#include "support/daemon_process.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

std::string config_text(const std::string& port, const std::string& runtime) {
  return R"({"runtime": )" + runtime + R"(, "plugins": {"instances": {"echo": {"plugin": "echo", "config": {"port": )" +
         port + "}}}}}";
}

std::uint64_t retired(rpc_client& control) {
  std::uint64_t count = 0;
  const auto told = control.call("runtime.workers");
  for (const auto& one : told.at("workers")) count += one.at("state") == "retired" ? 1 : 0;
  return count;
}

}  // namespace

TEST_CASE("workers come and go under traffic, and every byte is answered") {
  const reserved_port port;
  daemon_process d(config_text(port.text(), "{}"), {"--workers", "1"});
  auto control = d.connect();
  wait_until_runs(control, "echo");
  traffic load(port.number(), 6);
  std::uint64_t before = 1;
  for (int round = 0; round < 10; ++round)
    for (const std::uint64_t workers : {4u, 1u, 2u, 3u, 1u}) {
      const auto report = control.call("runtime.resize", {{"worker_threads", workers}});
      CHECK(report.at("before") == before);
      CHECK(report.at("after") == workers);
      CHECK(control.call("runtime.info").at("workers").at("total") == workers);
      before = workers;
      const auto seen = load.answers();
      eventually("traffic goes on", [&] { return load.answers() > seen + 20; });
    }
  CHECK(retired(control) == 3);  // of the four there have been
  CHECK(load.end() == 0);
  CHECK(d.stop() == 0);
}

TEST_CASE("a reload applies another number of workers, which is told to who subscribed") {
  const reserved_port port;
  daemon_process d(config_text(port.text(), R"({"worker_threads": 3})"));
  auto control = d.connect();
  auto events = d.connect();
  wait_until_runs(control, "echo");
  events.call("event.subscribe", {{"topics", {"runtime.resized"}}});
  traffic load(port.number(), 2);
  d.write_config(config_text(port.text(), R"({"worker_threads": 1})"));
  const auto report = control.call("config.reload");
  CHECK(report.at("changed").at(0).at("path") == "/runtime/worker_threads");
  CHECK(report.at("needs_restart").empty());
  CHECK(control.call("runtime.info").at("workers").at("total") == 1);
  const auto told = events.next_line().at("params");
  CHECK(told.at("topic") == "runtime.resized");
  CHECK(told.at("data") == wire::json{{"before", 3}, {"after", 1}, {"retiring", wire::json::array()}});
  const auto seen = load.answers();
  eventually("traffic goes on", [&] { return load.answers() > seen + 20; });
  CHECK(load.end() == 0);
  CHECK(d.stop() == 0);
}

TEST_CASE("a plugin resizes the daemon when its configuration says that it may, and is refused otherwise") {
  const auto config = [](const std::string& right) {
    return R"({"plugins": {"instances": {"asks": {"plugin": ")" TOKIOD_FIXTURES R"(/resizes.so", "config": )"
           R"({"workers": 3})" +
           right + "}}}}";
  };
  const auto ends_as = [](rpc_client& control, const std::string& state) {
    eventually("it is " + state, [&] {
      const auto asks = instance_of(control, "asks");
      return !asks.is_null() && asks.at("state") == state;
    });
    return instance_of(control, "asks");
  };
  daemon_process d(config(R"(, "may_resize": true)"), {"--workers", "1"});
  auto control = d.connect();
  CHECK(ends_as(control, "stopped").at("finished") == 1);  // there was one before
  CHECK(instance_of(control, "asks").at("limits").at("may_resize") == true);
  CHECK(control.call("runtime.info").at("workers").at("total") == 3);
  control.call("runtime.resize", {{"worker_threads", 2}});

  d.write_config(config(""));
  control.call("config.reload");
  CHECK(ends_as(control, "failed")
            .at("reason")
            .get<std::string>()
            .find("instance asks may not change the number of workers: may_resize is not set in its configuration") !=
        std::string::npos);
  CHECK(control.call("runtime.info").at("workers").at("total") == 2);
  CHECK(d.stop() == 0);
}

TEST_CASE("numbers that cannot be had are refused with their limit") {
  daemon_process d(R"({"runtime": {"flavor": "multi_thread", "worker_threads": 2}})");
  auto control = d.connect();
  CHECK(control.error("runtime.resize", {{"worker_threads", 0}}).at("message") ==
        "worker_threads must be 1..1024, got 0");
  CHECK(control.error("runtime.resize", {{"worker_threads", 1025}}).at("message") ==
        "worker_threads must be 1..1024, got 1025");
  CHECK(control.call("runtime.info").at("workers").at("total") == 2);
  rpc_client observer(d.observe_socket());
  CHECK(observer.error("runtime.resize", {{"worker_threads", 1}}).at("data").at("kind") == "permission_denied");
}
