// Listening to the tasks of a daemon that runs.
#include <doctest/doctest.h>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

constexpr const char* with_hello = R"({"plugins": {"instances": {"hello": {"plugin": "hello_c"}}}})";

// The task named greeter among them; null when it is not there.
wire::json greeter(const wire::json& tasks) {
  for (const auto& task : tasks)
    if (task.at("name") == "greeter") return task;
  return nullptr;
}

// Others are about time, of which a machine that has too much to do may leave it too little.
void check_unsuspicious(const wire::json& lints) {
  for (const auto& one : lints)
    for (const auto* const kind : {"self_wakes", "large_future", "never_polled_again", "lost_waker", "leaked_tasks"})
      CHECK(one.at("lint") != kind);
}

}  // namespace

TEST_CASE("[OB-05] [OB-07] a task that was there before is heard of while somebody listens, and not afterwards") {
  const daemon_process d(with_hello);
  auto client = d.connect(), listening = d.connect();
  eventually("it runs", [&] { return !greeter(client.call("task.list").at("tasks")).is_null(); });
  CHECK_FALSE(greeter(client.call("task.list").at("tasks")).contains("stats"));

  const auto sub = listening.call("event.subscribe", {{"topics", {"tasks"}}, {"interval_ms", 100}});
  wire::json task;
  // It greets each second: the first poll that is heard of, and later a second one with the wake that led to it.
  eventually("its polls are told of", [&] {
    task = greeter(listening.next_line().at("params").at("data").at("tasks"));
    return !task.is_null() && task.at("stats").at("polls") >= 2;
  });
  CHECK(task.at("plugin") == "hello");
  CHECK(task.at("location").get<std::string>().find("hello_c") != std::string::npos);
  CHECK(task.at("stats").at("from_birth") == false);
  CHECK(task.at("stats").at("wakes") >= 1);
  CHECK(task.at("stats").at("self_wakes") == 0);
  check_unsuspicious(task.at("stats").at("warnings"));
  const auto detail = client.call("task.get", {{"id", task.at("id")}, {"histograms", true}});
  CHECK(detail.at("stats").at("poll_times").at("count") >= 2);
  CHECK(detail.at("stats").at("scheduled_times").at("count") >= 1);
  check_unsuspicious(client.call("diag.lint").at("findings"));

  // With a new instance, from its birth to its end.
  client.call("plugin.start", {{"instance", "other"}, {"plugin", "hello_c"}});
  eventually("the new task is told of from its birth", [&] {
    const auto line = listening.next_line();
    for (const auto& one : line.at("params").at("data").at("tasks"))
      if (one.at("plugin") == "other" && one.at("name") == "greeter") return one.at("stats").at("from_birth") == true;
    return false;
  });
  client.call("plugin.stop", {{"instance", "other"}});
  eventually("its end is kept", [&] {
    const auto ended = client.call("task.list", {{"state", "done"}});
    for (const auto& one : ended.at("tasks"))
      if (one.at("plugin") == "other") return one.at("stats").at("end") == "cancelled";
    return false;
  });

  // Whoever looks after that sees the tasks alone, and nothing of those that ended.
  listening.send_line(R"({"jsonrpc":"2.0","method":"event.unsubscribe","params":{"sub":")" +
                      sub.at("sub").get<std::string>() + "\"}}");
  eventually("nobody listens", [&] { return client.call("diag.lint").at("listening") == false; });
  CHECK_FALSE(greeter(client.call("task.list").at("tasks")).contains("stats"));
  client.call("plugin.stop", {{"instance", "hello"}});
  CHECK(greeter(client.call("task.list").at("tasks")).is_null());
  CHECK(client.call("task.list", {{"state", "done"}}).at("tasks").empty());
}
