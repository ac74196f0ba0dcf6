// Somebody listens while a daemon works: he hears of locks, channels and what waits for them, and what happens to
// workers and plugins meanwhile (a worker is taken over, workers come and go, a plugin is unloaded) happens as ever.
#include <doctest/doctest.h>

#include <string>

#include "acceptance/instances.hpp"
#include "acceptance/tcp_client.hpp"
#include "acceptance/traffic.hpp"
#include "support/daemon_process.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

std::string config_text(const std::string& plugin, const reserved_port& port) {
  return R"({"plugins": {"instances": {")" + plugin + R"(": {"plugin": ")" + plugin + R"(", "config": {"port": )" +
         port.text() + "}}}}}";
}

struct bench {
  explicit bench(const std::string& plugin)
      : daemon(config_text(plugin, port), {"--workers", "2"}), control(daemon.connect()), hears(daemon.connect()) {
    wait_until_runs(control, plugin);
    hears.call("event.subscribe", {{"topics", {"tasks", "resources", "async_ops"}}, {"interval_ms", 100}});
  }

  // The next page of a topic.
  wire::json page(const std::string& topic) {
    while (true) {
      const auto event = hears.next_line().at("params");
      if (event.at("topic") == topic) return event.at("data");
    }
  }

  reserved_port port;
  daemon_process daemon;
  rpc_client control, hears;
};

wire::json with(const wire::json& all, const std::string& key, const wire::json& value) {
  for (const auto& each : all)
    if (each.contains(key) && each.at(key) == value) return each;
  return nullptr;
}

void enter(tcp_client& client, const std::string& name) {
  CHECK(client.read_until("\n") == "What is your name?\n");
  CHECK(client.send(name + "\n"));
  CHECK(client.read_until("\n") == "* welcome, " + name + "\n");
}

}  // namespace

TEST_CASE("[OB-03] [OB-04] [OB-05] [OB-09] a channel, where it was made, and the task that waits for it") {
  bench b("chat");
  const reserved_port port;
  b.control.call("plugin.start", {{"instance", "other"}, {"plugin", "chat"}, {"config", {{"port", port.number()}}}});
  wire::json channel;
  eventually("its channel is told of", [&] {
    channel = with(b.page("resources").at("resources"), "plugin", "other");
    return !channel.is_null();
  });
  channel = with(b.control.call("resource.list", {{"plugin", "other"}, {"type", "broadcast"}}).at("resources"),
                 "plugin", "other");
  REQUIRE(!channel.is_null());
  CHECK(channel.at("kind") == "Sync");
  CHECK(channel.at("visibility") == "public");
  CHECK(channel.at("from_birth") == true);
  CHECK(channel.at("location").get<std::string>().find("room.hpp:") != std::string::npos);

  tcp_client ann(port.number()), bob(port.number());
  enter(ann, "ann");
  enter(bob, "bob");
  CHECK(ann.read_until("\n") == "* bob is here\n");
  wire::json waits;
  eventually("two members wait for it", [&] {
    waits = b.control.call("resource.get", {{"id", channel.at("id")}}).at("async_ops");
    std::size_t open = 0;
    for (const auto& each : waits) open += each.contains("dropped") ? 0 : 1;
    return open == 2;
  });
  for (const auto& each : waits) {
    CHECK(each.at("source") == "Receiver::recv");
    CHECK(each.at("poll").at("name") == "poll_recv");
    CHECK(each.at("resource") == channel.at("id"));
    CHECK(each.at("polls") >= 1);
    const auto task = b.control.call("task.get", {{"id", each.at("task")}});
    CHECK(task.at("name") == "chat member");
  }
  CHECK(b.page("async_ops").contains("dropped_events"));

  b.control.call("plugin.stop", {{"instance", "other"}});
  const auto gone = b.control.call("resource.get", {{"id", channel.at("id")}});
  CHECK(gone.contains("dropped"));
  for (const auto& each : gone.at("async_ops")) CHECK(each.contains("dropped"));
  CHECK(b.control.call("resource.list", {{"plugin", "other"}}).at("total") == 0);
  CHECK(b.control.call("resource.list", {{"plugin", "other"}, {"dropped", true}}).at("total") >= 1);
  CHECK(b.daemon.stop() == 0);
}

TEST_CASE("[OB-04] [OB-05] a channel that was there before is met by the first who waits for it") {
  bench b("chat");
  tcp_client ann(b.port.number());
  enter(ann, "ann");
  wire::json wait;
  eventually("the wait is told of", [&] {
    wait = with(b.page("async_ops").at("async_ops"), "source", "Receiver::recv");
    return !wait.is_null();
  });
  const auto channel = b.control.call("resource.get", {{"id", wait.at("resource")}});
  CHECK(channel.at("type") == "broadcast");
  CHECK(channel.at("from_birth") == false);
  auto state = b.daemon.connect();
  state.call("event.subscribe", {{"topics", {"console.state"}}});
  b.control.call("console.pause");
  b.control.call("console.pause");  // which changes nothing, and is not told
  CHECK(b.control.call("resource.get", {{"id", wait.at("resource")}}).at("type") == "broadcast");
  b.control.call("console.resume");
  for (const bool paused : {true, false}) {
    const auto told = state.next_line().at("params");
    CHECK(told.at("topic") == "console.state");
    CHECK(told.at("data").at("paused") == paused);
  }
  CHECK(b.daemon.stop() == 0);
}

TEST_CASE("[OB-05] [OB-11] a task whose worker was taken over is told of as it is: in its first poll") {
  bench b("echo");
  tcp_client client(b.port.number());
  b.control.call("plugin.load", {{"plugin", std::string(TOKIOD_FIXTURES) + "/spins_everywhere.so"},
                                 {"instance", "hog"},
                                 {"config", {{"tasks", 2}}}});
  eventually("both workers were taken over, and each spinner is told of", [&] {
    const auto listed = b.control.call("task.list", {{"plugin", "hog"}, {"state", "running"}});
    std::size_t polled = 0;
    for (const auto& each : listed.at("tasks"))
      polled += each.contains("stats") && each.at("stats").at("busy_seconds") > 0.0 ? 1 : 0;
    return polled == 2;
  });
  for (int i = 0; i < 20; ++i) {
    CHECK(client.send("line\n"));
    CHECK(client.read_until("\n") == "line\n");
  }
  eventually("they have not yielded for long", [&] {
    std::size_t found = 0;
    const auto told = b.control.call("diag.lint");
    for (const auto& each : told.at("findings"))
      found += each.at("lint") == "never_yielded" && each.at("plugin") == "hog" ? 1 : 0;
    return found == 2;
  });
  const auto first = b.control.call("diag.lint", {{"limit", 1}});
  CHECK(first.at("findings").size() == 1);
  CHECK(first.at("more") == true);
}

TEST_CASE("[OB-05] workers come and go under traffic while somebody listens, and every byte is answered") {
  bench b("echo");
  traffic load(b.port.number(), 4);
  for (const std::uint64_t workers : {4u, 1u, 3u, 1u, 2u}) {
    CHECK(b.control.call("runtime.resize", {{"worker_threads", workers}}).at("after") == workers);
    const auto seen = load.answers();
    eventually("traffic goes on", [&] { return load.answers() > seen + 20; });
    eventually("and is told of", [&] { return !with(b.page("tasks").at("tasks"), "plugin", "echo").is_null(); });
  }
  CHECK(load.end() == 0);
  CHECK(b.daemon.stop() == 0);
}

TEST_CASE("[OB-05] a plugin is unloaded while somebody listens; what it left is told of as ended, and not run") {
  bench b("chat");
  for (int round = 0; round < 3; ++round) {
    tcp_client ann(b.port.number()), bob(b.port.number());
    enter(ann, "ann");
    enter(bob, "bob");
    const auto report = b.control.call("plugin.unload", {{"plugin", "chat"}});
    CHECK(report.at("unmapped") == true);
    CHECK(b.control.call("resource.list", {{"plugin", "chat"}}).at("total") == 0);
    CHECK(b.control.call("task.list", {{"plugin", "chat"}}).at("total") == 0);
    const auto ended = b.control.call("task.list", {{"plugin", "chat"}, {"state", "done"}});
    CHECK(ended.at("total") >= 2);
    for (const auto& each : ended.at("tasks")) CHECK(each.at("stats").contains("end"));
    b.control.call("plugin.load", {{"plugin", "chat"}, {"instance", "chat"}, {"config", {{"port", b.port.number()}}}});
    wait_until_runs(b.control, "chat");
  }
  CHECK(b.daemon.stop() == 0);
}

TEST_CASE("where a task of a C++ plugin waits is told without a poll of it, also when nobody listens") {
  const reserved_port port;
  const daemon_process d(config_text("echo", port), {"--workers", "2"});
  auto control = d.connect();
  wait_until_runs(control, "echo");
  wire::json task;
  eventually("one of them waits", [&] {
    const auto told = control.call("task.dump", {{"plugin", "echo"}, {"state", "idle"}});
    for (const auto& each : told.at("tasks"))
      for (const auto& place : each.at("trace"))
        if (place.at("file").get<std::string>().ends_with(".cpp") && place.at("line") >= 1) task = each;
    return !task.is_null();
  });
  CHECK_FALSE(task.contains("unsupported"));
  CHECK(task.at("trace").back().at("depth") == 0);
  for (int i = 0; i < 10; ++i) {
    const auto again = control.call("task.dump", {{"id", task.at("id")}}).at("tasks")[0];
    if (again.at("state") == "idle") CHECK(again.at("trace") == task.at("trace"));
  }
}
