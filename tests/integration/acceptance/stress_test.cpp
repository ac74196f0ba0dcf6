// A daemon under traffic, while workers, plugins, tasks and connections come and go at random, for as long as one likes
// (support/stress_time.hpp): no byte is lost, no work lies beside a sleeping worker, and it ends in order.
#include <doctest/doctest.h>

#include <array>

#include "acceptance/instances.hpp"
#include "acceptance/traffic.hpp"
#include "base/random.hpp"
#include "support/daemon_process.hpp"
#include "support/stress_time.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

struct bench {
  bench()
      : daemon(
            R"({"log": {"level": "warn"}, "plugins": {"instances": {"bench": {"plugin": "bench"}, "echo": {"plugin":)"
            R"( "echo", "config": {"port": )" +
                port.text() + "}}}}}",
            {"--workers", "2"}),
        control(daemon.connect()) {
    wait_until_runs(control, "bench");
    wait_until_runs(control, "echo");
  }

  void resize() { control.call("runtime.resize", {{"worker_threads", 1 + random.below(4)}}); }
  // A plugin whose tasks never end by themselves comes or goes.
  void load_or_unload() {
    if (loaded) {
      CHECK(control.call("plugin.unload", {{"plugin", "burns"}, {"deadline_s", 0.01}}).at("unmapped") == true);
    } else {
      control.call("plugin.load", {{"plugin", TOKIOD_FIXTURES "/burns.so"}, {"config", {{"tasks", 3}}}});
    }
    loaded = !loaded;
  }
  void reload() {
    if (!loaded) return;
    CHECK(control.call("plugin.reload", {{"plugin", "burns"}, {"deadline_s", 0.01}}).at("unmapped") == true);
  }
  void spawn() {
    constexpr std::array workloads = {"spawn", "ping_pong", "yield", "mpsc", "spawn_blocking_1", "spawn_remote_idle"};
    control.call("plugin.call",
                 {{"instance", "bench"},
                  {"method", "run"},
                  {"params", {{"workload", workloads[random.below(workloads.size())]}, {"count", 500}}}});
  }
  void abort() {
    const auto listed = control.call("task.list", {{"plugin", "burns"}});
    if (!listed.at("tasks").empty()) (void)control.reply("task.cancel", {{"id", listed.at("tasks").at(0).at("id")}});
  }
  void connect() {
    tcp_client client(port.number());
    CHECK(client.send("hello\n"));
    CHECK(client.read_until("\n") == "hello\n");
  }

  reserved_port port;
  daemon_process daemon;
  rpc_client control;
  fast_random random{steady_clock().now()};
  bool loaded = false;
};

}  // namespace

TEST_CASE("under traffic everything else comes and goes at random, and every byte is answered") {
  bench b;
  traffic load(b.port.number(), 3);
  constexpr std::array operations = {&bench::resize, &bench::load_or_unload, &bench::reload,
                                     &bench::spawn,  &bench::abort,          &bench::connect};
  std::array<int, operations.size()> done{};
  for (const instant_ns end = stress_end(); steady_clock().now() < end;) {
    const std::uint32_t what = b.random.below(operations.size());
    (b.*operations[what])();
    ++done[what];
    const auto seen = load.answers();
    eventually("traffic goes on", [&] { return load.answers() > seen; });
  }
  MESSAGE("resized ", done[0], ", loaded or unloaded ", done[1], ", reloaded ", done[2], ", spawned ", done[3],
          ", aborted ", done[4], ", connected ", done[5], ", answers ", load.answers());
  CHECK(load.end() == 0);
  CHECK(b.control.call("runtime.info").at("idle_backlogs").at("count") == 0);
  CHECK(b.daemon.stop() == 0);
}
