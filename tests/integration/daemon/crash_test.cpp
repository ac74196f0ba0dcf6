// A daemon that really crashes: what it leaves, and what the next one makes of it.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod::test;
using tokiod::wire::json;
namespace fs = std::filesystem;

namespace {

struct machine {
  temp_dir dir;

  [[nodiscard]] std::vector<std::string> variables() const { return {"STATE_DIRECTORY=" + dir.path()}; }
  // Serves until its plugin ends it.
  [[nodiscard]] finished crash(const std::string& plugin) const {
    const auto config =
        R"({"log": {"sink": "stderr"}, "plugins": {"instances": {"bad": {"plugin": ")" + fixture(plugin) + R"("}}}})";
    return run(dir,
               {tokiod_path(), "--config", dir.write("tokiod.json", config), "--socket", dir / "control.sock",
                "--observe-socket", dir / "observe.sock"},
               variables());
  }
  // The reports, each with its lines.
  [[nodiscard]] std::vector<std::vector<json>> reports() const {
    std::vector<std::vector<json>> all;
    if (!fs::exists(dir / "crash")) return all;
    for (const auto& one : fs::directory_iterator(dir / "crash")) {
      std::ifstream file(one.path());
      auto& lines = all.emplace_back();
      for (std::string line; std::getline(file, line);) lines.push_back(json::parse(line));
    }
    return all;
  }
};

// A sanitizer has its own words and its own exit code, after ours.
bool ended_by(int code, int signal) {
#if defined(TOKIOD_ASAN) || defined(TOKIOD_TSAN)
  return signal != 0 && code != 0;
#else
  return code == 128 + signal;
#endif
}

}  // namespace

TEST_CASE(
    "a crash names the instance, the plugin, the task, where it is spawned and the worker, and keeps its signal") {
  const machine m;
  const auto end = m.crash("crashes");
  CHECK(ended_by(end.code, SIGSEGV));
  CHECK(end.err.find("tokiod: SIGSEGV in instance bad of test.crashes, task t-") != std::string::npos);
  const auto all = m.reports();
  REQUIRE(all.size() == 1);
  REQUIRE(all[0].size() == 4);
  const json& facts = all[0][0];
  CHECK(facts.at("signal") == "SIGSEGV");
  CHECK(facts.at("address") == "0x0");
  CHECK(facts.at("instance") == "bad");
  CHECK(facts.at("plugin") == "test.crashes");
  CHECK(facts.at("task").get<std::string>().starts_with("t-"));
  CHECK(facts.at("worker").is_number());
  CHECK(facts.at("sent") == false);
  CHECK(facts.at("config_revision") == 1);
  const json& frames = all[0][1].at("frames");
  REQUIRE(frames.size() >= 2);
  // What ends with the process names nothing: the copy that was mapped, a number without the file that it is an offset
  // in.
  CHECK(frames[0].at("module") == fixture("crashes"));
  CHECK(frames[0].at("build_id").get<std::string>().size() >= 16);
  const auto ours = std::ranges::find_if(frames, [](const json& each) { return each.at("module") == "tokiod"; });
  REQUIRE(ours != frames.end());
  CHECK(ours->at("build_id").get<std::string>().size() >= 16);
  const json& log = all[0][2].at("log");
  CHECK(std::ranges::any_of(log, [](const json& each) {
    return each.at("target") == "daemon" && each.at("message") == "started" && each.at("fields").contains("pid") &&
           each.at("level") == "info" && each.at("time_ms") > 1'700'000'000'000;
  }));
  CHECK(log.size() <= 64);
  // The one who crashed is among those who poll.
  CHECK(std::ranges::any_of(all[0][3].at("workers"), [&](const json& each) {
    return each.at("task") == facts.at("task") && each.at("worker") == facts.at("worker") &&
           each.at("instance") == "bad" && each.at("line") == facts.at("line");
  }));
}

TEST_CASE("a stack that is full is a crash like any other") {
  const machine m;
  const auto end = m.crash("overflows");
  CHECK(ended_by(end.code, SIGSEGV));
  REQUIRE(m.reports().size() == 1);
  CHECK(m.reports()[0][0].at("instance") == "bad");
  CHECK(m.reports()[0][0].at("task").is_string());
}

TEST_CASE("abort() in an init is told of, without a task") {
  const machine m;
  const auto end = m.crash("aborts_in_init");
  CHECK(ended_by(end.code, SIGABRT));
  REQUIRE(m.reports().size() == 1);
  CHECK(m.reports()[0][0].at("instance") == "bad");
  CHECK_FALSE(m.reports()[0][0].contains("task"));
}

TEST_CASE("a signal from outside is nobody's fault") {
  const machine m;
  daemon_process d("{}", {}, m.variables());
  d.child().signal(SIGABRT);
  CHECK(ended_by(d.child().wait().value_or(0), SIGABRT));
  REQUIRE(m.reports().size() == 1);
  CHECK(m.reports()[0][0].at("sent") == true);
  CHECK_FALSE(m.reports()[0][0].contains("instance"));
}

TEST_CASE("the third start without it: a plugin that crashes again and again is held back, and said to be") {
  const machine m;
  for (int times = 0; times < 3; ++times) CHECK(ended_by(m.crash("crashes").code, SIGSEGV));
  const auto config = R"({"log": {"sink": "stderr"}, "plugins": {"instances": {"bad": {"plugin": ")" +
                      fixture("crashes") + R"("}, "good": {"plugin": "hello_c"}}}})";
  daemon_process d(config, {}, m.variables());
  auto control = d.connect();
  CHECK(d.child().err().find("instance bad is not started: crashes is quarantined: it ended the daemon 3 times") !=
        std::string::npos);
  bool shown = false;
  const auto listed = control.call("plugin.list");
  for (const auto& plugin : listed.at("plugins"))
    shown = shown || (plugin.at("name") == "crashes" && plugin.at("state") == "quarantined" &&
                      plugin.at("reason").get<std::string>().find("ended the daemon 3 times") != std::string::npos);
  CHECK(shown);
  const auto last = control.call("daemon.status").at("last_crash");
  CHECK(last.at("signal") == "SIGSEGV");
  CHECK(last.at("instance") == "bad");
  CHECK(last.at("quarantined") == true);
  CHECK_FALSE(last.contains("frames"));
  CHECK(control.call("metrics.get", {{"match", "tokiod_plugin_held_back"}}).dump().find("\"crashes\"") !=
        std::string::npos);
  CHECK(control.error("plugin.clear_quarantine", {{"plugin", "good"}}).at("data").at("kind") == "not_found");
  CHECK(control.call("plugin.clear_quarantine", {{"plugin", "crashes"}}).at("plugin") == "crashes");
  CHECK(control.call("plugin.list").dump().find("crashes") == std::string::npos);
  CHECK(d.stop() == 0);
  CHECK(ended_by(m.crash("crashes").code, SIGSEGV));  // it was started again
}
