// The log of a real daemon: over the control socket, as JSON lines, and on a pipe that nobody reads.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <string>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

double number_of(rpc_client& daemon, const std::string& family) {
  const auto seen = daemon.call("metrics.get", {{"match", family}});
  return seen["families"][0]["samples"][0]["value"].get<double>();
}

}  // namespace

TEST_CASE("log.tail has what the daemon said, and its standard error has it as a JSON object a line") {
  daemon_process daemon(R"({"log": {"sink": "json"}})");
  auto control = daemon.connect();
  wire::json started;
  eventually("it said that it started", [&] {  // which it does after it answers
    const wire::json lines = control.call("log.tail", {{"target", "daemon"}, {"lines", 100}})["lines"];
    const auto found = std::ranges::find_if(lines, [](const auto& each) { return each["message"] == "started"; });
    if (found != lines.end()) started = *found;
    return found != lines.end();
  });
  CHECK(started["fields"]["flavor"] == "multi_thread");
  CHECK(started["message_id"].get<std::string>().size() == 32);
  const auto said = [&] {
    const auto text = daemon.child().err();
    for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
      const auto line = wire::parse(text.substr(at, end - at));
      if (!line) return false;
      if ((*line)["message"] == "started") return (*line)["level"] == "info" && (*line)["fields"].contains("pid");
    }
    return false;
  };
  eventually("the log's file has the record, and JSON alone", said);
  CHECK(daemon.stop() == 0);
}

TEST_CASE("a reload has the log go elsewhere, and leaves levels alone that somebody changed for a time") {
  daemon_process daemon(R"({"log": {"sink": "stderr"}})");
  auto control = daemon.connect();
  control.call("log.set", {{"level", "debug"}, {"target", "plugin.x"}, {"for_s", 600}});
  const auto plan = control.call("config.apply", {{"patch", {{"log", {{"sink", "json"}, {"burst", 7}}}}}});
  CHECK(plan["needs_restart"].empty());
  for (const auto& each : plan["plan"]) CHECK(each["apply"] == "live");
  CHECK(control.call("log.get")["targets"]["plugin.x"] == "debug");
  const auto says_json = [&] {
    control.call("log.set", {{"level", "info"}, {"target", "plugin.y"}});
    const auto text = daemon.child().err();
    return text.find("\n{\"") != std::string::npos;
  };
  eventually("standard error has JSON", says_json);
  CHECK(daemon.stop() == 0);
}

TEST_CASE("a level for a time is in force, shows how long, and ends by itself") {
  daemon_process daemon;
  auto control = daemon.connect();
  const auto during = control.call("log.set", {{"level", "trace"}, {"target", "plugin.x"}, {"for_s", 0.3}});
  CHECK(during["targets"]["plugin.x"] == "trace");
  CHECK(during["for_a_time"][0]["left_seconds"] > 0);
  eventually("the level's time is over", [&] { return control.call("log.get")["for_a_time"].empty(); });
  CHECK_FALSE(control.call("log.get")["targets"].contains("plugin.x"));
  const auto told = [&] {
    return !control.call("log.tail", {{"target", "log"}, {"text", "what it was again"}})["lines"].empty();
  };
  eventually("the log says so", told);
}

TEST_CASE("tokioctl tails the log, and follows it") {
  daemon_process daemon;
  const temp_dir dir;
  const auto shown = run(dir, {tokioctl_path(), "--socket", daemon.socket(), "log", "tail", "daemon", "--lines", "50"});
  CHECK(shown.code == 0);
  CHECK(shown.out.find(" info daemon: started") != std::string::npos);
  process follower(dir,
                   {tokioctl_path(), "--socket", daemon.socket(), "log", "tail", "config", "--lines", "0", "--follow"});
  auto control = daemon.connect();
  const auto heard = [&] {
    control.call("config.reload");
    return follower.out().find(" info config: reloaded") != std::string::npos;
  };
  eventually("tokioctl shows the record", heard);
  follower.signal(SIGTERM);
}

TEST_CASE("standard error that nobody reads stops neither the daemon's answers nor its end") {
  const temp_dir dir;
  const std::string pipe = dir / "pipe", socket = dir / "control.sock";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  (void)dir.write("tokiod.json", R"({"log": {"sink": "stderr", "burst": 0}})");
  // The shell holds the reading end open, and so does the daemon.
  process daemon(dir, {"/bin/sh", "-c", "exec 9<>'" + pipe + "'; exec \"$@\" 2>&9", "sh", tokiod_path(), "--config",
                       dir / "tokiod.json", "--socket", socket, "--observe-socket", dir / "observe.sock"});
  eventually("the daemon answers", [&] { return rpc_client::answers(socket); });
  rpc_client control(socket);
  // Each call of many is a line of the audit.
  wire::json many = wire::json::array();
  for (int i = 0; i < 60; ++i)
    many.push_back({{"jsonrpc", "2.0"},
                    {"id", i},
                    {"method", "log.set"},
                    {"params", {{"level", "info"}, {"target", "x"}, {"reason", std::string(1000, 'x')}}}});
  const auto flooded = [&] {
    for (int i = 0; i < 20; ++i) {
      control.send_line(many.dump());
      CHECK(control.next_line().size() == many.size());
    }
    return number_of(control, "tokiod_log_dropped_total") > 0;
  };
  eventually("records are dropped, and counted", flooded);
  CHECK(control.call("control.ping").contains("now"));
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
}
