// The proxy in front of echo instances, and of a server of this test that does what it is told.
#include <doctest/doctest.h>

#include <csignal>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

std::string echo_at(const reserved_port& port) {
  return R"({"plugin": "echo", "config": {"port": )" + port.text() + "}}";
}

std::string proxy_at(const reserved_port& port, const std::string& upstreams, const std::string& more) {
  return R"({"plugin": "proxy", "config": {"port": )" + port.text() + R"(, "upstreams": [)" + upstreams + "]" + more +
         "}}";
}

std::string quoted(const auto& port) { return "\"127.0.0.1:" + port.text() + "\""; }

struct bench {
  bench()
      : daemon(
            R"({"plugins": {"instances": {"one": )" + echo_at(one) + R"(, "two": )" + echo_at(two) + R"(, "proxy": )" +
            proxy_at(port, quoted(one) + ", " + quoted(two), R"(, "check_interval_ms": 5, "drain_ms": 100)") + "}}}") {
    for (const char* name : {"one", "two", "proxy"}) wait_until_runs(control, name);
    wait_until_up(one, true);
    wait_until_up(two, true);
  }

  wire::json upstream(const reserved_port& at) {
    const auto told = control.call("plugin.call", {{"instance", "proxy"}, {"method", "upstreams"}});
    for (const auto& each : told.at("upstreams"))
      if (each.at("upstream") == "127.0.0.1:" + at.text()) return each;
    return nullptr;
  }
  void wait_until_up(const reserved_port& at, bool up) {
    eventually("the upstream is " + std::string(up ? "up" : "down"), [&] { return upstream(at).at("up") == up; });
  }

  reserved_port one, two, port;
  daemon_process daemon;
  rpc_client control = daemon.connect();
};

void say_and_hear(tcp_client& client, const std::string& text) {
  CHECK(client.send(text + "\n"));
  CHECK(client.read_until("\n") == text + "\n");
}

}  // namespace

TEST_CASE("clients are spread over the upstreams, and the least busy gets the next one") {
  bench b;
  std::vector<tcp_client> clients;
  for (int i = 0; i < 6; ++i) say_and_hear(clients.emplace_back(b.port.number()), "client " + std::to_string(i));
  CHECK(b.upstream(b.one).at("active") == 3);
  CHECK(b.upstream(b.two).at("active") == 3);
  clients.clear();
  for (const auto* each : {&b.one, &b.two})
    eventually("connections are given back", [&] { return b.upstream(*each).at("active") == 0; });
  CHECK(b.daemon.stop() == 0);
}

TEST_CASE("one that stops gets no more connections, clients notice nothing, and it is used again when it is back") {
  bench b;
  b.control.call("plugin.stop", {{"instance", "one"}});
  for (int i = 0; i < 10; ++i) {  // also before a check has noticed
    tcp_client client(b.port.number());
    say_and_hear(client, "still here");
  }
  b.wait_until_up(b.one, false);
  b.control.call("plugin.start", {{"instance", "one"}});
  b.wait_until_up(b.one, true);
  eventually("the clients before are gone", [&] { return b.upstream(b.two).at("active") == 0; });
  tcp_client first(b.port.number()), second(b.port.number());
  say_and_hear(first, "a");
  say_and_hear(second, "b");
  CHECK(b.upstream(b.one).at("active") == 1);
  CHECK(b.control.call("metrics.get").dump().find("upstream_up") != std::string::npos);
  CHECK(b.daemon.stop() == 0);
}

TEST_CASE("the end of what a client sends is passed on, and all that comes back arrives") {
  bench b;
  tcp_client client(b.port.number());
  const std::string much(4 << 20, 'x');
  std::jthread sends([&] {
    CHECK(client.send(much));
    CHECK(client.end_sending());
  });
  const auto back = client.read_to_end();
  sends.join();
  REQUIRE(back);
  CHECK(back->size() == much.size());
  CHECK(*back == much);
  CHECK(b.daemon.stop() == 0);
}

TEST_CASE("without an upstream that answers a client is closed at once, and counted") {
  const reserved_port nobody, port;
  daemon_process daemon(R"({"plugins": {"instances": {"proxy": )" + proxy_at(port, quoted(nobody), "") + "}}}");
  auto control = daemon.connect();
  wait_until_runs(control, "proxy");
  tcp_client client(port.number());
  CHECK(client.read_to_end() == "");
  CHECK(control.call("metrics.get").dump().find("turned_away_total") != std::string::npos);
  CHECK(daemon.stop() == 0);
}

TEST_CASE("connections that are open when the proxy stops may finish within the time to drain") {
  std::optional<listener> server(std::in_place);  // of this test: it outlives the daemon
  const reserved_port port;
  daemon_process daemon(R"({"plugins": {"instances": {"proxy": )" +
                        proxy_at(port, quoted(*server), R"(, "check_interval_ms": 3600000, "drain_ms": 3600000)") +
                        "}}}");
  auto control = daemon.connect();
  wait_until_runs(control, "proxy");
  (void)server->accept();  // the first check
  tcp_client client(port.number());
  auto far = server->accept();
  REQUIRE(client.send("before\n"));
  CHECK(far.read_until("\n") == "before\n");
  daemon.child().signal(SIGTERM);
  eventually("the proxy takes no more clients", [&] { return !tcp_client(port.number()).connected(); });
  CHECK(far.send("after\n"));
  CHECK(far.end_sending());
  CHECK(client.read_until("\n") == "after\n");
  CHECK(client.end_sending());
  CHECK(client.read_to_end() == "");
  server.reset();  // and with it what came from those that tried
  CHECK(daemon.child().wait() == 0);
}

TEST_CASE("a configuration that makes no sense is refused with a sentence") {
  const std::map<std::string, std::string> sentences = {
      {R"({})", "upstreams must name at least one address"},
      {R"({"upstreams": ["nonsense"]})", "upstreams must be addresses such as"},
      {R"({"upstreams": ["127.0.0.1:1"], "fall": 0})", "fall must be an integer in 1..100, got 0"},
  };
  daemon_process daemon("{}");
  auto control = daemon.connect();
  for (const auto& [config, sentence] : sentences) {
    const auto refused =
        control.error("plugin.load", {{"plugin", "proxy"}, {"config", wire::json::parse(config)}}).dump();
    CHECK_MESSAGE(refused.find(sentence) != std::string::npos, refused);
  }
  CHECK(daemon.stop() == 0);
}
