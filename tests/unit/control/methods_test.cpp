#include <doctest/doctest.h>

#include <algorithm>

#include "base/log_sink.hpp"
#include "control/methods/methods.hpp"
#include "support/control_fixture.hpp"
#include "support/eventually.hpp"
#include "support/in_child.hpp"
#include "wire/get.hpp"
#include "wire/method.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

// Connected one after the other, so that the daemon counts them so.
std::vector<control_client> two_clients(const control_fixture& daemon) {
  std::vector<control_client> made;
  for (int i = 0; i < 2; ++i) {
    made.push_back(daemon.client());
    CHECK(made.back().call("control.ping").contains("result"));
  }
  return made;
}

}  // namespace

TEST_CASE("every row of the method table has code, and its example succeeds") {
  control_fixture daemon;
  const auto others = two_clients(daemon);  // c-1, and c-2 whom the example of control.kill means
  for (const auto& row : wire::methods()) {
    CAPTURE(row.name);
    CHECK(control::find_code(row.name) != nullptr);
    auto client = daemon.client();
    if (row.name == "event.unsubscribe") client.call("event.subscribe", {{"topics", {"metrics"}}});
    const auto reply = client.call(row.name, *wire::parse(row.example));
    CHECK_MESSAGE(reply.contains("result"), reply.dump());
  }
}

TEST_CASE("there is no code without a row") {
  for (const auto group :
       {control::config_methods(), control::console_methods(), control::control_methods(), control::daemon_methods(),
        control::diag_methods(), control::event_methods(), control::log_methods(), control::metrics_methods(),
        control::plugin_methods(), control::resource_methods(), control::runtime_methods(), control::task_methods()})
    for (const auto& each : group) CHECK(wire::find_method(each.name) != nullptr);
}

TEST_CASE("no method shows an observer what a plugin keeps secret") {
  control_fixture daemon;
  const auto others = two_clients(daemon);
  for (const auto* const socket : {"observe", "control"}) {
    for (const auto& row : wire::methods()) {
      CAPTURE(row.name);
      auto client = daemon.client(socket);
      if (row.name == "event.unsubscribe") client.call("event.subscribe", {{"topics", {"metrics"}}});
      const auto text = client.call(row.name, *wire::parse(row.example)).dump();
      CHECK(text.find("planted-marked") == std::string::npos);
      if (socket == std::string_view("observe")) CHECK(text.find("planted-unknown") == std::string::npos);
    }
  }
}

TEST_CASE("an instance's configuration is shown by its plugin's schema, and the rest of it to administrators") {
  control_fixture daemon;
  const auto config_seen = [&](const char* socket, const char* method, const json& params) {
    auto result = daemon.client(socket).call(method, params)["result"];
    if (result.contains("plugins")) result = result["plugins"][0];
    return result["instances"][0]["config"];
  };
  for (const auto& [method, params] : {std::pair<const char*, json>{"plugin.list", json::object()},
                                       std::pair<const char*, json>{"plugin.info", {{"plugin", "echo"}}}}) {
    CAPTURE(method);
    CHECK(config_seen("observe", method, params) == json({{"port", 7007}, {"key", "***"}, {"note", "***"}}));
    CHECK(config_seen("control", method, params) ==
          json({{"port", 7007}, {"key", "***"}, {"note", "planted-unknown"}}));
  }
}

TEST_CASE("rpc.discover gives the table") {
  control_fixture daemon;
  const auto reply = daemon.client().call("rpc.discover");
  CHECK(reply["result"]["openrpc"] == "1.3.2");
  CHECK(reply["result"]["info"]["version"] == "9.9.9");
  CHECK(reply["result"]["methods"].size() == wire::methods().size());
}

TEST_CASE("an unknown method is refused with the name that was meant") {
  control_fixture daemon;
  const auto reply = daemon.client().call("plugin.lod");
  CHECK(reply["error"]["code"] == -32601);
  CHECK(reply["error"]["data"]["hint"] == "did you mean plugin.load?");
}

TEST_CASE("whoami tells what the kernel says, and each socket's ceiling") {
  control_fixture daemon;
  const auto admin = daemon.client().call("control.whoami")["result"];
  CHECK(admin["uid"] == ::getuid());
  CHECK(admin["pid"] == ::getpid());
  CHECK(admin["level"] == "admin");
  CHECK(admin["socket"] == "control");
  const auto observer = daemon.client("observe").call("control.whoami")["result"];
  CHECK(observer["level"] == "observe");
  CHECK(observer["socket"] == "observe");
}

TEST_CASE("who may only observe is told what he lacks") {
  control_fixture daemon;
  auto client = daemon.client("observe");
  const auto reply = client.call("plugin.stop", {{"instance", "echo"}});
  CHECK(kind_of(reply) == "permission_denied");
  CHECK(reply["error"]["data"]["required"] == "operate");
  CHECK(reply["error"]["data"]["have"] == "observe");
  CHECK(client.call("plugin.list").contains("result"));
}

TEST_CASE("a draining daemon takes no new plugins but still answers and still unloads") {
  control_fixture daemon;
  auto client = daemon.client();
  daemon.backend.be(control::daemon_state::draining);
  const auto refused = client.call("plugin.load", {{"plugin", "echo"}});
  CHECK(kind_of(refused) == "draining");
  CHECK(refused["error"]["data"]["allowed"] == json{"running"});
  CHECK(client.call("daemon.status")["result"]["state"] == "draining");
  CHECK(client.call("plugin.unload", {{"plugin", "echo"}}).contains("result"));
  daemon.backend.be(control::daemon_state::starting);
  CHECK(kind_of(client.call("plugin.load", {{"plugin", "echo"}})) == "wrong_state");
}

TEST_CASE("shutdown hands the order on") {
  control_fixture daemon;
  const auto reply = daemon.client().call("daemon.shutdown",
                                          {{"mode", "now"}, {"exit_code", 3}, {"deadline_s", 1.5}, {"reason", "test"}});
  CHECK(reply["result"]["mode"] == "now");
  CHECK(reply["result"]["state"] == "draining");
  const auto order = daemon.backend.ordered();
  REQUIRE(order);
  CHECK_FALSE(order->drain);
  CHECK(order->exit_code == 3);
  CHECK(order->deadline_s == 1.5);
  CHECK(order->reason == "test");
}

TEST_CASE("health says which check fails, and status warns of it") {
  control_fixture daemon;
  auto client = daemon.client();
  CHECK(client.call("daemon.health")["result"]["ready"] == true);
  daemon.backend.be_unready("echo failed");
  const auto health = client.call("daemon.health", {{"verbose", false}})["result"];
  CHECK(health["ready"] == false);
  CHECK(health["live"] == true);
  REQUIRE(health["checks"].size() == 1);
  CHECK(health["checks"][0]["detail"] == "echo failed");
  CHECK(client.call("daemon.status")["result"]["warnings"][0] == "plugins: echo failed");
}

TEST_CASE("task.list goes through its pages without loss or repetition") {
  control_fixture daemon;
  daemon.backend.have_tasks(7);
  auto client = daemon.client();
  std::vector<std::string> ids;
  json params = {{"limit", 3}};
  for (int page = 0; page < 3; ++page) {
    const auto result = client.call("task.list", params)["result"];
    CHECK(result["total"] == 7);
    for (const auto& task : result["tasks"]) ids.push_back(task["id"]);
    CHECK(result.contains("next_cursor") == (page < 2));
    if (page < 2) params["cursor"] = result["next_cursor"];
  }
  CHECK(ids == std::vector<std::string>{"t-1", "t-2", "t-3", "t-4", "t-5", "t-6", "t-7"});
  CHECK(kind_of(client.call("task.list", {{"cursor", "x-1"}})) == "out_of_range");
  CHECK(kind_of(client.call("task.get", {{"id", "t-99"}})) == "not_found");
  CHECK(kind_of(client.call("task.get", {{"id", "t-18446744073709551616"}})) == "not_found");
  CHECK(kind_of(client.call("task.cancel", {{"id", "t-99"}})) == "not_found");
}

TEST_CASE("task.list gives those whose name and place match, in the order that is asked for, on one page") {
  control_fixture daemon;
  daemon.backend.have_tasks(7);
  auto client = daemon.client();
  const auto ids = [&](const json& params) {
    const auto result = client.call("task.list", params)["result"];
    CHECK_FALSE(result.contains("next_cursor"));
    std::string all;
    for (const auto& task : result["tasks"]) all += task["id"].get<std::string>() + " ";
    return all;
  };
  CHECK(ids({{"name", "acc*"}}) == "t-2 t-4 t-6 ");
  CHECK(ids({{"location", "*:5"}}) == "t-5 ");
  CHECK(ids({{"name", "acc*"}, {"location", "*:5"}}).empty());
  CHECK(ids({{"sort", "id"}}) == "t-1 t-2 t-3 t-4 t-5 t-6 t-7 ");
  // What nobody listens to has no numbers, and comes after what has.
  for (const auto by : {"total", "busy", "scheduled", "idle", "polls"})
    CHECK_MESSAGE(ids({{"sort", by}, {"limit", 2}}) == "t-3 t-1 ", by);
  for (const auto by : {"running", "wakes", "self_wakes", "bytes"})
    CHECK_MESSAGE(ids({{"sort", by}, {"limit", 2}}) == "t-1 t-2 ", by);
  CHECK(kind_of(client.call("task.list", {{"sort", "height"}})) == "bad_enum");
  CHECK(kind_of(client.call("task.list", {{"sort", "busy"}, {"cursor", "t-3"}})) == "invalid_params");
}

TEST_CASE("the guilty task of a busy worker is named") {
  control_fixture daemon;
  const auto workers = daemon.client().call("runtime.workers")["result"]["workers"];
  CHECK(workers[0]["current"]["task"] == "t-7");
  CHECK(workers[0]["current"]["plugin"] == "echo");
  CHECK_FALSE(workers[1].contains("current"));
}

TEST_CASE("[RM-21] [RM-22] a histogram shows the buckets that counted something; the last has no upper end") {
  control_fixture daemon;
  const auto worker = daemon.client().call("runtime.workers")["result"]["workers"][0];
  const json seen = worker["schedule_latency"];
  CHECK(seen["num_buckets"] == 3);
  CHECK(seen["count"] == 5);
  CHECK(seen["buckets"] ==
        json::parse(R"([{"from": 0.5, "to": 1.0, "count": 4}, {"from": 2.0, "to": null, "count": 1}])"));
  CHECK(worker["poll_time"]["buckets"] == json::array());
}

TEST_CASE("a new instance is named as in a configuration, whichever method makes it") {
  control_fixture daemon;
  auto client = daemon.client();
  const std::string limit(64, 'n');
  for (const std::string& name : {std::string("Bad Name"), std::string("a/b"), limit + "n"})
    for (const auto method : {"plugin.load", "plugin.start"}) {
      const auto reply = client.call(method, {{"plugin", "echo"}, {"instance", name}});
      CHECK(kind_of(reply) == "invalid_params");
      CHECK(reply["error"]["data"]["path"] == "/instance");
      CHECK(reply["error"]["message"] ==
            "instance must be named with 1..64 of a-z, 0-9, _ and -, got \"" + name + "\"");
    }
  CHECK(client.call("plugin.load", {{"plugin", "echo"}, {"instance", limit}}).contains("result"));
}

TEST_CASE("an instance that exists takes no other configuration when it is started again") {
  control_fixture daemon;
  const auto reply = daemon.client().call("plugin.start", {{"instance", "echo"}, {"max_tasks", 7}});
  CHECK(kind_of(reply) == "conflict");
  CHECK(reply["error"]["data"]["path"] == "/max_tasks");
}

TEST_CASE("what belongs to an instance is refused where none is started, and not forgotten") {
  control_fixture daemon;
  auto client = daemon.client();
  const json given = {{"instance", "mine"},          {"config", json::object()}, {"max_tasks", 7},
                      {"max_memory_bytes", 1 << 20}, {"max_blocking_jobs", 2},   {"cpu_quota_percent", 10}};
  for (const auto& [name, value] : given.items()) {
    const auto reply = client.call("plugin.load", {{"plugin", "echo"}, {"start", false}, {name, value}});
    CHECK(kind_of(reply) == "invalid_params");
    CHECK(reply["error"]["data"]["path"] == "/" + name);
    CHECK(reply["error"]["message"] == name + " belongs to an instance, and start is false: none is started");
    CHECK(client.call("plugin.load", {{"plugin", "echo"}, {"start", true}, {name, value}}).contains("result"));
  }
  CHECK(client.call("plugin.load", {{"plugin", "echo"}, {"start", false}}).contains("result"));
}

TEST_CASE("a plugin that does not start is taken out again") {
  control_fixture daemon;
  const auto reply = daemon.client().call("plugin.load", {{"plugin", "echo"}, {"instance", "refuses"}});
  CHECK(kind_of(reply) == "init_failed");
  CHECK(reply["error"]["data"]["unmapped"] == true);
  CHECK(daemon.backend.unloaded() == "echo");
}

TEST_CASE("a second operation on the same plugin is busy; on another one it is not") {
  control_fixture daemon;
  auto first = daemon.client(), other = daemon.client(), third = daemon.client();
  daemon.backend.hold_operations();
  first.write(wire::print_request(1, "plugin.reload", {{"plugin", "echo"}}) + "\n");
  daemon.backend.wait_for_operation();
  CHECK(kind_of(other.call("plugin.unload", {{"plugin", "echo"}})) == "busy");
  third.write(wire::print_request(1, "plugin.reload", {{"plugin", "chat"}}) + "\n");
  CHECK(other.call("control.ping").contains("result"));
  daemon.backend.release_operations();
  CHECK(first.reply().contains("result"));
  CHECK(third.reply().contains("result"));
}

TEST_CASE("who only looks never waits for operations, however many are under way") {
  control_fixture daemon([](auto& options) { options.bounds.max_in_flight = 64; });
  auto busy = daemon.client(), looking = daemon.client();
  daemon.backend.hold_operations();
  for (int id = 0; id < 20; ++id)
    busy.write(wire::print_request(id, "plugin.reload", {{"plugin", "p" + std::to_string(id)}}) + "\n");
  daemon.backend.wait_for_operation();
  for (const auto method :
       {"daemon.status", "plugin.list", "plugin.scan", "task.list", "runtime.workers", "metrics.get"})
    CHECK(looking.call(method).contains("result"));
  CHECK(daemon.http("GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200"));
  daemon.backend.release_operations();
  for (int id = 0; id < 20; ++id) CHECK(busy.reply().contains("result"));
}

TEST_CASE("config.reload without waiting is answered at once") {
  control_fixture daemon;
  auto client = daemon.client();
  daemon.backend.hold_operations();
  CHECK(client.call("config.reload", {{"wait", false}})["result"]["accepted"] == true);
  daemon.backend.release_operations();
  CHECK(client.call("control.ping").contains("result"));
}

TEST_CASE("a plugin's own answer and its own error come through") {
  control_fixture daemon;
  auto client = daemon.client();
  const json call = {{"instance", "echo"}, {"method", "stats"}, {"params", {{"deep", {1, 2}}}}};
  CHECK(client.call("plugin.call", call)["result"] == json{{"connections", 3}});
  daemon.backend.answer_calls(std::unexpected(refusal{kind::plugin_error, "no such key", "42", R"({"key":"x"})"}));
  const auto failed = client.call("plugin.call", call)["error"];
  CHECK(failed["message"] == "no such key");
  CHECK(failed["code"] == 1108);
  CHECK(failed["data"]["plugin_code"] == 42);
  CHECK(failed["data"]["plugin_data"] == json{{"key", "x"}});
  daemon.backend.answer_calls(std::string("not json"));
  CHECK(kind_of(client.call("plugin.call", call)) == "plugin_error");
  daemon.backend.answer_calls(std::string(100'000, '['));
  CHECK(kind_of(client.call("plugin.call", call)) == "plugin_error");
  CHECK(kind_of(client.call("plugin.call", {{"instance", "nobody"}, {"method", "x"}})) == "not_found");
}

TEST_CASE("a plugin's events come before its reply, on the connection that called") {
  control_fixture daemon;
  daemon.backend.keep_calls_open();
  auto client = daemon.client();
  client.write(wire::print_request(9, "plugin.call", {{"instance", "echo"}, {"method", "watch"}}) + "\n");
  const auto listener = daemon.backend.wait_for_call();
  listener->event(R"({"n":1})");
  listener->done(std::string("\"end\""));
  const auto event = client.reply();
  CHECK(event["method"] == "plugin.call.event");
  CHECK(event["params"] == json{{"id", 9}, {"data", {{"n", 1}}}});
  CHECK(client.reply()["result"] == "end");
}

TEST_CASE("when the client goes away its plugin calls are cancelled, and a late answer is harmless") {
  control_fixture daemon;
  daemon.backend.keep_calls_open();
  auto client = daemon.client();
  client.write(wire::print_request(1, "plugin.call", {{"instance", "echo"}, {"method", "slow"}}) + "\n");
  const auto listener = daemon.backend.wait_for_call();
  client.close();
  daemon.backend.wait_for_cancel();
  listener->done(std::string("1"));
  CHECK(daemon.client().call("control.ping").contains("result"));
}

TEST_CASE("an answer that comes after the server has ended goes nowhere") {
  std::shared_ptr<host::call_listener> listener;
  {
    control_fixture daemon;
    daemon.backend.keep_calls_open();
    auto client = daemon.client();
    client.write(wire::print_request(1, "plugin.call", {{"instance", "echo"}, {"method", "slow"}}) + "\n");
    listener = daemon.backend.wait_for_call();
    daemon.server->stop();
    CHECK(client.closed_by_server());
  }
  listener->done(std::string("1"));
}

TEST_CASE("log levels are set and shown") {
  control_fixture daemon;
  auto client = daemon.client();
  const auto before = client.call("log.get")["result"]["level"];
  CHECK(client.call("log.set", {{"level", "debug"}, {"target", "plugin.echo"}})["result"]["targets"]["plugin.echo"] ==
        "debug");
  CHECK(client.call("log.get")["result"]["level"] == before);
  CHECK(kind_of(client.call("log.set", {{"level", "loud"}})) == "bad_enum");
}

TEST_CASE("several levels are set at once, for a time, and a wrong one changes nothing") {
  control_fixture daemon;
  auto client = daemon.client();
  const json levels = {{"x.one", "warn"}, {"x.*", "error"}};
  const auto shown = client.call("log.set", {{"levels", levels}, {"for_s", 3600}})["result"];
  CHECK(shown["targets"]["x.one"] == "warn");
  CHECK(shown["for_a_time"].size() >= 2);
  CHECK(shown["for_a_time"].back()["left_seconds"] > 3000);
  const auto wrong = client.call("log.set", {{"levels", {{"x.two", "warn"}, {"x.three", 3}}}});
  CHECK(kind_of(wrong) == "bad_enum");
  CHECK(wrong["error"]["data"]["path"] == "/levels/x.three");
  CHECK_FALSE(client.call("log.get")["result"]["targets"].contains("x.two"));
  CHECK(kind_of(client.call("log.set", {{"for_s", 3}})) == "missing_param");
  const json lasting = {{"x.one", "info"}, {"x.*", "info"}};
  CHECK(client.call("log.set", {{"levels", lasting}})["result"]["targets"]["x.*"] == "info");
}

TEST_CASE("what a method throws is its own answer, which the log knows too, and the next one is as ever") {
  const auto lines = std::make_shared<log::buffer_sink::store>();
  log::start({}, std::make_unique<log::buffer_sink>(lines));
  control_fixture daemon;
  auto client = daemon.client();
  const auto fails_once = [&](const char* function, const char* method, const json& params = json::object()) {
    daemon.backend.run_out_of_memory_in(function);
    const auto failed = client.call(method, params);
    CHECK(kind_of(failed) == "internal");
    const auto hint = failed["error"]["data"]["hint"].get<std::string>();
    const auto incident = hint.substr(hint.rfind(' ') + 1);
    CHECK(incident.starts_with("i-" + std::to_string(::getpid()) + "-"));
    log::flush();
    CHECK(std::ranges::count_if(lines->take(), [&](const std::string& line) { return line.ends_with(incident); }) == 1);
    CHECK(client.call(method, params).contains("result"));
  };
  fails_once("info", "daemon.info");                          // on the control thread
  fails_once("metrics", "metrics.get");                       // on a reader's
  fails_once("work", "plugin.stop", {{"instance", "echo"}});  // on an operation's
  fails_once("call", "plugin.call", {{"instance", "echo"}, {"method", "stats"}});
  daemon.backend.run_out_of_memory_in("metrics");
  CHECK(daemon.http("GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 500"));
  CHECK(daemon.http("GET /metrics HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200"));
  log::stop();
}

TEST_CASE("an upgrade that fails says at which step, and what the successor said") {
  control_fixture daemon;
  auto client = daemon.client();
  daemon.backend.fail_upgrades("start");
  const auto no = client.call("daemon.upgrade", {{"exe", "/usr/sbin/other"}}).at("error");
  CHECK(no.at("code") == 1110);
  CHECK(no.at("data").at("kind") == "upgrade_failed");
  CHECK(no.at("data").at("stage") == "start");
  CHECK(no.at("data").at("stderr") == "its last words\n");
  daemon.backend.fail_upgrades("");
  CHECK(client.call("daemon.upgrade").at("result") == json{{"new_pid", 4712}, {"generation", 2}});
}

TEST_CASE("a page of metrics that cannot be made is left out, and the next one comes") {
  control_fixture daemon;
  auto client = daemon.client();
  daemon.backend.run_out_of_memory_in("metrics");
  CHECK(client.call("event.subscribe", {{"topics", {"metrics"}}, {"interval_ms", 100}}).contains("result"));
  CHECK(client.reply()["method"] == "event");
}

TEST_CASE("when the control thread itself runs out of memory it disconnects everybody and goes on") {
  control_fixture daemon;
  auto client = daemon.client();
  CHECK(client.call("control.ping").contains("result"));
  daemon.backend.run_out_of_memory_in("state");
  client.write(wire::print_request(7, "control.ping", json::object()) + "\n");
  CHECK(client.closed_by_server());
  const auto before = daemon.server->last_turn();
  CHECK(daemon.client().call("control.ping").contains("result"));
  CHECK(daemon.http("GET /livez HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 200"));
  eventually("the clock ticks on", [&] { return daemon.server->last_turn() > before; });
}

TEST_CASE("internal: questions and operations are answered although no thread can be had" * doctest::skip()) {
  child_begins();
  control_fixture daemon;
  auto client = daemon.client();  // the kernel tells who that is at the connection
  CHECK(client.call("control.ping").contains("result"));
  const without_threads alone;
  for (int i = 0; i < 3; ++i) {
    CHECK(client.call("daemon.status").contains("result"));
    CHECK(client.call("metrics.get").contains("result"));
    CHECK(client.call("plugin.stop", {{"instance", "echo"}}).contains("result"));
  }
}

TEST_CASE("questions and operations are answered although no thread can be had") {
  CHECK(passes_in_child("internal: questions and operations are answered although no thread can be had"));
}
