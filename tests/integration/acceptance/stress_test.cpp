// A daemon under traffic, while workers, plugins, tasks, files and connections come and go at random, for as long or as
// much as one likes (support/stress_time.hpp): no byte is lost, no work lies beside a sleeping worker, and it ends in
// order.
#include <doctest/doctest.h>

#include <array>
#include <numeric>
#include <utility>
#include <vector>

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
    if (!loaded) load_or_unload();
    CHECK(control.call("plugin.reload", {{"plugin", "burns"}, {"deadline_s", 0.01}}).at("unmapped") == true);
  }
  void spawn() { run({"spawn", "ping_pong", "yield", "mpsc", "spawn_blocking_1", "spawn_remote_idle"}); }
  void use_files() { run({"file_read", "file_write", "file_whole", "file_stat"}); }
  void abort() {
    if (!loaded) load_or_unload();
    const auto listed = control.call("task.list", {{"plugin", "burns"}}).at("tasks");
    if (listed.empty()) return reload();  // all were aborted; the next time there are others
    aborted += control.reply("task.cancel", {{"id", listed.at(0).at("id")}}).contains("result") ? 1 : 0;
  }
  void connect() {
    tcp_client client(port.number());
    CHECK(client.send("hello\n"));
    CHECK(client.read_until("\n") == "hello\n");
  }

  // One workload of the bench plugin.
  void run(const std::vector<const char*>& workloads) {
    const char* const one = workloads[random.below(static_cast<std::uint32_t>(workloads.size()))];
    control.call("plugin.call",
                 {{"instance", "bench"}, {"method", "run"}, {"params", {{"workload", one}, {"count", 500}}}});
  }

  const std::uint64_t seed = stress_seed();
  reserved_port port;
  daemon_process daemon;
  rpc_client control;
  fast_random random{seed};
  bool loaded = false;
  int aborted = 0;
};

// Each operation comes once, in any order, before one comes again.
class deck {
 public:
  explicit deck(std::uint32_t cards) : left_(0), cards_(cards) { std::iota(cards_.begin(), cards_.end(), 0u); }
  std::uint32_t draw(fast_random& random) {
    if (left_ == 0) left_ = static_cast<std::uint32_t>(cards_.size());
    std::swap(cards_[random.below(left_)], cards_[left_ - 1]);
    return cards_[--left_];
  }

 private:
  std::uint32_t left_;
  std::vector<std::uint32_t> cards_;
};

}  // namespace

// TOKIOD_STRESS_OPERATIONS=72000 is as many as an hour has with one in 50 ms.
TEST_CASE("under traffic everything else comes and goes at random, and every byte is answered") {
  bench b;
  traffic load(b.port.number(), 3);
  constexpr std::array operations = {&bench::resize, &bench::load_or_unload, &bench::reload, &bench::spawn,
                                     &bench::abort,  &bench::use_files,      &bench::connect};
  std::array<std::uint64_t, operations.size()> done{};
  deck next(operations.size());
  const stress_goal goal("OPERATIONS");
  for (std::uint64_t n = 0; n < operations.size() || !goal.reached(n); ++n) {
    const std::uint32_t what = next.draw(b.random);
    CAPTURE(b.seed);
    (b.*operations[what])();
    ++done[what];
    const auto seen = load.answers();
    eventually("traffic goes on", [&] { return load.answers() > seen; });
  }
  MESSAGE("seed ", b.seed, ": resized ", done[0], ", loaded or unloaded ", done[1], ", reloaded ", done[2],
          ", spawned ", done[3], ", aborted ", b.aborted, ", files ", done[5], ", connected ", done[6], ", answers ",
          load.answers());
  CHECK(b.aborted > 0);
  CHECK(load.end() == 0);
  CHECK(b.control.call("runtime.info").at("idle_backlogs").at("count") == 0);
  CHECK(b.daemon.stop() == 0);
}
