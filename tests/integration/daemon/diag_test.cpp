// Diagnosis of a daemon that runs, and of one whose workers do not come back.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <string>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod::test;
using tokiod::wire::json;

namespace {

// One worker, which is in a poll that never ends; nobody takes it over.
std::string spinning() {
  return R"({"runtime": {"worker_threads": 1, "stuck_after_ms": 0},
             "plugins": {"instances": {"spin": {"plugin": ")" +
         fixture("never_yields") + R"("}}}})";
}

// The finding of that lint; null: there is none.
json finding(const json& result, const std::string& lint) {
  for (const auto& one : result.at("findings"))
    if (one.at("lint") == lint) return one;
  return nullptr;
}

}  // namespace

TEST_CASE("a poll that does not end is found without anybody listening, told as an event, and counted") {
  const daemon_process d(R"({"runtime": {"worker_threads": 1, "stuck_after_ms": 0}})");
  auto client = d.connect(), listening = d.connect();
  CHECK(finding(client.call("diag.lint"), "never_yielded").is_null());
  listening.call("event.subscribe", {{"topics", {"lint"}}});
  client.call("plugin.load", {{"plugin", fixture("never_yields")}, {"instance", "spin"}});
  json found;
  eventually("the poll is found", [&] {
    found = finding(client.call("diag.lint"), "long_poll");
    return !found.is_null();
  });
  CHECK(found.at("plugin") == "spin");
  CHECK(found.at("task").get<std::string>().starts_with("t-"));
  CHECK(found.at("id") == "long_poll:" + found.at("task").get<std::string>());
  CHECK(found.at("severity") == "warning");
  CHECK(found.at("evidence").at("measured").get<double>() >= 0.1);
  CHECK(found.at("since").get<double>() > 0);
  json event;
  do event = listening.next_line().at("params").at("data");
  while (event.at("lint") != "long_poll");
  CHECK(event.at("id") == found.at("id"));
  CHECK(event.at("state") == "raised");
  CHECK(http_get(d.observe_socket(), "/metrics").find("tokiod_lint_findings{lint=\"long_poll\"} 1") !=
        std::string::npos);
  const auto told = run(d.dir(), {tokioctl_path(), "--socket", d.socket(), "lint"});
  CHECK(told.out.find("long_poll") != std::string::npos);
}

TEST_CASE("a task that panics, and a poll that was too long and ends, are events") {
  // The greeter has work for the only worker, so another thread takes that over.
  const daemon_process d(
      R"({"runtime": {"worker_threads": 1}, "plugins": {"instances": {"hello": {"plugin": "hello_c"}}}})");
  auto client = d.connect(), listening = d.connect();
  listening.call("event.subscribe", {{"topics", {"plugin.fault", "runtime.recovered"}}});
  client.call("plugin.load", {{"plugin", fixture("task_throws")}, {"instance", "bad"}});
  const auto fault = listening.next_line().at("params");
  CHECK(fault.at("topic") == "plugin.fault");
  CHECK(fault.at("data").at("instance") == "bad");
  CHECK(fault.at("data").at("faults").get<int>() >= 1);
  client.call("plugin.load", {{"plugin", fixture("never_yields")}, {"instance", "spin"}});
  json told;
  do told = listening.next_line().at("params");
  while (told.at("topic") != "runtime.recovered");
  CHECK(told.at("data").at("worker").is_number());
  CHECK(told.at("data").at("lasted_ms").is_number());
}

TEST_CASE("stacks are told while every worker is in a poll that does not end") {
  const daemon_process d(spinning());
  auto client = d.connect();
  eventually("the poll is found", [&] { return !finding(client.call("diag.lint"), "long_poll").is_null(); });
  const auto told = client.call("diag.stacks");
  CHECK(told.at("partial") == false);
  REQUIRE(told.at("threads").size() == 1);
  const auto worker = told.at("threads")[0];
  CHECK(worker.at("worker") == 0);
  CHECK(worker.at("plugin") == "spin");
  CHECK(worker.at("task").get<std::string>().starts_with("t-"));
  bool inside = false;
  for (const auto& frame : worker.at("frames")) {
    CHECK(frame.at("offset").get<std::string>().starts_with("0x"));
    const bool plugin = frame.at("module").get<std::string>().find("never_yields") != std::string::npos;
    if (plugin) CHECK(frame.at("build_id").get<std::string>().size() == 40);
    inside = inside || plugin;
  }
  CHECK(inside);
  const auto all = client.call("diag.stacks", {{"scope", "all_threads"}});
  std::size_t answered = 0;
  for (const auto& one : all.at("threads")) answered += one.at("frames").empty() ? 0 : 1;
  CHECK(answered >= 4);  // the worker, the main thread, the monitor, the control thread
  const auto text = run(d.dir(), {tokioctl_path(), "--socket", d.socket(), "stacks"});
  CHECK(text.code == 0);
  CHECK(text.out.find("worker 0") != std::string::npos);
  CHECK(text.out.find("#0 ") != std::string::npos);
}

TEST_CASE("a profile of a worker that spins names the plugin and its code") {
  const daemon_process d(spinning());
  auto client = d.connect();
  eventually("the poll is found", [&] { return !finding(client.call("diag.lint"), "long_poll").is_null(); });
  const auto told = client.call("diag.profile", {{"seconds", 0.5}, {"hz", 50}});
  CHECK(told.at("samples") >= 1);
  CHECK(told.at("stacks") >= 1);
  CHECK(told.at("folded").get<std::string>().starts_with("spin;"));
  CHECK(told.at("folded").get<std::string>().find("never_yields") != std::string::npos);
}

TEST_CASE("the doctor says what is wrong, and tokioctl ends with 2 for it") {
  const daemon_process well("{}");
  // Not at once where the machine has too much to do.
  eventually("it is well",
             [&] { return run(well.dir(), {tokioctl_path(), "--socket", well.socket(), "doctor"}).code == 0; });
  const daemon_process d(spinning());
  auto client = d.connect();
  eventually("the poll is found", [&] { return !finding(client.call("diag.lint"), "long_poll").is_null(); });
  const auto ill = run(d.dir(), {tokioctl_path(), "--socket", d.socket(), "doctor"});
  CHECK(ill.code == 2);
  CHECK(ill.out.find("long_poll in spin") != std::string::npos);
  CHECK(ill.out.find("tokioctl stacks") != std::string::npos);
}

TEST_CASE("a poll that lasts is in the slow log, with its stack") {
  const daemon_process d(R"({"runtime": {"worker_threads": 1}, "plugins": {"instances": {"spin": {"plugin": ")" +
                         fixture("never_yields") + R"("}}}})");
  auto client = d.connect();
  json slow;
  eventually("it is told of", [&] {
    slow = client.call("diag.slow", {{"kind", "poll"}}).at("entries");
    return !slow.empty();
  });
  CHECK(slow[0].at("plugin") == "spin");
  CHECK(slow[0].at("at_least") == true);
  CHECK(slow[0].at("stack").get<std::string>().find("never_yields") != std::string::npos);
  const auto seconds = slow[0].at("seconds").get<double>();
  eventually("it goes on", [&] {
    return client.call("diag.slow", {{"kind", "poll"}}).at("entries")[0].at("seconds").get<double>() > seconds;
  });
}

TEST_CASE("a trace tells of polls and sleeps; the self test passes; a bundle is kept for its owner alone") {
  const temp_dir state;
  const daemon_process d(
      R"({"runtime": {"worker_threads": 2}, "plugins": {"instances": {"hello": {"plugin": "hello_c"}}}})", {},
      {"STATE_DIRECTORY=" + state.path()});
  auto client = d.connect();
  json kinds;
  eventually("the greeter greets while somebody traces", [&] {
    kinds = json::object();
    const auto traced = client.call("diag.trace", {{"seconds", 1.5}});
    for (const auto& one : traced.at("traceEvents"))
      if (one.contains("cat")) kinds[one.at("cat").get<std::string>()] = one;
    return kinds.contains("poll") && kinds.contains("park");
  });
  CHECK(kinds["poll"].at("ph") == "X");
  CHECK(kinds["poll"].at("tid").get<int>() < 2);
  const auto checked = client.call("diag.self_test");
  CHECK_MESSAGE(checked.at("ok") == true, checked.dump());
  std::filesystem::create_directory(state / "self-test");  // then no file can be written there
  CHECK(client.call("diag.self_test").at("ok") == false);
  const auto kept = client.call("diag.bundle");
  const auto path = kept.at("path").get<std::string>();
  CHECK(path.starts_with(state.path() + "/bundle/"));
  struct stat file{};
  REQUIRE(::stat(path.c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  CHECK(static_cast<std::size_t>(file.st_size) == kept.at("bytes"));
  for (int i = 0; i < 6; ++i) client.call("diag.bundle");
  const auto folder = std::filesystem::directory_iterator(state.path() + "/bundle");
  CHECK(std::distance(begin(folder), end(folder)) == 4);
  CHECK(::access(path.c_str(), F_OK) != 0);  // the oldest gave way
}

TEST_CASE("a plugin in C tells nothing of where its tasks wait, which is said; its task can be woken") {
  const daemon_process d(R"({"plugins": {"instances": {"hello": {"plugin": "hello_c"}}}})");
  auto client = d.connect();
  json task;
  eventually("it waits", [&] {
    const auto told = client.call("task.dump", {{"plugin", "hello"}, {"state", "idle"}}).at("tasks");
    if (told.empty()) return false;
    task = told[0];
    return true;
  });
  CHECK(task.at("trace").empty());
  CHECK(task.at("unsupported").get<std::string>().find("its plugin tells nothing") != std::string::npos);
  CHECK(client.call("task.wake", {{"id", task.at("id")}}).at("id") == task.at("id"));
  CHECK(client.error("task.wake", {{"id", "t-999999"}}).at("data").at("kind") == "not_found");
}

TEST_CASE("a walk that hangs costs the call a second, and nobody else anything; its task is said to be held") {
  daemon_process d(R"({"shutdown": {"deadline_ms": 200}, "plugins": {"instances": {"hangs": {"plugin": ")" +
                   fixture("walk_hangs") + R"("}}}})");
  auto client = d.connect(), other = d.connect();
  const auto named = [](const json& told, const char* name) {
    for (const auto& one : told.at("tasks"))
      if (one.at("name") == name) return one;
    return json();
  };
  json told;
  eventually("both tasks wait",
             [&] { return client.call("task.list", {{"plugin", "hangs"}, {"state", "idle"}}).at("total") == 2; });
  client.send_line(R"({"jsonrpc": "2.0", "id": 77, "method": "task.dump", "params": {"plugin": "hangs"}})");
  CHECK(other.call("control.ping").contains("now"));
  told = client.next_line().at("result");
  REQUIRE(told.at("tasks").size() == 2);
  const auto held = named(told, "hangs");
  CHECK(held.at("trace").empty());
  CHECK(held.at("location") == "walk_hangs.c:7");
  CHECK(held.at("unsupported").get<std::string>().find("has not told within 1 s") != std::string::npos);
  const auto beside = named(told, "parked").at("unsupported").get<std::string>();
  CHECK((beside.find("was not asked") != std::string::npos || beside.find("tells nothing") != std::string::npos));
  // Once more: it is held by the thread that was left behind, and nobody waits for it again.
  const auto again = client.call("task.dump", {{"id", held.at("id")}}).at("tasks")[0];
  CHECK(again.at("unsupported").get<std::string>().find("somebody else reads it") != std::string::npos);
  CHECK(named(client.call("task.dump", {{"plugin", "hangs"}}), "parked")
            .at("unsupported")
            .get<std::string>()
            .find("tells nothing") != std::string::npos);
  CHECK(d.stop() == 0);
}

TEST_CASE("a waker that was lost is named while somebody listens; who waits for something is not accused") {
  const daemon_process d(R"({"console": {"lost_waker_ms": 500}, "plugins": {"instances": {
    "waits": {"plugin": ")" +
                         fixture("waits") + R"("}, "forgets": {"plugin": ")" + fixture("loses_waker") + R"("}}}})");
  auto client = d.connect(), listening = d.connect();
  listening.call("event.subscribe", {{"topics", {"tasks"}}, {"interval_ms", 1000}});
  client.call("plugin.restart", {{"instance", "waits"}});  // so that what they are is known from their births
  client.call("plugin.restart", {{"instance", "forgets"}});
  json found;
  eventually("it is found", [&] {
    found = client.call("diag.lint").at("findings");
    for (const auto& one : found)
      if (one.at("lint") == "lost_waker") return true;
    return false;
  });
  eventually("both have been silent for as long", [&] {
    const json tasks = client.call("task.list", {{"plugin", "waits"}}).at("tasks");
    for (const auto& one : tasks)
      if (one.at("name") == "waiter") return one.at("stats").at("idle_seconds").get<double>() > 2;
    return false;
  });
  found = client.call("diag.lint").at("findings");
  std::size_t lost = 0;
  for (const auto& one : found) {
    if (one.at("lint") != "lost_waker") continue;
    ++lost;
    CHECK(one.at("plugin") == "forgets");
    CHECK(one.at("name") == "parked");
    CHECK(one.at("severity") == "error");
    CHECK(one.at("threshold") == 0.5);
    CHECK(one.at("evidence").at("measured").get<double>() >= 0.5);
  }
  CHECK(lost == 1);
  // Nobody needs to listen for this: what its tasks do is looked at now and then.
  const std::string whose = "{plugin=\"forgets\",name=\"parked\"} ";
  eventually("its kind is counted", [&] {
    const auto page = http_get(d.observe_socket(), "/metrics");
    const auto alive = page.find("tokiod_task_group_alive" + whose + "1\n");
    const auto idle = page.find("tokiod_task_idle_seconds_total" + whose);
    return alive != std::string::npos && idle != std::string::npos &&
           std::stod(page.substr(page.find("} ", idle) + 2, 30)) > 0;
  });
}
