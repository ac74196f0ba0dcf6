// A plugin that burns all the time it gets, beside one that answers clients, on one worker: a CPU quota leaves it its
// part and no more, a reload changes that while it runs, and an unload does not wait for it.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>

#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

struct bench {
  explicit bench(const std::string& quota) : daemon(config(quota), {"--workers", "1"}), control(daemon.connect()) {
    wait_until_runs(control, "echo");
    wait_until_runs(control, "burner");
  }
  std::string config(const std::string& quota) {
    return R"({"plugins": {"instances": {
      "echo": {"plugin": "echo", "config": {"port": )" +
           port.text() + R"(}},
      "burner": {"plugin": ")" TOKIOD_FIXTURES R"(/burns.so", "config": {"tasks": 4}, "max_blocking_jobs": 3)" +
           (quota.empty() ? "" : R"(, "cpu_quota_percent": )" + quota) + "}}}}";
  }
  void reload(const std::string& quota) {
    daemon.write_config(config(quota));
    CHECK(control.call("config.reload").at("needs_restart").empty());
  }
  wire::json burner() { return instance_of(control, "burner"); }
  double seconds(const char* what) { return usage_of(control, "burner").at(what).get<double>(); }
  void burn_on(double for_seconds) {
    const double until = seconds("poll_seconds") + for_seconds;
    eventually("it has burnt more", [&] { return seconds("poll_seconds") >= until; }, std::chrono::seconds(60));
  }

  reserved_port port;
  daemon_process daemon;
  rpc_client control;
};

}  // namespace

TEST_CASE("an instance that is started over the control socket has the limits that it is given") {
  bench b("20");
  const wire::json given = {
      {"max_tasks", 7}, {"max_memory_bytes", 1 << 20}, {"max_blocking_jobs", 2}, {"cpu_quota_percent", 10}};
  wire::json params = given;
  params.update({{"instance", "other"}, {"plugin", TOKIOD_FIXTURES "/burns.so"}, {"config", {{"tasks", 3}}}});
  b.control.call("plugin.unload", {{"plugin", "burns"}, {"deadline_s", 0.01}});  // it allows one instance at a time
  b.control.call("plugin.load", params);
  wire::json shown = given;
  shown["may_resize"] = false;
  CHECK(instance_of(b.control, "other").at("limits") == shown);
  eventually("it is held up",
             [&] { return usage_of(b.control, "other").at("throttled_seconds").get<double>() > 0.02; });

  CHECK(b.control.error("plugin.start", {{"instance", "other"}, {"max_tasks", 8}}).at("message") ==
        "the instance other exists and keeps its configuration");
  b.control.call("plugin.load", {{"plugin", TOKIOD_FIXTURES "/blocking_jobs.so"}, {"start", false}});
  params = {{"instance", "jobs"}, {"plugin", "blocking_jobs"}, {"config", {{"jobs", 3}}}, {"max_blocking_jobs", 2}};
  const auto refused = b.control.error("plugin.start", params);
  CHECK_MESSAGE(refused.at("message").get<std::string>().find("may have 2 blocking jobs") != std::string::npos,
                wire::dump(refused));
  CHECK(b.control.error("plugin.load", {{"plugin", "echo"}, {"cpu_quota_percent", 0}}).at("data").at("path") ==
        "/cpu_quota_percent");
}

TEST_CASE("a burner with a quota gets its part of the only worker, and its neighbour's clients are answered") {
  bench b("20");
  tcp_client client(b.port.number());
  const auto begin = std::chrono::steady_clock::now();
  const double used_before = b.seconds("poll_seconds");
  double used = 0;
  int lines = 0;
  std::chrono::duration<double> slowest{0};
  eventually(
      "it has burnt half a second",
      [&] {
        const auto asked = std::chrono::steady_clock::now();
        const std::string line = "line " + std::to_string(++lines) + "\n";
        REQUIRE(client.send(line));
        REQUIRE(client.read_until("\n") == line);
        slowest = std::max<std::chrono::duration<double>>(slowest, std::chrono::steady_clock::now() - asked);
        used = b.seconds("poll_seconds") - used_before;
        return used >= 0.5;
      },
      std::chrono::seconds(60));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  MESSAGE("with 20 % the burner used ", 100 * used / took.count(), " % of ", took.count(), " s; the slowest of ", lines,
          " echoes took ", 1000 * slowest.count(), " ms");
  CHECK(used / took.count() < 0.5);                                                   // without a quota it is nearly 1
  eventually("it is throttled", [&] { return b.seconds("throttled_seconds") > 0; });  // on a busy machine less than 4/5
  CHECK(http_get(b.daemon.socket(), "/metrics").find(R"(tokiod_task_throttled_seconds_total{plugin="burner"})") !=
        std::string::npos);
  const auto limits = b.burner().at("limits");
  CHECK(limits.at("cpu_quota_percent") == 20);
  CHECK(limits.at("max_blocking_jobs") == 3);
  CHECK(limits.at("max_tasks").is_null());
}

TEST_CASE("what an instance uses in blocking jobs is counted, and its quota pays for it") {
  bench b("20");
  const auto begin = std::chrono::steady_clock::now();
  b.control.call("plugin.load", {{"instance", "jobs"},
                                 {"plugin", TOKIOD_FIXTURES "/burns_in_jobs.so"},
                                 {"max_blocking_jobs", 1},
                                 {"cpu_quota_percent", 20}});
  double used = 0;
  eventually(
      "its jobs have burnt 0.2 s",
      [&] {
        used = usage_of(b.control, "jobs").at("blocking_cpu_seconds").get<double>();
        return used >= 0.2;
      },
      std::chrono::seconds(60));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  MESSAGE("with 20 % its jobs used ", 100 * used / took.count(), " % of ", took.count(), " s");
  CHECK(used / took.count() < 0.4);  // without a quota it is nearly 1
  eventually("they are throttled",
             [&] { return usage_of(b.control, "jobs").at("throttled_seconds").get<double>() > 0; });
  CHECK(usage_of(b.control, "burner").at("blocking_cpu_seconds") == 0);
  CHECK(http_get(b.daemon.socket(), "/metrics").find("tokiod_plugin_blocking_cpu_seconds_total{") != std::string::npos);
}

TEST_CASE("a reload gives, changes and takes a quota without a restart") {
  bench b("");
  b.burn_on(0.1);
  CHECK(b.seconds("throttled_seconds") == 0);
  b.reload("10");
  CHECK(b.burner().at("limits").at("cpu_quota_percent") == 10);
  eventually("it is throttled", [&] { return b.seconds("throttled_seconds") > 0.05; });
  b.burn_on(0.01);
  b.reload("");
  CHECK(b.burner().at("limits").at("cpu_quota_percent").is_null());
  const double throttled = b.seconds("throttled_seconds");
  b.burn_on(0.2);
  CHECK(b.seconds("throttled_seconds") == throttled);
  CHECK(b.burner().at("starts") == 1);
}

TEST_CASE("an unload of what waits for its quota does not wait for that") {
  bench b("1");
  eventually("it is throttled", [&] { return b.seconds("throttled_seconds") > 0.05; });
  const auto report = b.control.call("plugin.unload", {{"plugin", "burns"}, {"deadline_s", 0}});
  CHECK(report.at("unmapped") == true);
}
