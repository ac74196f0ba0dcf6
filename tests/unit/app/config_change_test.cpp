// Changes of the configuration at run time: what they make of the layers, that they take effect as a whole, and how
// they are taken back.
#include <doctest/doctest.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>

#include "app/config_stamp.hpp"
#include "app/config_views.hpp"
#include "base/fd.hpp"
#include "support/deny_call.hpp"
#include "support/in_child.hpp"
#include "support/temp_dir.hpp"

using namespace tokiod;
using wire::json;

namespace {

using changes = std::vector<config::change>;

struct fixture {
  explicit fixture(std::string_view text = "{}") : file(dir.write("tokiod.json", text)) {
    from.vendor_dir = from.conf_dir = "";
    from.file = file;
    from.overlay_file = dir / "runtime.json";
    by.prepare = [this](const changes& all, const config::loaded&, bool) {
      std::vector<app::verdict> verdicts;
      for (const auto& c : all)
        verdicts.push_back({c.when == config::apply::restart ? "restart_daemon" : "live", refuses});
      return verdicts;
    };
    by.commit = [this](const changes&, const config::loaded&, const config::loaded& next) -> outcome<void> {
      if (breaks) return refuse(kind::init_failed, "the plugin did not start");
      in_force = next.values.log.level;
      return {};
    };
    by.remind = [this](instant_ns due) -> outcome<void> {
      reminded = due;
      return {};
    };
  }
  app::live_config make() {
    auto first = config::load(from);
    REQUIRE(first);
    in_force = first->values.log.level;
    return app::live_config(from, std::move(*first), time);
  }
  [[nodiscard]] std::string on_disk() const {
    std::ifstream in(from.overlay_file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  test::temp_dir dir;
  std::string file;
  config::sources from;
  manual_clock time;
  app::live_config::carrier by;
  std::optional<refusal> refuses;
  bool breaks = false;
  std::string in_force;
  instant_ns reminded = 0;
};

app::change_order persisting() {
  app::change_order order;
  order.persist = true;
  return order;
}

json level_patch(const char* level) { return {{"log", {{"level", level}}}}; }

app::live_config::result apply(app::live_config& live, const fixture& f, const json& patch,
                               const app::change_order& order = {}) {
  return live.change(app::merge_edit(patch), "apply", order, f.by);
}

std::string level_in(const app::live_config& live) { return live.current()->values.log.level; }
std::string layer_of(const app::live_config& live, const char* pointer) {
  return std::string(name(live.current()->level_of(pointer)));
}

}  // namespace

TEST_CASE("a change lies over every other layer, and unset takes it back") {
  fixture f(R"({"log": {"level": "warn"}})");
  f.from.command_line = {{"/log/level", {"error"}, "--level"}};
  auto live = f.make();
  CHECK(level_in(live) == "error");
  const auto done = apply(live, f, level_patch("debug"));
  REQUIRE(done);
  CHECK(done->revision == 2);
  CHECK(f.in_force == "debug");
  CHECK(layer_of(live, "/log/level") == "runtime");
  CHECK(live.current()->origin_of("/log/level") == "runtime");
  REQUIRE(live.change(app::unset_edit("/log/level"), "unset", {}, f.by));
  CHECK(level_in(live) == "error");
  CHECK(layer_of(live, "/log/level") == "command_line");
  CHECK(live.change(app::unset_edit("/log/level"), "unset", {}, f.by).error().why.why == kind::not_found);
}

TEST_CASE("null goes back to the default, whatever the files say, also of a whole section") {
  fixture f(R"({"log": {"level": "warn", "targets": {"host": "trace", "sched": "info"}}})");
  auto live = f.make();
  REQUIRE(apply(live, f, {{"log", {{"level", nullptr}}}}));
  CHECK(level_in(live) == "info");
  REQUIRE(apply(live, f, {{"log", {{"targets", nullptr}}}}));
  CHECK(live.current()->values.log.targets.empty());
  REQUIRE(apply(live, f, {{"log", {{"targets", {{"sched", "warn"}}}}}}));
  CHECK(live.current()->values.log.targets == std::map<std::string, std::string>{{"sched", "warn"}});
}

TEST_CASE("operations work on what is shown, and a test that does not hold changes nothing") {
  fixture f;
  auto live = f.make();
  const auto run = [&](const char* text) {
    return live.change(app::operations_edit(*wire::parse(text)), "apply", {}, f.by);
  };
  REQUIRE(run(R"([{"op": "test", "path": "/log/level", "value": "info"},
                  {"op": "replace", "path": "/log/level", "value": "debug"}])"));
  CHECK(level_in(live) == "debug");
  CHECK(run(R"([{"op": "test", "path": "/log/level", "value": "info"}])").error().why.why == kind::refused);
  CHECK(run(R"([{"op": "remove", "path": "/log/nothing"}])").error().why.why == kind::not_found);
  CHECK(run(R"([{"op": "turn"}])").error().why.why == kind::invalid_params);
  CHECK(run(R"({"op": "test"})").error().why.why == kind::invalid_params);
  CHECK(level_in(live) == "debug");
}

TEST_CASE("a change of another revision than the one in force is refused, and says which one is") {
  fixture f;
  auto live = f.make();
  app::change_order first;
  first.expect_revision = 1;
  REQUIRE(apply(live, f, level_patch("debug"), first));
  const auto late = apply(live, f, level_patch("error"), first);
  REQUIRE_FALSE(late);
  CHECK(late.error().why.why == kind::conflict);
  CHECK(late.error().more.at("kind") == "revision_conflict");
  CHECK(late.error().more.at("revision") == 2);
  CHECK(level_in(live) == "debug");
}

TEST_CASE("a faulty change is told of with every problem, and changes nothing") {
  fixture f;
  auto live = f.make();
  const auto no = apply(live, f, {{"log", {{"level", "loud"}, {"brust", 2}}}});
  REQUIRE_FALSE(no);
  CHECK(no.error().why.why == kind::invalid_config);
  CHECK(no.error().more.at("problems").size() == 2);
  CHECK(live.status().revision == 1);
  CHECK(live.status().refused == 1);
}

TEST_CASE("who refuses is named; nothing is half applied, not even on disk") {
  fixture f;
  auto live = f.make();
  SUBCASE("when asked") {
    f.refuses = refusal{kind::invalid_config, "the plugin says no", {}, {}};
    const auto no = apply(live, f, level_patch("debug"), persisting());
    REQUIRE_FALSE(no);
    CHECK(no.error().why.why == kind::refused);
    CHECK(no.error().more.at("by") == json::array({"/log/level"}));
    app::change_order dry;
    dry.dry_run = true;
    const auto plan = apply(live, f, level_patch("debug"), dry);
    REQUIRE(plan);
    REQUIRE(plan->verdicts.at(0).why);
    CHECK(plan->verdicts.at(0).why->sentence == "the plugin says no");
  }
  SUBCASE("when it is carried out") {
    f.breaks = true;
    const auto no = apply(live, f, level_patch("debug"), persisting());
    REQUIRE_FALSE(no);
    CHECK(no.error().why.why == kind::refused);
    CHECK(no.error().more.at("cause") == "init_failed");
  }
  CHECK(f.in_force == "info");
  CHECK(level_in(live) == "info");
  CHECK(f.on_disk().empty());
  CHECK_FALSE(std::filesystem::exists(f.from.overlay_file + ".new"));
}

TEST_CASE("a dry run gives the plan and changes nothing") {
  fixture f;
  auto live = f.make();
  app::change_order dry;
  dry.dry_run = true;
  const auto plan =
      apply(live, f, {{"log", {{"level", "debug"}}}, {"runtime", {{"thread_stack_bytes", 131'072}}}}, dry);
  REQUIRE(plan);
  CHECK_FALSE(plan->applied);
  REQUIRE(plan->verdicts.size() == 2);
  CHECK(plan->verdicts[1].apply == "live");
  CHECK(plan->verdicts[0].apply == "restart_daemon");
  CHECK(level_in(live) == "info");
  CHECK(live.history().size() == 1);
}

TEST_CASE("what only a restart can take is refused by name unless it is persisted") {
  fixture f;
  auto live = f.make();
  const json patch = {{"runtime", {{"thread_stack_bytes", 131'072}}}};
  const auto no = apply(live, f, patch);
  REQUIRE_FALSE(no);
  CHECK(no.error().why.why == kind::needs_restart);
  CHECK(no.error().more.at("needs_restart") == json::array({"/runtime/thread_stack_bytes"}));
  const auto done = apply(live, f, patch, persisting());
  REQUIRE(done);
  CHECK(done->needs_restart == std::vector<std::string>{"/runtime/thread_stack_bytes"});
  CHECK(live.status().drift);  // it does not run yet
  CHECK(live.running()["runtime"]["thread_stack_bytes"] == 2 * 1024 * 1024);
}

TEST_CASE("what is persisted is in force after a restart; what is not, is not") {
  fixture f(R"({"log": {"targets": {"host": "trace"}}})");
  {
    auto live = f.make();
    REQUIRE(apply(live, f, level_patch("debug"), persisting()));
    REQUIRE(apply(live, f, {{"log", {{"targets", {{"host", nullptr}}}}}}));
    CHECK(live.status().drift);
  }
  auto live = f.make();
  CHECK(level_in(live) == "debug");
  CHECK(layer_of(live, "/log/level") == "persisted");
  CHECK(live.current()->values.log.targets.size() == 1);
  CHECK_FALSE(live.look_for_drift());

  REQUIRE(apply(live, f, {{"log", {{"targets", {{"host", nullptr}}}}}}));
  REQUIRE(live.save({}, f.by));
  CHECK_FALSE(live.status().drift);
  CHECK(f.make().current()->values.log.targets.empty());
  const auto no = live.change(app::unset_edit("/log/level"), "unset", {}, f.by);
  CHECK(no.error().why.hint == "take it out there with persist");
  REQUIRE(live.change(app::unset_edit("/log/level"), "unset", persisting(), f.by));
  CHECK(level_in(f.make()) == "info");
}

TEST_CASE("what is for a time is not written down, and goes on for its time") {
  fixture f;
  auto live = f.make();
  REQUIRE(apply(live, f, {{"log", {{"level", "warn"}}}, {"shutdown", {{"deadline_ms", 7000}}}}));
  REQUIRE(apply(live, f, {{"log", {{"level", "debug"}}}, {"watchdog", {{"policy", "any_worker"}}}}));
  const std::vector<app::passing_setting> passing = {{"/log/level", "debug", json("warn"), 1},
                                                     {"/watchdog/policy", "any_worker", std::nullopt, 1}};
  REQUIRE(live.save({}, f.by, passing));
  CHECK(level_in(live) == "debug");
  CHECK(layer_of(live, "/log/level") == "runtime");
  CHECK(live.current()->values.watchdog.policy == "any_worker");
  const auto after = f.make();
  CHECK(level_in(after) == "warn");
  CHECK(after.current()->values.shutdown.deadline_ms == 7000);
  CHECK(after.current()->values.watchdog.policy == "control");
  REQUIRE(live.change(app::end_edit(passing), "ended", {}, f.by));
  CHECK(level_in(live) == "warn");
  CHECK_FALSE(live.look_for_drift());
}

TEST_CASE("a faulty overlay is one clear sentence, at the start and at a reload, and nothing is half applied") {
  fixture f;
  auto live = f.make();
  (void)f.dir.write("runtime.json", R"({"log": {"level": "debug"}, "runtime": {"event_interval": "x"}})");
  const auto no = live.reload({}, f.by);
  REQUIRE_FALSE(no);
  CHECK(no.error().why == kind::invalid_config);
  CHECK(no.error().sentence.find("runtime.json:1:41: /runtime/event_interval must be an integer") != std::string::npos);
  CHECK(no.error().hint == "it holds what was persisted at run time; move it away to go on without");
  CHECK(f.in_force == "info");
  (void)f.dir.write("runtime.json", "{\"log\": ");
  const auto start = config::load(f.from);
  REQUIRE_FALSE(start);
  CHECK(start.error().size() == 1);
}

TEST_CASE("a reload keeps what was changed at run time") {
  fixture f(R"({"log": {"level": "warn"}})");
  auto live = f.make();
  REQUIRE(apply(live, f, level_patch("debug")));
  (void)f.dir.write("tokiod.json", R"({"log": {"level": "error", "targets": {"host": "info"}}})");
  REQUIRE(live.reload({}, f.by));
  CHECK(level_in(live) == "debug");
  CHECK(live.current()->values.log.targets.size() == 1);
}

TEST_CASE("the last sixteen revisions are kept, and each can be had again") {
  fixture f(R"({"log": {"level": "warn"}})");
  auto live = f.make();
  for (int i = 0; i < 20; ++i) REQUIRE(apply(live, f, level_patch(i % 2 == 0 ? "debug" : "info")));
  const auto kept = live.history();
  REQUIRE(kept.size() == app::kept_revisions);
  CHECK(kept.back().number == 21);
  CHECK(kept.front().number == 6);
  CHECK(live.find(5) == nullptr);
  const auto old = live.find(20);
  REQUIRE(old);
  app::change_order order;
  order.reason = "it was better";
  REQUIRE(live.change(app::revision_edit(old->said), "rollback", order, f.by));
  CHECK(level_in(live) == old->values.log.level);
  CHECK(app::history_of(live.history(), 1).at(0).at("reason") == "it was better");
  CHECK(app::history_of(live.history(), 1).at(0).at("how") == "rollback");
}

TEST_CASE("a rollback to the start leaves nothing at run time behind") {
  fixture f(R"({"log": {"level": "warn"}})");
  auto live = f.make();
  const auto first = live.find(1);
  REQUIRE(apply(live, f, level_patch("debug")));
  REQUIRE(live.change(app::revision_edit(first->said), "rollback", {}, f.by));
  CHECK(layer_of(live, "/log/level") == "file");
  CHECK(config::overlays_of(live.current()->layers) == config::overlays{});
}

TEST_CASE("what is not confirmed in time is taken back; what is confirmed stays, and only then is on disk") {
  fixture f;
  auto live = f.make();
  auto order = persisting();
  order.confirm_within = 60 * second;
  const auto done = apply(live, f, level_patch("debug"), order);
  REQUIRE(done);
  CHECK(f.reminded == f.time.now() + 60 * second);
  CHECK(f.in_force == "debug");
  CHECK(f.on_disk().empty());
  CHECK(live.status().unconfirmed == done->revision);
  CHECK(apply(live, f, level_patch("error")).error().why.why == kind::conflict);
  REQUIRE(live.reload({}, f.by));  // does not forget what is not on disk yet
  CHECK(level_in(live) == "debug");
  f.time.advance(59 * second);
  CHECK_FALSE(live.revert(f.by));

  SUBCASE("time passes") {
    f.time.advance(second);
    const auto reverted = live.revert(f.by);
    REQUIRE(reverted);
    REQUIRE(*reverted);
    CHECK(f.in_force == "info");
    CHECK(live.status().reverted == 1);
    CHECK_FALSE(live.status().unconfirmed);
    CHECK(live.confirm(done->revision, f.by).error().why == kind::not_found);
    CHECK(f.on_disk().empty());
    CHECK(live.history().back().how == "reverted");
  }
  SUBCASE("it is confirmed") {
    CHECK(live.confirm(done->revision + 7, f.by).error().why == kind::not_found);
    REQUIRE(live.confirm(done->revision, f.by));
    CHECK(f.reminded == never);
    f.time.advance(second);
    CHECK_FALSE(live.revert(f.by));
    CHECK(f.on_disk().find("debug") != std::string::npos);
  }
  SUBCASE("it comes too late") {
    f.time.advance(second);
    CHECK(live.confirm(done->revision, f.by).error().sentence.find("was not confirmed in time") != std::string::npos);
  }
  SUBCASE("somebody rolls back first") {
    const auto first = live.find(1);
    REQUIRE(live.change(app::revision_edit(first->said), "rollback", {}, f.by));
    CHECK_FALSE(live.status().unconfirmed);
    f.time.advance(second);
    CHECK_FALSE(live.revert(f.by));
  }
}

TEST_CASE("a revert that is refused leaves the change in force, and says so once") {
  fixture f;
  auto live = f.make();
  app::change_order order;
  order.confirm_within = second;
  REQUIRE(apply(live, f, level_patch("debug"), order));
  f.time.advance(second);
  f.breaks = true;
  const auto reverted = live.revert(f.by);
  REQUIRE(reverted);
  CHECK_FALSE(*reverted);
  CHECK(level_in(live) == "debug");
  CHECK_FALSE(live.revert(f.by));
}

TEST_CASE("stars that stand for a secret are never taken for one") {
  fixture f;
  auto live = f.make();
  const json patch = {{"plugins", {{"instances", {{"one", {{"plugin", "p"}, {"config", {{"key", "***"}}}}}}}}}};
  CHECK(apply(live, f, patch).error().why.why == kind::invalid_config);
}

TEST_CASE("without a state directory nothing can be persisted, and the sentence says why") {
  fixture f;
  f.from.overlay_file = "";
  auto live = f.make();
  const auto no = apply(live, f, level_patch("debug"), persisting());
  CHECK(no.error().why.why == kind::io_error);
  CHECK(no.error().why.sentence.find("STATE_DIRECTORY") != std::string::npos);
  app::change_order order;
  order.confirm_within = second;
  REQUIRE(apply(live, f, level_patch("debug"), order));
  f.time.advance(second);
  CHECK(live.revert(f.by).value().has_value());
}

TEST_CASE("one setting can be read by pointer or dotted name, with its layer, its place and what a layer says") {
  fixture f(R"({"log": {"level": "warn"}})");
  auto live = f.make();
  const auto get = [&](const char* path, const char* layer = "", bool defaults = true) {
    app::get_query asked;
    asked.path = path;
    asked.layer = layer;
    asked.origin = true;
    asked.defaults = defaults;
    return app::value_of(
        *live.current(), asked, [](const std::string&) { return json(); }, config::audience::everybody);
  };
  CHECK(get("log.level")->at("value") == "warn");
  CHECK(get("log.level")->at("origins").at("/log/level") == f.file + ":1:10");
  CHECK(get("log.level")->at("layers").at("/log/level") == "file");
  CHECK(get("log.sink")->at("origins").at("/log/sink") == "default");
  CHECK(get("log.sink")->at("layers").at("/log/sink") == "default");
  CHECK(get("")->at("value").contains("runtime"));
  CHECK_FALSE(get("", "", false)->at("value").contains("runtime"));
  CHECK(get("log", "default")->at("value").at("level") == "info");
  CHECK(get("log", "file")->at("value") == json({{"level", "warn"}}));
  CHECK(get("log", "runtime").error().why == kind::not_found);
  for (const char* const wrong : {"log.nothing", "/log/level/x", "/a~x", "/plugins/dirs/7"})
    CHECK(get(wrong).error().why == kind::not_found);
}

namespace {

void persist_without(long call) {
  fixture f;
  auto live = f.make();
  REQUIRE(apply(live, f, level_patch("warn"), persisting()));
  const std::string before = f.on_disk();
  test::deny_call(call, EIO);
  const auto no = apply(live, f, level_patch("debug"), persisting());
  REQUIRE_FALSE(no);
  CHECK(no.error().why.why == kind::io_error);
  CHECK(f.in_force == "warn");
  CHECK(level_in(live) == "warn");
  CHECK(f.on_disk() == before);
}

}  // namespace

TEST_CASE("internal: persist without fsync" * doctest::skip()) {
  test::child_begins();
  persist_without(SYS_fsync);
}
TEST_CASE("internal: persist without rename" * doctest::skip()) {
  test::child_begins();
  persist_without(SYS_rename);
}

TEST_CASE("a disk that fails leaves the old text whole, and the change is taken back") {
  CHECK(test::passes_in_child("internal: persist without fsync"));
  CHECK(test::passes_in_child("internal: persist without rename"));
}

TEST_CASE("a glance reads the files only when one of them has changed, or a minute is over") {
  fixture f(R"({"log": {"level": "info"}})");
  auto live = f.make();
  const unique_fd watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  REQUIRE(::inotify_add_watch(watch.get(), f.file.c_str(), IN_OPEN) >= 0);
  const auto was_read = [&] {
    alignas(inotify_event) char events[4096];
    return ::read(watch.get(), events, sizeof events) > 0;
  };
  const auto later = wall_clock_ns() + std::int64_t{10} * static_cast<std::int64_t>(second);
  CHECK_FALSE(live.glance_for_drift(later));
  CHECK(was_read());
  CHECK_FALSE(live.glance_for_drift(later));
  CHECK_FALSE(was_read());
  f.time.advance(59 * second);
  CHECK_FALSE(live.glance_for_drift(later));
  CHECK_FALSE(was_read());
  f.time.advance(second);
  CHECK_FALSE(live.glance_for_drift(later));
  CHECK(was_read());
  f.dir.write("tokiod.json", R"({"log": {"level": "warn"}})");
  CHECK(live.glance_for_drift(later));
  CHECK(was_read());
  CHECK(live.glance_for_drift(later));
  CHECK_FALSE(was_read());
  REQUIRE(apply(live, f, level_patch("warn")));
  (void)was_read();
  CHECK_FALSE(live.glance_for_drift(later));
  CHECK_FALSE(was_read());
}

TEST_CASE("a glance at files that changed just now reads them, because their times may hide the next change") {
  fixture f;
  auto live = f.make();
  CHECK_FALSE(live.glance_for_drift());
  f.dir.write("tokiod.json", R"({"log": {"level": "warn"}})");
  CHECK(live.glance_for_drift());
  CHECK(app::config_stamp(f.from, wall_clock_ns()).empty());
}
