// What is told of tasks over the control socket while somebody listens.
#include <doctest/doctest.h>

#include "support/control_fixture.hpp"
#include "support/eventually.hpp"

using namespace tokiod;
using namespace tokiod::test;

TEST_CASE("[OB-05] who subscribes to tasks is told what changed, each interval, and what was not written down") {
  control_fixture daemon;
  daemon.backend.have_tasks(3);
  auto client = daemon.client();
  const json order = {{"topics", {"tasks"}}, {"interval_ms", 100}};
  CHECK(client.call("event.subscribe", order)["result"]["sub"] == "s-1");
  CHECK(daemon.backend.listeners() == 1);
  auto event = client.reply()["params"];
  CHECK(event["topic"] == "tasks");
  REQUIRE(event["data"]["tasks"].size() == 3);
  CHECK(event["data"]["tasks"][0]["stats"]["kind"] == "task");
  CHECK_FALSE(event["data"]["tasks"][0]["stats"].contains("poll_times"));
  CHECK(event["data"]["dropped_events"] == 4);
  CHECK(event["data"]["paused"] == false);
  daemon.backend.have_tasks(5);
  do event = client.reply()["params"];
  while (event["data"]["tasks"].empty());
  REQUIRE(event["data"]["tasks"].size() == 2);  // not the others again
  CHECK(event["data"]["tasks"][0]["id"] == "t-4");
}

TEST_CASE("[OB-05] [OB-10] an update has five hundred tasks at most; the next goes on with the others") {
  control_fixture daemon;
  daemon.backend.have_tasks(700);
  auto client = daemon.client();
  CHECK(client.call("event.subscribe", {{"topics", {"tasks"}}, {"interval_ms", 100}}).contains("result"));
  CHECK(client.reply()["params"]["data"]["tasks"].size() == 500);
  const auto rest = client.reply()["params"]["data"]["tasks"];
  REQUIRE(rest.size() == 200);
  CHECK(rest[0]["id"] == "t-501");
}

TEST_CASE("somebody listens from his subscription to its end, or to that of his connection") {
  control_fixture daemon;
  auto first = daemon.client();
  CHECK(first.call("event.subscribe", {{"topics", {"metrics"}}}).contains("result"));
  CHECK(daemon.backend.listeners() == 0);
  const auto sub = first.call("event.subscribe", {{"topics", {"tasks", "metrics"}}, {"interval_ms", 60000}});
  {
    auto other = daemon.client("observe");
    CHECK(other.call("event.subscribe", {{"topics", {"tasks"}}, {"interval_ms", 60000}}).contains("result"));
    CHECK(daemon.backend.listeners() == 2);
  }
  eventually("the closed connection is noticed", [&] { return daemon.backend.listeners() == 1; });
  CHECK(first.call("event.unsubscribe", {{"sub", sub["result"]["sub"]}}).contains("result"));
  CHECK(daemon.backend.listeners() == 0);
}

TEST_CASE("[OB-05] [OB-08] the details of one task, each interval; it stays known meanwhile") {
  control_fixture daemon;
  auto client = daemon.client();
  CHECK(kind_of(client.call("event.subscribe", {{"topics", {"task"}}})) == "missing_param");
  CHECK(kind_of(client.call("event.subscribe", {{"topics", {"task"}}, {"task", "seven"}})) == "out_of_range");
  const json order = {{"topics", {"task"}}, {"task", "t-2"}, {"interval_ms", 100}};
  CHECK(client.call("event.subscribe", order).contains("result"));
  CHECK(daemon.backend.listeners() == 1);
  CHECK(daemon.backend.watched() == 2);
  const auto event = client.reply()["params"];
  CHECK(event["topic"] == "task");
  CHECK(event["data"]["id"] == "t-2");
  {
    auto other = daemon.client();
    CHECK(other.call("event.subscribe", {{"topics", {"task"}}, {"task", "t-3"}}).contains("result"));
    CHECK(daemon.backend.watched() == 5);
  }
  eventually("the closed connection is noticed", [&] { return daemon.backend.watched() == 2; });
}

TEST_CASE("[OB-05] pause and resume; who may only look may not") {
  control_fixture daemon;
  auto admin = daemon.client(), looking = daemon.client("observe");
  CHECK(admin.call("console.pause")["result"]["paused"] == true);
  CHECK(looking.call("event.subscribe", {{"topics", {"tasks"}}, {"interval_ms", 100}}).contains("result"));
  CHECK(looking.reply()["params"]["data"]["paused"] == true);
  CHECK(daemon.client("observe").call("console.resume")["error"]["data"]["kind"] == "permission_denied");
  CHECK(admin.call("console.resume")["result"]["paused"] == false);
}

TEST_CASE("[OB-11] lints name the task and the fact") {
  control_fixture daemon;
  const auto result = daemon.client("observe").call("diag.lint")["result"];
  CHECK(result["listening"] == false);
  CHECK(result["more"] == false);
  const auto found = result["findings"];
  REQUIRE(found.size() == 1);
  CHECK(found[0]["lint"] == "self_wakes");
  CHECK(found[0]["task"] == "t-2");
  CHECK(found[0]["sentence"] == "75 % of its wakes");
  CHECK(found[0]["id"] == "self_wakes:t-2");
  CHECK(found[0]["severity"] == "warning");
  CHECK(found[0]["threshold"] == 50);
  CHECK(found[0]["evidence"] == json{{"measured", 75}, {"unit", "percent"}});
  CHECK(found[0]["since"] == 1000);
  CHECK(found[0].contains("hint"));
  CHECK_FALSE(found[0].contains("location"));
}

TEST_CASE("[OB-05] [OB-11] of lints there are as many as were asked for, and it is said that there are more") {
  control_fixture daemon;
  daemon.backend.have_tasks(700);  // more than one page of the daemon's
  auto client = daemon.client("observe");
  CHECK(client.call("diag.lint")["result"]["findings"].size() == 1);
  CHECK(client.call("diag.lint", {{"limit", 1}})["result"]["more"] == false);
  CHECK(kind_of(client.call("diag.lint", {{"limit", 0}})) == "out_of_range");
}

TEST_CASE("[OB-03] [OB-04] [OB-05] who subscribes to resources and operations is told what changed of them") {
  control_fixture daemon;
  daemon.backend.have_tasks(700);
  auto client = daemon.client();
  const json order = {{"topics", {"resources", "async_ops"}}, {"interval_ms", 100}};
  CHECK(client.call("event.subscribe", order).contains("result"));
  CHECK(daemon.backend.listeners() == 1);
  auto event = client.reply()["params"];
  CHECK(event["topic"] == "resources");
  REQUIRE(event["data"]["resources"].size() == 500);
  CHECK(event["data"]["dropped_events"] == 4);
  const auto third = event["data"]["resources"][2];
  CHECK(third["id"] == "r-3");
  CHECK(third["parent"] == "r-1");
  CHECK(third["visibility"] == "internal");
  CHECK(third["attributes"][1] == json{{"name", "duration"}, {"value", 20}, {"unit", "ms"}});
  event = client.reply()["params"];
  CHECK(event["topic"] == "async_ops");
  REQUIRE(event["data"]["async_ops"].size() == 500);
  CHECK(event["data"]["async_ops"][0]["task"] == "t-1");
  CHECK(event["data"]["async_ops"][0]["resource"] == "r-1");
  // Each goes on where it was.
  const auto rest = client.reply()["params"]["data"]["resources"];
  REQUIRE(rest.size() == 200);
  CHECK(rest[0]["id"] == "r-501");
}

TEST_CASE("[OB-09] resources in pages, one in detail") {
  control_fixture daemon;
  daemon.backend.have_tasks(5);
  auto client = daemon.client("observe");
  const auto first = client.call("resource.list", {{"limit", 2}})["result"];
  CHECK(first["total"] == 3);
  REQUIRE(first["resources"].size() == 2);
  CHECK(first["next_cursor"] == "r-3");
  const auto next = client.call("resource.list", {{"limit", 2}, {"cursor", "r-3"}})["result"];
  CHECK(next["resources"][0]["id"] == "r-5");
  CHECK_FALSE(next.contains("next_cursor"));
  CHECK(client.call("resource.list", {{"dropped", true}})["result"]["resources"][0]["dropped"] == 1000);
  CHECK(kind_of(client.call("resource.list", {{"cursor", "t-3"}})) == "out_of_range");
  const auto one = client.call("resource.get", {{"id", "r-1"}})["result"];
  CHECK(one["type"] == "Semaphore");
  CHECK(one["async_ops"][0]["poll"]["name"] == "poll_acquire");
  CHECK(one["async_ops"][0]["polls"] == 2);
  CHECK(one["async_ops"][0]["idle_seconds"] == 3.5);
  CHECK(one["more"] == false);
  CHECK(kind_of(client.call("resource.get", {{"id", "r-99"}})) == "not_found");
  CHECK(kind_of(client.call("resource.get", {{"id", "t-1"}})) == "not_found");
}

TEST_CASE("stacks name the thread, what runs on it, and each frame with its file, offset, function and build") {
  control_fixture daemon;
  auto client = daemon.client();
  const auto workers = client.call("diag.stacks")["result"];
  CHECK(workers["partial"] == false);
  REQUIRE(workers["threads"].size() == 1);
  const auto busy = workers["threads"][0];
  CHECK(busy["worker"] == 1);
  CHECK(busy["task"] == "t-7");
  CHECK(busy["frames"][0] ==
        json{{"module", "/usr/lib/echo.so"}, {"offset", "0x1a2b"}, {"symbol", "echo::read()"}, {"build_id", "ab12"}});
  CHECK(busy["frames"][1] == json{{"module", "tokiod"}, {"offset", "0x10"}});
  const auto all = client.call("diag.stacks", {{"scope", "all_threads"}})["result"];
  CHECK(all["partial"] == true);
  CHECK(all["threads"][1]["missing"] == "the thread has not answered in time");
  CHECK(kind_of(client.call("diag.stacks", {{"worker", 9}})) == "not_found");
  CHECK(kind_of(client.call("diag.stacks", {{"scope", "some"}})) == "bad_enum");
  CHECK(kind_of(daemon.client("observe").call("diag.stacks")) == "permission_denied");
}

TEST_CASE("the slow log holds polls, jobs and control calls; who may operate begins it anew") {
  control_fixture daemon;
  auto client = daemon.client(), looking = daemon.client("observe");
  daemon.backend.hold_operations();
  client.write(R"({"jsonrpc":"2.0","id":1,"method":"plugin.stop","params":{"instance":"echo"}})"
               "\n");
  daemon.backend.wait_for_operation();
  const auto since = steady_clock().now();
  eventually("a millisecond is over", [&] { return steady_clock().now() - since > 2 * millisecond; });
  daemon.backend.release_operations();
  CHECK(client.reply().contains("result"));
  const auto calls = looking.call("diag.slow", {{"kind", "control"}})["result"]["entries"];
  bool found = false;
  for (const auto& one : calls) found = found || (one["what"] == "plugin.stop" && one["seconds"] > 0.001);
  CHECK(found);
  CHECK(kind_of(looking.call("diag.slow", {{"reset", true}})) == "permission_denied");
  const auto all = client.call("diag.slow", {{"reset", true}})["result"]["entries"];
  CHECK(all[0]["kind"] == "poll");
  CHECK(all[0]["task"] == "t-7");
  CHECK(client.call("diag.slow", {{"kind", "poll"}})["result"]["entries"].empty());
  const auto since_then = client.call("diag.slow", {{"kind", "control"}})["result"]["entries"];
  for (const auto& one : since_then) CHECK(one["what"] != "plugin.stop");
}

TEST_CASE("where tasks wait, innermost first, one or in pages; who tells nothing says why") {
  control_fixture daemon;
  auto client = daemon.client("observe");
  const auto one = client.call("task.dump", {{"id", "t-1"}})["result"]["tasks"];
  REQUIRE(one.size() == 1);
  CHECK(one[0]["state"] == "idle");
  CHECK(one[0]["trace"][0] == json{{"fn", "read_line"}, {"file", "echo.cpp"}, {"line", 30}, {"depth", 1}});
  CHECK(one[0]["trace"][1]["fn"] == "serve");
  CHECK_FALSE(one[0].contains("unsupported"));
  const auto first = client.call("task.dump", {{"limit", 2}})["result"];
  CHECK(first["total"] == 3);
  REQUIRE(first["tasks"].size() == 2);
  const auto rest = client.call("task.dump", {{"cursor", first["next_cursor"]}})["result"];
  REQUIRE(rest["tasks"].size() == 1);
  CHECK(rest["tasks"][0]["unsupported"] == "its plugin tells nothing");
  CHECK(rest["tasks"][0]["trace"].empty());
  CHECK(kind_of(client.call("task.dump", {{"id", "t-9"}})) == "not_found");
  CHECK(kind_of(client.call("task.dump", {{"cursor", "9"}})) == "out_of_range");
}

TEST_CASE("administrators may have a task polled once more") {
  control_fixture daemon;
  CHECK(daemon.client().call("task.wake", {{"id", "t-1"}})["result"]["id"] == "t-1");
  CHECK(kind_of(daemon.client().call("task.wake", {{"id", "t-9"}})) == "not_found");
  CHECK(kind_of(daemon.client("observe").call("task.wake", {{"id", "t-1"}})) == "permission_denied");
}
