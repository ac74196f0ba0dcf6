// The archive of everything, and what else diagnosis does over the socket.
#include "control/bundle.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "control/tar.hpp"
#include "support/control_fixture.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

// Read back by hand: the members, by name.
std::map<std::string, std::string> members_of(const std::string& archive) {
  std::map<std::string, std::string> all;
  REQUIRE(archive.size() % 512 == 0);
  for (std::size_t at = 0; at + 512 <= archive.size() && archive[at] != '\0';) {
    const std::string name = archive.c_str() + at;
    CHECK(archive.substr(at + 257, 5) == "ustar");
    CHECK(archive.substr(at + 100, 7) == "0000600");
    const auto size = std::stoul(archive.substr(at + 124, 11), nullptr, 8);
    unsigned sum = 0;
    for (std::size_t i = 0; i < 512; ++i)
      sum += i >= 148 && i < 156 ? static_cast<unsigned char>(' ') : static_cast<unsigned char>(archive[at + i]);
    CHECK(std::stoul(archive.substr(at + 148, 6), nullptr, 8) == sum);
    all.emplace(name, archive.substr(at + 512, size));
    at += 512 + (size + 511) / 512 * 512;
  }
  return all;
}

}  // namespace

TEST_CASE("an archive is one that tar reads, with an empty member too") {
  control::tar_archive made(1000);
  made.add("a/one.txt", "hello");
  made.add("empty", "");
  made.add("block", std::string(512, 'x'));
  const auto bytes = std::move(made).finish();
  CHECK(bytes.substr(bytes.size() - 1024) == std::string(1024, '\0'));
  const auto all = members_of(bytes);
  CHECK(all.at("a/one.txt") == "hello");
  CHECK(all.at("empty").empty());
  CHECK(all.at("block") == std::string(512, 'x'));
}

TEST_CASE("a bundle holds what an observer may see, and no more of a part than there is room for") {
  control_fixture daemon;
  auto client = daemon.client();
  const auto result = client.call("diag.bundle")["result"];
  CHECK(result["path"] == "/var/lib/tokiod/bundle/tokiod-1.tar");
  const auto bytes = daemon.backend.bundle();
  CHECK(result["bytes"] == bytes.size());
  CHECK(bytes.size() <= control::most_bundle_bytes);
  CHECK(bytes.find("planted-marked") == std::string::npos);
  CHECK(bytes.find("planted-unknown") == std::string::npos);
  const auto all = members_of(bytes);
  for (const char* const part : {"doctor", "daemon", "health", "runtime", "workers", "lints", "stacks", "slow_polls",
                                 "slow_jobs", "plugins", "config", "tasks", "traces"}) {
    CAPTURE(part);
    REQUIRE(all.contains("tokiod/" + std::string(part) + ".json"));
    CHECK(wire::parse(all.at("tokiod/" + std::string(part) + ".json")).has_value());
  }
  CHECK(all.contains("tokiod/metrics.txt"));
  CHECK(all.at("tokiod/crash/crash-1.json").size() < control::most_part_bytes + 100);
  CHECK(all.at("tokiod/crash/crash-1.json").ends_with("[cut]\n"));
  CHECK(kind_of(daemon.client("observe").call("diag.bundle")) == "permission_denied");
}

TEST_CASE("the self test says which parts do not work") {
  control_fixture daemon;
  const auto result = daemon.client().call("diag.self_test")["result"];
  CHECK(result["ok"] == false);
  CHECK(result["checks"][0]["ok"] == true);
  CHECK(result["checks"][1]["detail"] == "no thread");
}

TEST_CASE("one trace and one profile at a time; what is out of range is refused") {
  control_fixture daemon;
  auto first = daemon.client(), other = daemon.client();
  daemon.backend.hold_operations();
  first.write(R"({"jsonrpc":"2.0","id":1,"method":"diag.trace"})"
              "\n");
  daemon.backend.wait_for_operation();
  CHECK(kind_of(other.call("diag.trace")) == "busy");
  daemon.backend.release_operations();
  CHECK(first.reply()["result"]["traceEvents"].size() == 1);
  const auto profile = other.call("diag.profile", {{"seconds", 1}, {"hz", 10}})["result"];
  CHECK(profile["samples"] == 10);
  CHECK(profile["folded"] == "echo;main;read 2\n");
  CHECK(kind_of(other.call("diag.profile", {{"hz", 501}})) == "out_of_range");
  CHECK(kind_of(other.call("diag.trace", {{"seconds", 61}})) == "out_of_range");
}
