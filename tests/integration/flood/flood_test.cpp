// A daemon that is sent nothing but mistakes, and one client beside many that flood.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "control/metric_marks.hpp"
#include "integration/flood/mistakes.hpp"
#include "support/control_client.hpp"
#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

struct footprint {
  std::int64_t heap_bytes = 0, resident_bytes = 0;
  std::ptrdiff_t descriptors = 0;
};

std::int64_t resident_bytes(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  std::int64_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

// Once nobody but us is connected.
footprint footprint_of(daemon_process& daemon) {
  const auto self = "/proc/" + std::to_string(daemon.child().pid());
  auto client = daemon.connect();
  eventually("everybody else is gone", [&] { return client.call("control.clients").at("clients").size() == 1; });
  const auto heap = client.call("plugin.call", {{"instance", "heap"}, {"method", "in_use"}});
  const std::filesystem::directory_iterator open(self + "/fd");
  return {heap.get<std::int64_t>(), resident_bytes(daemon.child().pid()), std::distance(begin(open), end(open))};
}

void make_mistakes(const daemon_process& daemon, mistakes& make, std::size_t count) {
  for (std::size_t made = 0; made < count;) {
    const bool admin = made % 2 == 0;
    const auto one = make.next(admin);
    control_client client(admin ? daemon.socket() : daemon.observe_socket());
    REQUIRE(client.connected());
    client.write(one.text);  // which the daemon may cut short
    client.end_writing();
    REQUIRE_FALSE(client.rest().ends_with("TIMEOUT"));
    made += one.mistakes;
  }
}

// What a daemon keeps of its clients is bounded, and full after this: a counter for each error of each method,
// and the newest marks of metrics.mark, 100 KB each, of which a damaged request that is right after all makes one.
void fill_what_is_kept(const daemon_process& daemon, mistakes& make) {
  make_mistakes(daemon, make, 60'000);
  auto client = daemon.connect();
  for (auto left = control::metric_marks::most; left > 0; --left) client.call("metrics.mark");
}

// One that reads its answers, or one that does not.
void flood_until(const std::atomic<bool>& enough, const std::string& socket, const std::string& ask, bool reads) {
  control_client client(socket);
  std::array<char, 65536> answers{};
  while (!enough) {
    const bool full = ::send(client.fd(), ask.data(), ask.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0;
    while (full && reads && ::recv(client.fd(), answers.data(), answers.size(), MSG_DONTWAIT) > 0) {
    }
    if (full) std::this_thread::yield();
  }
}

}  // namespace

TEST_CASE("a hundred thousand mistakes leave the memory and the descriptors of a daemon as they were") {
  daemon_process daemon(R"({"log": {"level": "error"},  // else the records that are kept fill up
                            "control": {"max_request_bytes": 4096, "max_values": 300, "kept_events": 100},
                            "plugins": {"instances": {"heap": {"plugin": ")" +
                            fixture("heap") + R"("}}}})",
                        {}, {"GLIBC_TUNABLES=glibc.malloc.tcache_count=0"});  // else threads keep what counts as in use
  mistakes make(20261127);
  fill_what_is_kept(daemon, make);
  const auto before = footprint_of(daemon);
  make_mistakes(daemon, make, 100'000);
  const auto after = footprint_of(daemon);
  CAPTURE(before.heap_bytes);
  CAPTURE(after.heap_bytes);
  CAPTURE(before.resident_bytes);
  CAPTURE(after.resident_bytes);
  CHECK(after.heap_bytes - before.heap_bytes < 30'000);  // less than the smallest block for each hundredth mistake
  CHECK(after.resident_bytes - before.resident_bytes < 1'000'000);
  CHECK(after.descriptors == before.descriptors);
  CHECK(daemon.stop() == 0);
}

TEST_CASE("one client is answered beside many that flood, and by all that only look") {
  daemon_process daemon("{}");
  std::atomic<bool> enough{false};
  std::vector<std::thread> flood;
  constexpr int flooding = 16;
  const std::string asks[] = {wire::print_request(1, "task.list", json::object()) + "\n",
                              wire::print_request(2, "rpc.discover", json::object()) + "\n",
                              wire::print_request(3, "metrics.get", json::object()) + "\n", "{\"half\": "};
  for (int n = 0; n < flooding; ++n)
    flood.emplace_back([&, n] { flood_until(enough, daemon.observe_socket(), asks[n % 4], n % 8 < 4); });
  auto client = daemon.connect();
  for (int round = 0; round < 40; ++round)
    for (const auto* const method : {"control.ping", "task.list", "metrics.get", "runtime.workers", "plugin.list"})
      CHECK(client.reply(method).contains("result"));
  enough = true;
  for (auto& one : flood) one.join();
  CHECK(daemon.stop() == 0);
}
