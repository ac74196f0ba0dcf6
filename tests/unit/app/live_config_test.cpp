#include "support/temp_dir.hpp"

#include "app/live_config.hpp"

#include <doctest/doctest.h>

using namespace tokiod;

namespace {

struct one_file {
  explicit one_file(std::string_view text) : file(dir.write("tokiod.json", text)) {
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

using changes = std::vector<config::change>;

// Takes everything, and remembers what.
app::live_config::carrier taking(std::vector<std::string>* seen = nullptr) {
  app::live_config::carrier by;
  by.prepare = [](const changes& all, const config::loaded&, bool) {
    std::vector<app::verdict> verdicts;
    for (const auto& c : all)
      verdicts.push_back({c.when == config::apply::restart ? "restart_daemon" : "live", std::nullopt});
    return verdicts;
  };
  by.commit = [seen](const changes& all, const config::loaded&, const config::loaded&) -> outcome<void> {
    for (const auto& c : all)
      if (seen) seen->push_back(c.path);
    return {};
  };
  return by;
}

app::change_order reload_order() { return {}; }

}  // namespace

TEST_CASE("a reload takes what the file says now, hands over the changes and counts a revision") {
  const one_file f(R"({"log": {"level": "info"}})");
  auto live = f.make();
  (void)f.dir.write("tokiod.json", R"({"log": {"level": "debug"}, "runtime": {"thread_stack_bytes": 131072}})");
  std::vector<std::string> seen;
  const auto report = live.reload(reload_order(), taking(&seen));
  REQUIRE(report);
  CHECK(seen == std::vector<std::string>{"/runtime/thread_stack_bytes", "/log/level"});
  CHECK(report->revision == 2);
  CHECK(report->needs_restart == std::vector<std::string>{"/runtime/thread_stack_bytes"});
  CHECK(live.current()->values.log.level == "debug");
  CHECK(live.status().last_ok);
}

TEST_CASE("a setting that needs a restart is named by every reload until the restart") {
  const one_file f("{}");
  auto live = f.make();
  (void)f.dir.write("tokiod.json", R"({"runtime": {"thread_stack_bytes": 131072}})");
  REQUIRE(live.reload(reload_order(), taking()));
  const auto again = live.reload(reload_order(), taking());
  REQUIRE(again);
  CHECK(again->changed.empty());
  CHECK(again->needs_restart == std::vector<std::string>{"/runtime/thread_stack_bytes"});
}

TEST_CASE("the worker count of another flavor waits for the restart, as the flavor does") {
  const one_file f(R"({"runtime": {"worker_threads": 2}})");
  auto live = f.make();
  const auto reload_with = [&](const char* text) {
    (void)f.dir.write("tokiod.json", text);
    const auto report = live.reload(reload_order(), taking());
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
  CHECK(live.check({{"runtime", {{"flavor", "current_thread"}}}}, false, taking(), no_schemas)
            .at("plan")
            .at(1)
            .at("apply") == "restart_daemon");
}

TEST_CASE("a faulty file changes nothing, and the refusal names the first fault") {
  const one_file f(R"({"log": {"level": "info"}})");
  auto live = f.make();
  (void)f.dir.write("tokiod.json", R"({"log": {"level": "loud", "brust": 2}})");
  const auto report = live.reload(reload_order(), taking());
  REQUIRE(!report);
  CHECK(report.error().why == kind::invalid_config);
  CHECK(report.error().path == "/log/level");
  CHECK(report.error().sentence.find("(and 1 more, in the log)") != std::string::npos);
  CHECK(live.current()->values.log.level == "info");
  CHECK(live.status().revision == 1);
  CHECK(!live.status().last_ok);
}

TEST_CASE("a document can be checked without touching anything, and its plan is shown") {
  const one_file f("{}");
  const auto live = f.make();
  const auto bad = live.check({{"runtime", {{"worker_threads", 0}}}}, false, taking(), no_schemas);
  CHECK(bad.at("valid") == false);
  CHECK(bad.at("problems").at(0).at("kind") == "out_of_range");
  CHECK(bad.at("problems").at(0).at("path") == "/runtime/worker_threads");
  const auto good = live.check({{"log", {{"level", "debug"}}}}, false, taking(), no_schemas);
  CHECK(good.at("valid") == true);
  CHECK(good.at("plan").at(0).at("apply") == "live");
  const auto patch = live.check({{"runtime", {{"thread_stack_bytes", 131'072}}}}, true, taking(), no_schemas);
  CHECK(patch.at("plan").size() == 1);
  CHECK(patch.at("plan").at(0).at("apply") == "restart_daemon");
  CHECK(live.check({{"log", {{"brust", 1}}}}, true, taking(), no_schemas).at("problems").at(0).at("hint") ==
        "did you mean \"burst\"?");
}
