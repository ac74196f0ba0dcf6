#include "config/diff.hpp"

#include <doctest/doctest.h>

using namespace tokiod;

namespace {

std::vector<std::string> changes(const char* before, const char* after) {
  const auto from = config::load_text("a", before), to = config::load_text("b", after);
  REQUIRE(from);
  REQUIRE(to);
  std::vector<std::string> all;
  for (const auto& c : config::diff(*from, *to))
    all.push_back(c.path + " " + wire::dump(c.from) + " -> " + wire::dump(c.to) + " " + std::string(name(c.when)));
  return all;
}

}  // namespace

TEST_CASE("equal configurations have no difference, however they are written") {
  CHECK(changes(R"({"log": {"level": "info", "burst": 5}})", R"({"log": {"burst": 5}, "runtime": {}})").empty());
  CHECK(changes(R"({"plugins": {"instances": {"a": {"plugin": "x", "config": {"p": 1, "q": 2}}}}})",
                R"({"plugins": {"instances": {"a": {"config": {"q": 2, "p": 1}, "plugin": "x"}}}})")
            .empty());
}

TEST_CASE("each change says whether the running daemon can follow") {
  const std::vector<std::string> expected = {
      R"(/runtime/max_blocking_threads 512 -> 7 live)",
      R"(/log/level "info" -> "debug" live)",
      R"(/log/targets/plugin.echo null -> "trace" live)",
  };
  CHECK(changes("{}", R"({"runtime": {"max_blocking_threads": 7},
                          "log": {"level": "debug", "targets": {"plugin.echo": "trace"}}})") == expected);
}

TEST_CASE("the access rules change as a whole, and live; the group of the socket needs a restart") {
  const std::vector<std::string> expected = {
      R"(/control/socket_group "" -> "root" restart)",
      R"(/control/access [] -> [{"uid":7}] live)",
  };
  CHECK(changes("{}", R"({"control": {"access": [{"uid": 7}], "socket_group": "root"}})") == expected);
}

TEST_CASE("a plugin instance changes as a whole: added, removed, or given other settings") {
  const std::vector<std::string> expected = {
      R"(/plugins/instances/a {"plugin":"x","config":{"p":1}} -> {"plugin":"x","config":{"p":2}} live)",
      R"(/plugins/instances/b {"plugin":"x"} -> null live)",
      R"(/plugins/instances/c null -> {"plugin":"x"} live)",
  };
  CHECK(changes(R"({"plugins": {"instances": {"a": {"plugin": "x", "config": {"p": 1}}, "b": {"plugin": "x"}}}})",
                R"({"plugins": {"instances": {"a": {"plugin": "x", "config": {"p": 2}}, "c": {"plugin": "x"}}}})") ==
        expected);
}
