// The eight layers: which one wins, and what each says.
#include "config/layer.hpp"

#include <doctest/doctest.h>

#include "config/load.hpp"
#include "support/temp_dir.hpp"

using namespace tokiod;
using config::level;

TEST_CASE("each layer lies over the one before, and every value knows whose it is") {
  const test::temp_dir dir;
  config::sources from;
  from.vendor_dir = dir / "vendor";
  from.conf_dir = dir / "conf.d";
  from.file = dir / "tokiod.json";
  from.overlay_file = dir / "runtime.json";
  // The setting of each layer is said by it and by all below.
  const std::vector<std::pair<level, std::string>> order = {{level::vendor, "/control/max_depth"},
                                                            {level::file, "/control/max_values"},
                                                            {level::conf_d, "/control/max_in_flight"},
                                                            {level::environment, "/control/idle_timeout_ms"},
                                                            {level::command_line, "/control/read_timeout_ms"},
                                                            {level::persisted, "/control/max_events"},
                                                            {level::runtime, "/control/kept_events"}};
  const auto number = [](level of) { return 101 + static_cast<std::uint64_t>(of); };
  const auto said_by = [&](level of) {
    wire::json said = wire::json::object();
    for (const auto& [top, pointer] : order)
      if (top >= of) said[wire::json::json_pointer(pointer)] = number(of);
    return said;
  };
  const auto given_by = [&](level of) {
    std::vector<config::given> all;
    for (const auto& [top, pointer] : order)
      if (top >= of) all.push_back({pointer, {std::to_string(number(of))}, "NAME"});
    return all;
  };
  (void)dir.write("vendor/10.json", wire::dump(said_by(level::vendor)));
  (void)dir.write("tokiod.json", wire::dump(said_by(level::file)));
  (void)dir.write("conf.d/20.json", wire::dump(said_by(level::conf_d)));
  from.environment = given_by(level::environment);
  from.command_line = given_by(level::command_line);
  (void)dir.write("runtime.json", "// by hand\n" + wire::dump(said_by(level::persisted)));
  const auto all = config::load(from, said_by(level::runtime));
  REQUIRE(all);
  for (const auto& [of, pointer] : order) {
    CAPTURE(pointer);
    CHECK(all->document[wire::json::json_pointer(pointer)] == number(of));
    CHECK(all->level_of(pointer) == of);
  }
  CHECK(all->level_of("/log/level") == level::defaults);
  CHECK(all->origin_of("/control/max_events").starts_with(from.overlay_file + ":2:"));
  CHECK(all->layers.size() == 7);
  CHECK(all->files.size() == 4);
}

TEST_CASE("a layer has a name, and the name its layer") {
  for (const auto text : config::level_names) CHECK(name(*config::level_named(text)) == text);
  CHECK_FALSE(config::level_named("nowhere"));
}

TEST_CASE("new overlays keep what they said before with its place") {
  const test::temp_dir dir;
  config::sources from;
  from.vendor_dir = from.conf_dir = from.file = "";
  from.overlay_file = dir.write("runtime.json", R"({"log": {"level": "debug"}})");
  const auto first = config::load(from);
  REQUIRE(first);
  auto over = config::overlays_of(first->layers);
  over.runtime = {{"log", {{"burst", 3}}}};
  const auto next = config::with_overlays(*first, from, over);
  REQUIRE(next);
  CHECK(next->origin_of("/log/level") == from.overlay_file + ":1:10");
  CHECK(next->origin_of("/log/burst") == "runtime");
  over.persisted = {{"log", {{"level", "warn"}}}};
  CHECK(config::with_overlays(*next, from, over)->origin_of("/log/level") == from.overlay_file);
}
