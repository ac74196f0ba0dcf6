// The examples of the method table, carried out by the daemon itself: each gives a result of the form that rpc.discover
// promises, which the client checks, or one of the errors that it names.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/daemon_process.hpp"
#include "wire/get.hpp"
#include "wire/method.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

bool names_error(const wire::method& row, const std::string& kind) {
  return std::ranges::any_of(row.errors, [&](auto each) { return name(each) == kind; });
}

void check_example(const daemon_process& daemon, const wire::method& row) {
  const auto reply = daemon.connect().reply(row.name, *wire::parse(row.example));
  if (const wire::json* error = wire::find(reply, "error"))
    CHECK_MESSAGE(names_error(row, error->at("data").at("kind")), wire::dump(reply));
}

}  // namespace

TEST_CASE("the daemon answers every example as the method table says") {
  daemon_process daemon;
  auto listener = daemon.connect();  // so that tasks and resources have their numbers
  listener.call("event.subscribe", {{"topics", {"tasks", "resources"}}});
  daemon.connect().call("plugin.load", {{"plugin", "hello_c"}});
  for (const auto& row : wire::methods()) {
    CAPTURE(row.name);
    if (row.name != "daemon.shutdown" && row.name != "daemon.upgrade") check_example(daemon, row);  // these end it
  }
  CHECK(daemon.connect().call("daemon.shutdown", {{"mode", "now"}}).at("state") == "draining");
}
