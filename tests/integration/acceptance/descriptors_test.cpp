// A daemon that may have few descriptors, and plugins that take all they can get: the operator is answered, nobody
// spins, and all goes on when there are descriptors again.
#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <sstream>

#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

constexpr rlim_t few = 120;

std::string echo_at(const reserved_port& port) {
  return R"({"plugins": {"instances": {"echo": {"plugin": "echo", "config": {"port": )" + port.text() + "}}}}}";
}

std::size_t times(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// What Prometheus would read.
double metric(const daemon_process& d, const std::string& name) {
  std::istringstream page(http_get(d.observe_socket(), "/metrics"));
  for (std::string line; std::getline(page, line);)
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size()));
  FAIL("no metric " << name);
  return 0;
}

// What an operator does when something is wrong, each time as a client who was not there before.
void operator_is_answered(const daemon_process& d) {
  for (int i = 0; i < 10; ++i) {
    CHECK(d.connect().call("control.ping").contains("now"));
    CHECK(d.connect().call("daemon.status").at("plugins").contains("running"));
    CHECK(rpc_client(d.observe_socket()).call("runtime.info").contains("flavor"));
    CHECK(http_get(d.socket(), "/livez").starts_with("HTTP/1.1 200"));
    CHECK(metric(d, "process_max_fds") == few);
  }
}

bool echoes(tcp_client& client) { return client.send("hello\n") && client.read_until("\n") == "hello\n"; }

}  // namespace

TEST_CASE("connections that take every descriptor of plugins do not lock out the operator, and nobody is lost") {
  const reserved_port port;
  daemon_process d(echo_at(port), {}, {}, few);
  auto control = d.connect();
  wait_until_runs(control, "echo");
  std::deque<tcp_client> clients;
  for (rlim_t i = 0; i < few + 20; ++i) REQUIRE(clients.emplace_back(port.number()).connected());  // in the backlog
  const auto refusals = [&] { return metric(d, "tokiod_plugin_fds_refused_total"); };
  eventually("no descriptor is left", [&] { return refusals() > 0; });
  const auto limit = metric(d, "tokiod_plugin_max_fds");
  CHECK(limit < few);
  // Not at once: what an earlier client of ours had when the first was refused is free until the plugin tries again.
  eventually("they have all", [&] { return metric(d, "process_open_fds") >= limit; });
  CHECK(usage_of(control, "echo").at("sockets").get<double>() <= limit);
  operator_is_answered(d);

  // It neither dies nor spins: one look at the listener for each pause.
  const auto polls = [&] { return usage_of(control, "echo").at("polls").get<double>(); };
  const auto refused_before = refusals(), polls_before = polls();
  eventually("it has tried again", [&] { return refusals() >= refused_before + 5; });
  const auto polls_now = polls();
  CHECK(polls_now - polls_before <= 3 * (refusals() - refused_before + 1));
  eventually("the log has it", [&] { return times(d.child().err(), "cannot accept, waiting") > 0; });

  // Those who are served go on, those who wait are served when the others leave.
  CHECK(echoes(clients.front()));
  while (clients.size() > 20) clients.pop_front();
  for (auto& one : clients) CHECK(echoes(one));
  tcp_client late(port.number());
  CHECK(echoes(late));
  CHECK(d.stop() == 0);
}

TEST_CASE("a plugin that opens everything by itself does not lock out the operator, who can unload it") {
  const reserved_port port;
  daemon_process d(echo_at(port), {}, {}, few);
  {
    auto control = d.connect();
    wait_until_runs(control, "echo");
    control.call("plugin.load", {{"plugin", TOKIOD_FIXTURES "/hoards.so"}, {"instance", "hoard"}});
  }
  operator_is_answered(d);
  CHECK(metric(d, "process_open_fds") > few - 5);
  tcp_client waits(port.number());
  CHECK(waits.connected());
  std::deque<rpc_client> at_once;
  for (int i = 0; i < 4; ++i) CHECK(at_once.emplace_back(d.socket()).call("control.ping").contains("now"));
  const auto gone = at_once.front().call("plugin.unload", {{"plugin", "hoards"}});
  CHECK_MESSAGE(gone.at("unmapped") == true, wire::dump(gone));
  CHECK(echoes(waits));
  CHECK(metric(d, "process_open_fds") < few / 2);
  CHECK(d.stop() == 0);
}
