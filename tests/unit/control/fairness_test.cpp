// One client beside many that flood, do not read, or stop half-way: what they may cost it is counted, not timed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <numeric>
#include <string>

#include "support/control_fixture.hpp"
#include "support/plane_bench.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

constexpr std::uint64_t per_turn = 8;  // requests of one client before it is the others' turn

std::string one_ping(int id) { return wire::print_request(id, "control.ping", json::object()) + "\n"; }

std::string batch_of_pings(int members) {
  std::string text = "[" + wire::print_request(1, "control.ping", json::object());
  for (int id = 2; id <= members; ++id) text += "," + wire::print_request(id, "control.ping", json::object());
  return text + "]\n";
}

// Clients of a bench, all of which do the same.
class crowd {
 public:
  crowd(plane_bench& bench, std::size_t count) {
    for (std::size_t n = 0; n < count; ++n) all_.emplace_back(bench, 100 + n);
  }
  void flood(std::string_view request) {
    for (auto& one : all_) one.flood(request);
  }
  void drain() {
    for (auto& one : all_)
      while (!one.read().empty()) {
      }
  }
  [[nodiscard]] std::uint64_t requests() {
    return std::accumulate(all_.begin(), all_.end(), std::uint64_t{0},
                           [](std::uint64_t sum, bench_client& one) { return sum + one.requests(); });
  }
  std::deque<bench_client>& each() { return all_; }

 private:
  std::deque<bench_client> all_;
};

// Answered by whole lines; how many requests of the crowd came before the answer.
std::uint64_t cost_of_one(plane_bench& bench, bench_client& good, crowd& others, int id) {
  const auto before = others.requests();
  REQUIRE(good.write(one_ping(id)) > 0);
  std::string seen;
  bench.run_until([&] {
    seen += good.read();
    return seen.ends_with('\n');
  });
  CHECK((*wire::parse(seen))["id"] == id);
  return others.requests() - before;
}

}  // namespace

TEST_CASE("between a request and its answer a flood gets two turns a client at most, in batches too") {
  for (const auto& request : {one_ping(1), batch_of_pings(64)}) {
    plane_bench bench;
    REQUIRE(bench.started);
    constexpr std::size_t flooding = 30;
    crowd flood(bench, flooding);
    bench_client good(bench);
    for (int id = 1; id <= 50; ++id) {
      flood.flood(request);
      flood.drain();
      CHECK(cost_of_one(bench, good, flood, id) <= flooding * 2 * per_turn);
    }
    CHECK(flood.requests() > 1000);  // or there was no flood
  }
}

TEST_CASE("clients that never read are not read either, and keep nobody waiting") {
  plane_bench bench;
  REQUIRE(bench.started);
  bench.shared.bounds.max_output_bytes = 64 * 1024;
  bench.shared.bounds.max_in_flight = 2;
  bench.shared.bounds.disconnect_output_bytes = SIZE_MAX;
  const std::string ask = wire::print_request(1, "rpc.discover", json::object()) + "\n";
  const auto largest = wire::dump(wire::openrpc_document(bench.shared.version)).size() + 100;
  crowd deaf(bench, 20);
  bench_client good(bench);
  for (int id = 1; id <= 50; ++id) {
    deaf.flood(ask);
    CHECK(cost_of_one(bench, good, deaf, id) <= 20 * 2 * per_turn);
  }
  bench.run_until([&] {
    deaf.flood(ask);
    while (bench.io.poll() > 0) {  // first whatever the kernel still takes: that makes room for more
    }
    return std::ranges::all_of(deaf.each(), [](auto& one) {
      const auto seen = one.session().info();
      return seen.in_flight == 0 && seen.out_bytes >= 64 * 1024;
    });
  });
  const auto stands_at = deaf.requests();
  // Those that were begun before the limit was reached: as many as may be in flight.
  const auto most = 64 * 1024 + bench.shared.bounds.max_in_flight * largest;
  for (auto& one : deaf.each()) {
    CHECK(one.session().info().out_bytes >= 64 * 1024);
    CHECK(one.session().info().out_bytes <= most);
  }
  deaf.flood(ask);
  CHECK(cost_of_one(bench, good, deaf, 51) == 0);
  CHECK(deaf.requests() == stands_at);
}

TEST_CASE("half lines and half-open HTTP cost nobody else a turn") {
  plane_bench bench;
  REQUIRE(bench.started);
  crowd half(bench, 40);
  for (std::size_t n = 0; n < 40; ++n) {
    auto& one = half.each()[n];
    one.write(n % 2 == 0 ? R"({"jsonrpc":"2.0",)" : "GET /metrics HTTP/1.1\r\nHost:");
    if (n % 4 == 3) one.end_writing();
  }
  bench_client good(bench);
  for (int id = 1; id <= 100; ++id) CHECK(cost_of_one(bench, good, half, id) == 0);
}

TEST_CASE("whoever floods with questions is served by turns, and nobody else is told that there is too much to do") {
  control_fixture daemon;
  std::deque<control_client> flood;
  const std::string ask = wire::print_request(1, "task.list", json::object()) + "\n";
  constexpr int clients = 40, asked = 200;
  for (int n = 0; n < clients; ++n) flood.push_back(daemon.client());
  auto good = daemon.client();
  for (int round = 0; round < asked; ++round) {
    for (auto& one : flood) one.write(ask);
    if (round % 10 == 0) CHECK(good.call("task.list").contains("result"));
  }
  for (int round = 0; round < asked; ++round)
    for (auto& one : flood) CHECK(one.reply().contains("result"));
}
