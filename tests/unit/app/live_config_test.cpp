#include "support/temp_dir.hpp"

#include "app/live_config.hpp"

#include <doctest/doctest.h>

using namespace tokiod;

namespace {

struct fixture {
  explicit fixture(std::string_view text) : file(dir.write("tokiod.json", text)) {
    from.vendor_dir = from.conf_dir = "";
    from.file = file;
  }
  app::live_config make() const {
    auto first = config::load(from);
    REQUIRE(first);
    return app::live_config(from, std::move(*first));
  }
  test::temp_dir dir;
  std::string file;
  config::sources from;
};

wire::json no_schemas(const std::string&) { return nullptr; }

std::vector<std::string> nothing(const std::vector<config::change>&, const config::loaded&) { return {}; }

}  // namespace

TEST_CASE("a reload takes what the file says now, hands over the changes and counts a revision") {
  const fixture f(R"({"log": {"level": "info"}})");
  auto live = f.make();
  (void)f.dir.write("tokiod.json", R"({"log": {"level": "debug"}, "runtime": {"max_blocking_threads": 3}})");
  std::vector<std::string> seen;
  const auto report = live.reload([&](const auto& changes, const config::loaded& next) {
    for (const auto& c : changes) seen.push_back(c.path);
    CHECK(next.values.log.level == "debug");
    return std::vector<std::string>{};
  });
  REQUIRE(report);
  CHECK(seen == std::vector<std::string>{"/runtime/max_blocking_threads", "/log/level"});
  CHECK(report->revision == 2);
  CHECK(report->needs_restart == std::vector<std::string>{"/runtime/max_blocking_threads"});
  CHECK(live.current()->values.log.level == "debug");
  CHECK(live.status().last_ok);
}

TEST_CASE("a setting that needs a restart is named by every reload until the restart") {
  const fixture f("{}");
  auto live = f.make();
  (void)f.dir.write("tokiod.json", R"({"log": {"burst": 1}})");
  REQUIRE(live.reload(nothing));
  const auto again = live.reload(nothing);
  REQUIRE(again);
  CHECK(again->changed.empty());
  CHECK(again->needs_restart == std::vector<std::string>{"/log/burst"});
}

TEST_CASE("the worker count of another flavor waits for the restart, as the flavor does") {
  const fixture f(R"({"runtime": {"worker_threads": 2}})");
  auto live = f.make();
  const auto reload_with = [&](const char* text) {
    (void)f.dir.write("tokiod.json", text);
    const auto report = live.reload(nothing);
    REQUIRE(report);
    return *report;
  };
  const auto other = reload_with(R"({"runtime": {"flavor": "current_thread"}})");
  REQUIRE(other.changed.size() == 2);
  CHECK(other.changed[1].path == "/runtime/worker_threads");
  CHECK(other.changed[1].to == 1);
  CHECK(other.changed[1].when == config::apply::restart);
  CHECK(other.needs_restart == std::vector<std::string>{"/runtime/flavor", "/runtime/worker_threads"});
  const auto back = reload_with(R"({"runtime": {"worker_threads": 3}})");
  REQUIRE(back.changed.size() == 2);
  CHECK(back.changed[1].when == config::apply::live);
  CHECK(back.needs_restart.empty());
  CHECK(live.check({{"runtime", {{"flavor", "current_thread"}}}}, no_schemas).at("plan").at(1).at("apply") ==
        "restart");
}

TEST_CASE("a faulty file changes nothing, and the refusal names the first fault") {
  const fixture f(R"({"log": {"level": "info"}})");
  auto live = f.make();
  (void)f.dir.write("tokiod.json", R"({"log": {"level": "loud", "brust": 2}})");
  const auto report = live.reload(nothing);
  REQUIRE(!report);
  CHECK(report.error().why == kind::invalid_config);
  CHECK(report.error().path == "/log/level");
  CHECK(report.error().sentence.find("(and 1 more, in the log)") != std::string::npos);
  CHECK(live.current()->values.log.level == "info");
  CHECK(live.status().revision == 1);
  CHECK(!live.status().last_ok);
}

TEST_CASE("one setting can be read by pointer or dotted name, with its origin") {
  const fixture f(R"({"log": {"level": "warn"}})");
  const auto live = f.make();
  const auto got = live.get("log.level", true, no_schemas, config::audience::everybody);
  REQUIRE(got);
  CHECK(got->at("value") == "warn");
  CHECK(got->at("origins").at("/log/level") == f.file + ":1:10");
  CHECK(live.get("", false, no_schemas, config::audience::everybody)->at("value").contains("runtime"));
  CHECK(live.get("log.sink", true, no_schemas, config::audience::everybody)->at("origins").at("/log/sink") ==
        "default");
  for (const char* const wrong : {"log.nothing", "/log/level/x", "/a~x", "/plugins/dirs/7"})
    CHECK(live.get(wrong, true, no_schemas, config::audience::everybody).error().why == kind::not_found);
}

TEST_CASE("a document can be checked without touching anything, and its plan is shown") {
  const fixture f("{}");
  const auto live = f.make();
  const auto bad = live.check({{"runtime", {{"worker_threads", 0}}}}, no_schemas);
  CHECK(bad.at("valid") == false);
  CHECK(bad.at("problems").at(0).at("kind") == "out_of_range");
  CHECK(bad.at("problems").at(0).at("path") == "/runtime/worker_threads");
  const auto good = live.check({{"log", {{"level", "debug"}}}}, no_schemas);
  CHECK(good.at("valid") == true);
  CHECK(good.at("plan").at(0).at("apply") == "live");
}
