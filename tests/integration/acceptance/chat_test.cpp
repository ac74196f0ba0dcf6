// The chat plugin with two members at once, as two people with `nc` would use it.
#include <doctest/doctest.h>

#include <csignal>

#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "support/daemon_process.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

struct bench {
  bench()
      : daemon(R"({"plugins": {"instances": {"chat": {"plugin": "chat", "config": {"port": )" + port.text() + "}}}}}") {
    auto control = daemon.connect();
    wait_until_runs(control, "chat");
  }

  reserved_port port;
  daemon_process daemon;
};

void enter(tcp_client& client, const std::string& name) {
  CHECK(client.read_until("\n") == "What is your name?\n");
  CHECK(client.send(name + "\n"));
  CHECK(client.read_until("\n") == "* welcome, " + name + "\n");
}

}  // namespace

TEST_CASE("what one member says the other hears; a name is taken once; who leaves is announced") {
  bench b;
  tcp_client ann(b.port.number());
  enter(ann, "ann");
  {
    tcp_client bob(b.port.number());
    CHECK(bob.read_until("\n") == "What is your name?\n");
    CHECK(bob.send("ann\n"));
    CHECK(bob.read_until("\n") == "* that name is taken, another?\n");
    CHECK(bob.send("bob\r\n"));
    CHECK(bob.read_until("\n") == "* welcome, bob\n");
    CHECK(ann.read_until("\n") == "* bob is here\n");
    CHECK(ann.send("hello bob\nhow are you?\n"));
    CHECK(bob.read_until("\n") == "ann: hello bob\n");
    CHECK(bob.read_until("\n") == "ann: how are you?\n");
    CHECK(bob.send("well\n"));
    CHECK(ann.read_until("\n") == "bob: well\n");  // and not her own lines
  }
  CHECK(ann.read_until("\n") == "* bob has left\n");
  CHECK(b.daemon.stop() == 0);
}

TEST_CASE("when the daemon stops, the room says that it closes, and closes") {
  bench b;
  tcp_client ann(b.port.number()), bob(b.port.number());
  enter(ann, "ann");
  enter(bob, "bob");
  CHECK(ann.read_until("\n") == "* bob is here\n");
  b.daemon.child().signal(SIGTERM);
  for (tcp_client* const member : {&ann, &bob}) {
    const auto rest = member->read_to_end();
    REQUIRE(rest);
    CHECK(rest->starts_with("* the room is closing\n"));
  }
  CHECK(b.daemon.child().wait() == 0);
}
