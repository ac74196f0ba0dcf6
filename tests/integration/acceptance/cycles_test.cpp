// Plugins come and go under client traffic: after a thousand times the daemon holds what it held after the first few,
// and the clients of the plugin that stays notice nothing.
#include "support/eventually.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

#include "acceptance/footprint.hpp"
#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

#if defined(TOKIOD_ASAN) || defined(TOKIOD_TSAN)
constexpr bool sanitized = true;  // its allocator keeps what is freed, and maps more for that
constexpr int warm_up = 10, cycles = 40, reloads = 20;
#else
constexpr bool sanitized = false;
constexpr int warm_up = 100, cycles = 1'000, reloads = 200;
#endif

// What may be resident beyond the figure after the warm-up. Measured: less than 0.1 MiB, in steps, as free lists and
// rings fill up; six thousand cycles are no more than one thousand. Losing one run of an instance (1.9 KiB) each time
// is past the bound, let alone a page, a slab of task memory (64 KiB), a stack or the bytes of the plugin's file.
constexpr std::int64_t rss_bound_kib(int times) { return 256 + times; }
// And what the warm-up itself may add. Measured: 0.3 MiB, of which most is code that runs for the first time. Each
// operations thread that keeps the bytes of a plugin's file in its arena adds 6.5 MiB.
constexpr std::int64_t warm_up_bound_kib = 4096;

constexpr std::string_view steady = "redis", cycled = "echo";

// Clients of the plugin that stays: they come, ask and go, one after the other, as long as the object lives.
class traffic {
 public:
  explicit traffic(std::uint16_t port) : thread_([this, port](const std::stop_token& over) { run(port, over); }) {}

  // Stops, and how many were answered; nothing when one was not.
  std::optional<std::uint64_t> answered() {
    thread_.request_stop();
    thread_.join();
    return failed_ ? std::nullopt : std::optional(answered_);
  }

 private:
  void run(std::uint16_t port, const std::stop_token& over) {
    while (!over.stop_requested() && !failed_) {
      tcp_client client(port);
      for (int i = 0; i < 20 && !failed_; ++i, ++answered_)
        failed_ = !client.send("SET key value\r\nGET key\r\n") || client.read_until("$5\r\nvalue\r\n") != expected;
    }
  }
  static constexpr std::string_view expected = "+OK\r\n$5\r\nvalue\r\n";

  // Read by others only after the join.
  std::uint64_t answered_ = 0;
  bool failed_ = false;
  std::jthread thread_;
};

// A daemon with one instance that stays, and a port for the one that comes and goes.
struct bench {
  bench()
      // A poll that the machine holds up loses its worker to a further thread, and of those one may stay for the next
      // time. What this looks for are threads that stay because of the cycles.
      // And each cycle leaves its events and its records in the log, up to bounds that it takes hundreds to reach.
      : daemon(R"({"runtime": {"stuck_after_ms": 0}, "control": {"kept_events": 16}, "log": {"level": "error"}, )"
               R"("plugins": {)"
               R"("instances": {"steady": {"plugin": ")" +
               std::string(steady) + R"(", "config": {"port": )" + steady_port.text() + "}}}}}"),
        control(daemon.connect()) {
    wait_until_runs(control, "steady");
    at_rest = footprint::of(daemon.child().pid());
  }

  // One cycle after the other while other clients are served, and what the daemon holds when all clients have gone.
  template <class Cycle>
  footprint after(int times, Cycle cycle) {
    traffic others(steady_port.number());
    for (int i = 0; i < times; ++i) cycle(i);
    const auto answered = others.answered();
    CHECK_MESSAGE(answered.value_or(0) > 0, "a client of the plugin that stays was not served");
    eventually("the sockets of the clients are closed",
               [&] { return footprint::of(daemon.child().pid()).fds <= at_rest.fds; });
    eventually("its threads have ended", [&] {
      const auto now = footprint::of(daemon.child().pid());
      const auto then = std::exchange(threads, now.threads);
      return now.threads <= at_rest.threads || now.threads == then;
    });
    return footprint::of(daemon.child().pid());
  }

  void echoes(tcp_client& client) const {
    for (int i = 0; i < 3; ++i) {
      REQUIRE(client.send("there and back\n"));
      REQUIRE(client.read_until("\n") == "there and back\n");
    }
  }

  std::int64_t threads = 0;  // when they were counted last
  reserved_port steady_port, cycled_port;
  daemon_process daemon;
  rpc_client control;
  footprint at_rest;  // before the first client came
};

void load_and_start(bench& b) {
  b.control.call("plugin.load", {{"plugin", cycled}, {"start", false}});
  b.control.call("plugin.start",
                 {{"plugin", cycled}, {"instance", "cycled"}, {"config", {{"port", b.cycled_port.number()}}}});
}

void unload(bench& b) {
  const auto gone = b.control.call("plugin.unload", {{"plugin", cycled}});
  REQUIRE_MESSAGE(gone.at("unmapped") == true, wire::dump(gone));
}

// Clients that have gone, wait for nothing, and wait for a plugin that is stuck in writing to them. Every other time
// its tasks are aborted by a stop; else they end by themselves, in the unload.
void cycle(bench& b, int number) {
  load_and_start(b);
  const auto port = b.cycled_port.number();
  tcp_client idle(port);
  b.echoes(idle);
  {
    tcp_client brief(port);
    b.echoes(brief);
  }
  if (number % 2 == 0) {
    tcp_client stuck(port);
    b.echoes(stuck);
    REQUIRE(stuck.send(std::string(100'000, 'x')));  // more than the plugin's buffer; what comes back is not read
    const auto stopped = b.control.call("plugin.stop", {{"instance", "cycled"}, {"deadline_s", 0}});
    REQUIRE_MESSAGE(stopped.at("state") == "stopped", wire::dump(stopped));
    REQUIRE_MESSAGE(stopped.at("leaked").empty(), wire::dump(stopped));
  }
  unload(b);
  REQUIRE(idle.read_to_end() == "");
}

void holds_no_more(bench& b, int times, const footprint& before, const footprint& after) {
  CHECK(after.fds <= before.fds);
  CHECK(after.threads <= before.threads);
  if (!sanitized) CHECK(after.mappings <= before.mappings);
  if (!sanitized) CHECK(before.rss_kib - b.at_rest.rss_kib < warm_up_bound_kib);
  if (!sanitized) CHECK(after.rss_kib - before.rss_kib < rss_bound_kib(times));
  CHECK(proc_text(b.daemon.child().pid(), "maps").find("plugin-" + std::string(cycled)) == std::string::npos);
  CHECK(b.daemon.stop() == 0);
}

std::string seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::to_string(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count()) + " s";
}

}  // namespace

TEST_CASE("a thousand cycles of load, start, stop and unload under traffic leave nothing behind") {
  bench b;
  const auto begin = std::chrono::steady_clock::now();
  const auto one = [&](int i) { cycle(b, i); };
  const auto before = b.after(warm_up, one);
  const auto after = b.after(cycles, one);
  MESSAGE("after ", warm_up, " cycles: ", before.text(), "; after ", cycles, " more: ", after.text(), "; ",
          seconds_since(begin));
  holds_no_more(b, cycles, before, after);
}

TEST_CASE("two hundred reloads by tokioctl under traffic leave nothing behind") {
  bench b;
  load_and_start(b);
  b.at_rest = footprint::of(b.daemon.child().pid());
  const auto begin = std::chrono::steady_clock::now();
  const auto one = [&](int) {
    tcp_client idle(b.cycled_port.number());
    b.echoes(idle);
    const auto done = run(b.daemon.dir(), {tokioctl_path(), "--socket", b.daemon.socket(), "plugin", "reload", "echo"});
    REQUIRE_MESSAGE(done.code == 0, done.out, done.err);
    REQUIRE(idle.read_to_end() == "");
  };
  const auto before = b.after(warm_up, one);
  const auto after = b.after(reloads, one);
  MESSAGE("after ", warm_up, " reloads: ", before.text(), "; after ", reloads, " more: ", after.text(), "; ",
          seconds_since(begin));
  unload(b);
  holds_no_more(b, reloads, before, after);
}

TEST_CASE("what an instance used goes back to the system when it ends" * doctest::skip(sanitized)) {
  bench b;
  const auto before = footprint::of(b.daemon.child().pid());
  b.control.call("plugin.start",
                 {{"plugin", steady}, {"instance", "large"}, {"config", {{"port", b.cycled_port.number()}}}});
  tcp_client client(b.cycled_port.number());
  constexpr int keys = 200'000, at_once = 500;
  for (int i = 0; i < keys; i += at_once) {
    std::string commands;
    for (int k = i; k < i + at_once; ++k)
      commands += "SET key:" + std::to_string(k) + " " + std::string(200, 'v') + "\r\n";
    REQUIRE(client.send(commands));
    for (int k = 0; k < at_once; ++k) REQUIRE(client.read_until("+OK\r\n") == "+OK\r\n");
  }
  const auto full = footprint::of(b.daemon.child().pid());
  CHECK(b.control.call("plugin.stop", {{"instance", "large"}}).at("state") == "stopped");
  const auto after = footprint::of(b.daemon.child().pid());
  MESSAGE("before: ", before.text(), "; with ", keys, " keys: ", full.text(), "; without: ", after.text());
  CHECK(full.rss_kib - before.rss_kib > 40 * 1024);
  // Most of it: malloc keeps the end of an arena up to a threshold that grows with the blocks that it saw.
  CHECK(after.rss_kib - before.rss_kib < (full.rss_kib - before.rss_kib) / 2);
}
