// The daemon as a process: its exit codes, its signals, its sockets.
#include "support/notify_socket.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod::test;

namespace {

finished tokiod_with(const std::vector<std::string>& words, const std::vector<std::string>& variables = {}) {
  const temp_dir dir;
  std::vector<std::string> all = {tokiod_path(), "--config", dir.write("empty.json", "{}")};
  all.insert(all.end(), words.begin(), words.end());
  return run(dir, std::move(all), variables);
}

}  // namespace

TEST_CASE("the daemon answers, drains on SIGTERM and ends with 0, and its sockets are gone") {
  daemon_process d;
  CHECK(d.connect().call("daemon.info").at("state") == "running");
  CHECK(std::filesystem::exists(d.observe_socket()));
  CHECK(d.stop() == 0);
  CHECK(!std::filesystem::exists(d.socket()));
}

TEST_CASE("SIGINT drains too") {
  daemon_process d;
  d.child().signal(SIGINT);
  CHECK(d.child().wait() == 0);
}

TEST_CASE("daemon.shutdown ends the daemon with the code it was given") {
  daemon_process d;
  d.connect().call("daemon.shutdown", {{"exit_code", 9}, {"reason", "a test"}});
  CHECK(d.child().wait() == 9);
}

TEST_CASE("a second daemon on the same socket is refused and the first one stays") {
  daemon_process d;
  process second(d.dir(), {tokiod_path(), "--config", d.dir() / "tokiod.json", "--socket", d.socket(),
                           "--observe-socket", d.dir() / "other.sock"});
  CHECK(second.wait() == 69);
  CHECK(second.err().find(d.socket()) != std::string::npos);
  CHECK(d.connect().call("control.ping").contains("now"));
}

TEST_CASE("TOKIO_WORKER_THREADS=3 gives three workers") {
  daemon_process d("{}", {}, {"TOKIO_WORKER_THREADS=3"});
  CHECK(d.connect().call("runtime.workers").at("workers").size() == 3);
  const auto got = d.connect().call("config.get", {{"path", "runtime.worker_threads"}, {"origin", true}});
  CHECK(got.at("value") == 3);
  CHECK(got.at("origins").at("/runtime/worker_threads") == "environment TOKIO_WORKER_THREADS");
}

TEST_CASE("a worker count that is none is one sentence that names the variable, and exit code 78") {
  for (const char* const value : {"0", "-1", "abc", ""}) {
    const auto end = tokiod_with({}, {std::string("TOKIO_WORKER_THREADS=") + value});
    CHECK(end.code == 78);
    CHECK(end.err.find("TOKIO_WORKER_THREADS must be an integer 1..1024, got ") != std::string::npos);
    CHECK(std::count(end.err.begin(), end.err.end(), '\n') == 1);
  }
}

TEST_CASE("--check-config says every fault and ends with 78; a good one with 0") {
  const temp_dir dir;
  const auto file = dir.write("bad.json", "{\"log\": {\"level\": \"loud\"},\n \"nothing\": 1}");
  const auto bad = run(dir, {tokiod_path(), "--config", file, "--check-config"});
  CHECK(bad.code == 78);
  CHECK(bad.err.find(file + ":1:10: /log/level must be one of") != std::string::npos);
  CHECK(bad.err.find(file + ":2:2: /nothing is not a setting") != std::string::npos);
  CHECK(tokiod_with({"--check-config"}).code == 0);
}

TEST_CASE("a start with an unknown user or group, or a rule for nobody, ends with 78 like the check of it") {
  const temp_dir dir;
  for (const char* const text : {R"({"access": [{"user": "no-such-user"}]})", R"({"socket_group": "no-such-group"})",
                                 R"({"access": [{"level": "admin"}]})"}) {
    const auto file = dir.write("names.json", std::string(R"({"control": )") + text + "}");
    for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--check-config"}}) {
      std::vector<std::string> words = {tokiod_path(), "--config", file};
      words.insert(words.end(), more.begin(), more.end());
      const auto end = run(dir, words);
      CHECK(end.code == 78);
      CHECK(end.err.find(file + ":1:") != std::string::npos);
    }
  }
}

TEST_CASE("--print-config shows the worker count and why it is so") {
  const auto shown = tokiod_with({"--print-config"});
  CHECK(shown.code == 0);
  CHECK(shown.out.find("by affinity") != std::string::npos);
}

TEST_CASE("misuse ends with 64, help and version with 0") {
  CHECK(tokiod_with({"--nonsense"}).code == 64);
  CHECK(tokiod_with({"--help"}).code == 0);
  CHECK(tokiod_with({"--version"}).out.starts_with("tokiod "));
}

TEST_CASE("the service manager hears READY, RELOADING with its time, READY, STOPPING, and the watchdog is fed") {
  const notify_socket manager;
  daemon_process d("{}", {}, {"NOTIFY_SOCKET=" + manager.path(), "WATCHDOG_USEC=300000"});
  std::vector<std::string> heard;
  const auto count = [&](std::string_view start) {
    for (auto& m : manager.take()) heard.push_back(std::move(m));
    return std::count_if(heard.begin(), heard.end(), [&](const auto& m) { return m.starts_with(start); });
  };
  eventually("READY=1", [&] { return count("READY=1") == 1; });
  eventually("three watchdog pings", [&] { return count("WATCHDOG=1") >= 3; });
  eventually("a status", [&] { return count("STATUS=running") >= 1; });
  d.child().signal(SIGHUP);
  eventually("the reload", [&] { return count("RELOADING=1\nMONOTONIC_USEC=") == 1 && count("READY=1") == 2; });
  CHECK(d.stop() == 0);
  CHECK(count("STOPPING=1") == 1);
}
