// The control plane when the process has no descriptor left.
#include "support/control_fixture.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "control/access.hpp"
#include "control/spare_descriptors.hpp"
#include "support/descriptor_hog.hpp"

using namespace tokiod;
using namespace tokiod::test;
using control::spare_descriptors;

namespace {

constexpr std::size_t spares = 4;

// Clients that were connected while there were descriptors: the test's own side needs them, too.
std::vector<unique_fd> sockets(std::size_t how_many) {
  std::vector<unique_fd> made;
  for (std::size_t i = 0; i < how_many; ++i) made.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return made;
}

}  // namespace

TEST_CASE("a spare that is given up is one free number; a closed client's number becomes a spare at once") {
  spare_descriptors held(spares);
  REQUIRE(held.open());
  unique_fd client(::dup(0));
  const int number = client.get();
  descriptor_hog hog;
  CHECK(held.held() == spares);
  REQUIRE(held.give_up());
  const unique_fd used(::dup(0));
  CHECK(used);
  CHECK(::dup(0) < 0);
  held.take_instead_of(std::move(client));
  CHECK(held.held() == spares);
  CHECK(::dup(0) < 0);  // the number was never free
  REQUIRE(held.give_up());
  const unique_fd again(::dup(0));
  CHECK(again.get() == number);
  for (std::size_t left = spares - 1; left > 0; --left) CHECK(held.give_up());
  CHECK_FALSE(held.give_up());
}

TEST_CASE("with all spares there a client is only closed, and spares come back when there are descriptors") {
  spare_descriptors held(spares);
  REQUIRE(held.open());
  descriptor_hog hog;
  hog.give_back(1);
  unique_fd client(::dup(0));
  held.take_instead_of(std::move(client));
  const unique_fd free(::dup(0));
  CHECK(free);
  REQUIRE(held.give_up());
  const unique_fd gone(::dup(0));
  held.fill_up();
  CHECK(held.held() == spares - 1);
  hog.give_back(1);
  held.fill_up();
  CHECK(held.held() == spares);
}

TEST_CASE("no descriptor for the spares is an error value") {
  descriptor_hog hog;
  CHECK(spare_descriptors(spares).open().error().code == EMFILE);
  hog.give_back(2);
  CHECK(spare_descriptors(spares).open().error().code == EMFILE);
}

TEST_CASE(
    "clients are answered while no descriptor is left, as many at once as there are spares, and one after another") {
  control_fixture daemon;
  auto made = sockets(spares + 1 + 20);
  descriptor_hog hog;
  std::vector<control_client> at_once;
  for (std::size_t i = 0; i < spares; ++i) {
    at_once.emplace_back(std::move(made.back()), daemon.path());
    made.pop_back();
    CHECK(at_once.back().call("control.ping").contains("result"));
  }
  control_client waits(std::move(made.back()), daemon.path());
  made.pop_back();
  waits.write(wire::print_request(1, "control.ping", json::object()) + "\n");
  CHECK(at_once.front().call("control.ping").contains("result"));
  at_once.pop_back();
  CHECK(waits.reply().contains("result"));
  at_once.clear();
  waits.close();
  for (auto& one : made) {
    control_client next(std::move(one), daemon.path("observe"));
    next.write("GET /livez HTTP/1.1\r\n\r\n");
    CHECK(next.rest().starts_with("HTTP/1.1 200"));
    hog.take_all();  // the client's number, on our side
  }
}

TEST_CASE("rules are refused when names cannot be looked up, so that nobody loses his rights by it") {
  control_fixture daemon;
  const descriptor_hog hog;
  const auto compiled = control::access_policy::compile({});
  REQUIRE_FALSE(compiled);
  CHECK(compiled.error().why == kind::io_error);
  CHECK(compiled.error().sentence == "cannot look up the group tokiod-admin: Too many open files");
  CHECK_FALSE(daemon.server->reconfigure({}, {}));
}
