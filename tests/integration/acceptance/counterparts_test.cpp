// Programs that others have written, as clients and servers of our plugins: nc and socat, over TCP on this machine.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "acceptance/footprint.hpp"
#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

struct bench {
  explicit bench(const std::string& upstream = "")
      : daemon(R"({"plugins": {"instances": {"echo": {"plugin": "echo", "config": {"port": )" + echo.text() +
               R"(}}, "proxy": {"plugin": "proxy", "config": {"port": )" + proxy.text() +
               R"(, "upstreams": ["127.0.0.1:)" + (upstream.empty() ? echo.text() : upstream) + "\"]}}}}}") {
    for (const char* name : {"echo", "proxy"}) wait_until_runs(control, name);
  }
  // What a shell's line prints.
  [[nodiscard]] finished shell(const std::string& line) const { return run(daemon.dir(), {"/bin/sh", "-c", line}); }

  reserved_port echo, proxy;
  daemon_process daemon;
  rpc_client control = daemon.connect();
};

std::string much() {
  std::string made;
  for (int i = 0; i < 200'000; ++i) made += std::to_string(i) + "\n";
  return made;
}

}  // namespace

TEST_CASE("nc gets back from echo what it has sent, directly and through the proxy") {
  bench b;
  const auto before = entries_of(b.daemon.child().pid(), "fd");
  for (const auto* port : {&b.echo, &b.proxy}) {
    const auto got = b.shell("printf 'hello\\nworld\\n' | timeout 20 nc -N 127.0.0.1 " + port->text());
    CHECK(got.code == 0);
    CHECK(got.out == "hello\nworld\n");
  }
  eventually("no descriptor is left", [&] { return entries_of(b.daemon.child().pid(), "fd") <= before; });
}

TEST_CASE("socat gets back a megabyte, whose end it says first, directly and through the proxy") {
  bench b;
  const auto input = b.daemon.dir().write("input", much());
  for (const auto* port : {&b.echo, &b.proxy}) {
    const auto got = b.shell("timeout 20 socat -t 20 - TCP:127.0.0.1:" + port->text() + " <" + input);
    CHECK(got.code == 0);
    CHECK(got.out.size() == much().size());
    CHECK(got.out == much());
  }
}

TEST_CASE("a server that socat makes of a shell command is reached through the proxy") {
  const reserved_port server;
  const temp_dir dir;
  process socat(
      dir, {"/usr/bin/socat", "TCP-LISTEN:" + server.text() + ",bind=127.0.0.1,reuseaddr,fork", "EXEC:tr a-z A-Z"});
  eventually("socat listens", [&] { return tcp_client(server.number()).connected(); });
  bench b(server.text());
  const auto got = b.shell("printf 'hello\\n' | timeout 20 nc -N 127.0.0.1 " + b.proxy.text());
  CHECK(got.out == "HELLO\n");
}
