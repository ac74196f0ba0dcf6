// A plugin that keeps every worker does not hold up its neighbours: their sockets are served by the threads that took
// the workers over, the operator is told who it is, and the kill switch turns that off. One that blocks with notice
// (block_in_place) does not hold them up either, and nobody is told.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

constexpr int workers = 2;

struct bench {
  explicit bench(const std::string& runtime = "{}")
      : daemon(R"({"runtime": )" + runtime +
                   R"(, "plugins": {"instances": {"echo": {"plugin": "echo", "config": {"port": )" + port.text() +
                   "}}}}}",
               {"--workers", std::to_string(workers)}),
        control(daemon.connect()) {
    wait_until_runs(control, "echo");
  }
  void load_hog(const char* file) {
    control.call(
        "plugin.load",
        {{"plugin", std::string(TOKIOD_FIXTURES) + file}, {"instance", "hog"}, {"config", {{"tasks", workers}}}});
  }
  void spin_everywhere() { load_hog("/spins_everywhere.so"); }
  std::size_t polled_of_hog() {
    const auto listed = control.call("task.list", {{"plugin", "hog"}});
    std::size_t polled = 0;
    for (const auto& task : listed.at("tasks")) polled += task.contains("worker") ? 1 : 0;
    return polled;
  }

  reserved_port port;
  daemon_process daemon;
  rpc_client control;
};

bool echoes(tcp_client& client, const std::string& text) {
  return client.send(text) && client.read_until("\n") == text;
}

}  // namespace

TEST_CASE("while every worker is inside a poll that never ends, another plugin's connections are served") {
  bench b;
  tcp_client before(b.port.number());
  CHECK(echoes(before, "before\n"));
  rpc_client events = b.daemon.connect();
  events.call("event.subscribe", {{"topics", {"runtime.stuck"}}});
  b.spin_everywhere();
  eventually("every worker spins", [&] { return b.polled_of_hog() == workers; });
  for (int i = 0; i < 20; ++i) CHECK(echoes(before, "line " + std::to_string(i) + "\n"));
  tcp_client after(b.port.number());
  CHECK(echoes(after, "after\n"));

  CHECK(b.polled_of_hog() == workers);  // they still are where they were, and are shown
  wire::json told;  // on a busy machine a poll that only begins its spinners may be slow, too, or one without a name
  do told = events.next_line().at("params");
  while (wire::text_or(told.at("data"), "name") != "spinner");
  CHECK(told.at("topic") == "runtime.stuck");
  CHECK(told.at("data").at("instance") == "hog");
  CHECK(told.at("data").at("lasted_ms").get<int>() >= 10);
  CHECK(told.at("data").at("location") == "spins_everywhere.c:15");
#ifdef TOKIOD_TSAN
  // ThreadSanitizer passes a signal on when the thread calls something of it, and this spinner calls nothing.
  CHECK_MESSAGE(told.at("data").contains("stack_missing"), wire::dump(told));
#else
  REQUIRE_MESSAGE(told.at("data").contains("stack"), wire::dump(told));
  const std::string innermost = told.at("data").at("stack").at(0);
  CHECK_MESSAGE(innermost.starts_with("spins_everywhere.so+0x"), wire::dump(told));  // not the private copy's name
#endif
  // The second one began later, and is called slow later.
  eventually("each is counted", [&] { return usage_of(b.control, "hog").at("slow_polls").get<int>() >= workers; });
  const auto metrics = http_get(b.daemon.socket(), "/metrics");
  CHECK(metrics.find("tokiod_worker_takeovers_total") != std::string::npos);
}

TEST_CASE("without stacks the rest is told as ever") {
  bench b("{}");
  b.control.call("config.set", {{"path", "/runtime/stuck_stacks"}, {"value", false}});  // while it runs
  rpc_client events = b.daemon.connect();
  events.call("event.subscribe", {{"topics", {"runtime.stuck"}}});
  b.spin_everywhere();
  const auto told = events.next_line().at("params").at("data");
  CHECK(told.at("instance") == "hog");
  CHECK_FALSE_MESSAGE(told.contains("stack"), wire::dump(told));
  CHECK_FALSE(told.contains("stack_missing"));
}

TEST_CASE("with the kill switch nothing is taken over, and control still answers") {
  bench b(R"({"stuck_after_ms": 0})");
  tcp_client client(b.port.number());
  CHECK(echoes(client, "before\n"));
  b.spin_everywhere();
  eventually("every worker spins", [&] { return b.polled_of_hog() == workers; });
  CHECK(client.send("nobody hears this\n"));
  eventually("it is known how long", [&] {
    const auto seen = b.control.call("runtime.workers").at("workers");
    return seen.at(0).at("state") == "stuck" && seen.at(1).at("state") == "stuck";
  });
  CHECK(usage_of(b.control, "hog").at("slow_polls") == 0);
  CHECK(b.control.call("control.ping").contains("now"));
}

TEST_CASE("while every worker blocks in place, another plugin's connections are served, also with the kill switch") {
  for (const char* runtime : {R"({"stuck_after_ms": 0})", "{}"}) {
    bench b(runtime);
    tcp_client before(b.port.number());
    CHECK(echoes(before, "before\n"));
    b.load_hog("/blocks_in_place.so");
    eventually("every worker blocks", [&] { return b.polled_of_hog() == workers; });
    std::vector<double> took_ms;
    for (int i = 0; i < 200; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      CHECK(echoes(before, "line " + std::to_string(i) + "\n"));
      took_ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
    std::ranges::sort(took_ms);
    MESSAGE("an echo while every worker blocks in place: p50 ", took_ms[100], " ms, p99 ", took_ms[198], " ms, most ",
            took_ms[199], " ms");
    tcp_client after(b.port.number());
    CHECK(echoes(after, "after\n"));

    CHECK(b.polled_of_hog() == workers);
    const auto handed_over = [&](const std::string& metrics, int worker) {
      return metrics.find("tokiod_worker_handovers_total{worker=\"" + std::to_string(worker) + "\"} 1") !=
             std::string::npos;
    };
    const auto metrics = http_get(b.daemon.socket(), "/metrics");
    CHECK_MESSAGE((handed_over(metrics, 0) || handed_over(metrics, 1)), metrics);
    CHECK(usage_of(b.control, "hog").at("slow_polls") == 0);
  }
}
