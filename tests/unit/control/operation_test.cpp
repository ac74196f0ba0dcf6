// Operations by their ids: not waited for, waited for in vain, looked at, cancelled.
#include <doctest/doctest.h>

#include <algorithm>

#include "control/methods/methods.hpp"
#include "control/operation_list.hpp"
#include "support/control_fixture.hpp"
#include "support/eventually.hpp"
#include "wire/method.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

json show(control_client& client, const char* id) { return client.call("operation.get", {{"id", id}})["result"]; }

void wait_for_state(control_client& client, const char* id, const char* state) {
  eventually(state, [&] { return show(client, id)["state"] == state; });
}

control::operation_record record() {
  control::operation_record made;
  made.row = wire::find_method("plugin.reload");
  made.about = "echo";
  return made;
}

}  // namespace

TEST_CASE("who does not wait gets an id at once, and by it the outcome later") {
  control_fixture daemon;
  auto client = daemon.client();
  daemon.backend.hold_operations();
  const auto begun = client.call("plugin.reload", {{"plugin", "echo"}, {"wait", false}})["result"];
  CHECK(begun == json{{"accepted", true}, {"operation_id", "op-1"}});
  daemon.backend.wait_for_operation();
  wait_for_state(client, "op-1", "running");
  CHECK(show(client, "op-1")["about"] == "echo");
  CHECK_FALSE(show(client, "op-1").contains("ended"));
  daemon.backend.release_operations();
  wait_for_state(client, "op-1", "done");
  CHECK(show(client, "op-1")["result"]["plugin"] == "echo");

  daemon.backend.fail_plugin_work({kind::init_failed, "init said no", {}, {}});
  CHECK(client.call("plugin.start", {{"instance", "echo"}, {"wait", false}})["result"]["operation_id"] == "op-2");
  wait_for_state(client, "op-2", "failed");
  CHECK(show(client, "op-2")["error"]["data"]["kind"] == "init_failed");
}

TEST_CASE("every method that is an operation takes wait and patience_s") {
  for (const auto& row : wire::methods()) {
    const auto* const code = control::find_code(row.name);
    REQUIRE(code);
    const bool operates = std::holds_alternative<control::operation>(*code) ||
                          std::holds_alternative<control::attributed>(*code) ||
                          std::holds_alternative<control::stoppable>(*code);
    const auto has = [&](std::string_view name) {
      return std::ranges::find(row.params, name, &wire::param::name) != row.params.end();
    };
    CAPTURE(row.name);
    CHECK(has("wait") == operates);
    CHECK(has("patience_s") == operates);
  }
}

TEST_CASE("who has waited long enough is told that the work goes on, and as what") {
  control_fixture daemon;
  auto client = daemon.client();
  daemon.backend.hold_operations();
  const auto error = client.call("plugin.unload", {{"plugin", "echo"}, {"patience_s", 0.01}})["error"];
  CHECK(error["data"]["kind"] == "timeout");
  CHECK(error["data"]["operation_id"] == "op-1");
  CHECK(error["data"]["goes_on"] == true);
  CHECK(error["message"].get<std::string>().find("op-1") != std::string::npos);
  daemon.backend.release_operations();
  wait_for_state(client, "op-1", "done");
  CHECK(daemon.backend.unloaded() == "echo");
}

TEST_CASE("an operation that ran out of its own time says that nothing goes on") {
  control_fixture daemon;
  const auto error = daemon.client().call("runtime.resize", {{"worker_threads", 1}, {"timeout_s", 0}})["error"];
  CHECK(error["data"]["kind"] == "timeout");
  CHECK(error["data"]["operation_id"] == "op-1");
  CHECK(error["data"]["goes_on"] == false);
}

TEST_CASE("an operation that runs is cancelled where it can be, and refuses where it cannot") {
  control_fixture daemon;
  auto busy = daemon.client(), client = daemon.client();
  daemon.backend.hold_operations();
  busy.write(wire::print_request(1, "runtime.resize", {{"worker_threads", 1}}) + "\n");
  daemon.backend.wait_for_operation();
  CHECK(client.call("operation.cancel", {{"id", "op-1"}}).contains("result"));
  CHECK(kind_of(busy.reply()) == "cancelled");
  CHECK(show(client, "op-1")["state"] == "cancelled");
  CHECK(client.call("operation.cancel", {{"id", "op-1"}})["result"]["state"] == "cancelled");

  CHECK(client.call("plugin.load", {{"plugin", "echo"}, {"wait", false}}).contains("result"));
  wait_for_state(client, "op-2", "running");
  CHECK(kind_of(client.call("operation.cancel", {{"id", "op-2"}})) == "unsupported");
  CHECK(kind_of(client.call("operation.cancel", {{"id", "op-9"}})) == "not_found");
  daemon.backend.release_operations();
  wait_for_state(client, "op-2", "done");
}

TEST_CASE("a drain that is cancelled is not waited for any longer, and goes on to its end") {
  control_fixture daemon;
  auto busy = daemon.client(), client = daemon.client();
  daemon.backend.hold_operations();
  int id = 0;
  for (const auto* const method : {"plugin.stop", "plugin.restart", "plugin.unload", "plugin.reload"}) {
    const auto op = "op-" + std::to_string(++id);
    const bool of_image = method == std::string_view("plugin.unload") || method == std::string_view("plugin.reload");
    busy.write(wire::print_request(id, method, {{of_image ? "plugin" : "instance", "echo"}}) + "\n");
    wait_for_state(client, op.c_str(), "running");
    CHECK(client.call("operation.cancel", {{"id", op}})["result"]["state"] == "running");
    CHECK(busy.reply().contains("result"));
    CHECK(show(client, op.c_str())["state"] == "done");
  }
}

TEST_CASE("an operation that waits for a thread is taken back, and what it is about is free again") {
  control_fixture daemon;
  auto client = daemon.client();
  daemon.backend.hold_operations();
  const auto reload = [&](const std::string& plugin) {
    return client.call("plugin.reload", {{"plugin", plugin}, {"wait", false}});
  };
  for (int n = 1; n <= 9; ++n) CHECK(reload("p" + std::to_string(n)).contains("result"));  // there are eight threads
  eventually("eight run",
             [&] { return client.call("operation.list", {{"state", "running"}})["result"]["operations"].size() == 8; });
  const auto waiting = client.call("operation.list", {{"state", "waiting"}})["result"]["operations"];
  REQUIRE(waiting.size() == 1);
  const auto about = waiting[0]["about"].get<std::string>();
  CHECK(kind_of(reload(about)) == "busy");
  CHECK(client.call("operation.cancel", {{"id", waiting[0]["id"]}})["result"]["state"] == "cancelled");
  CHECK(reload(about).contains("result"));
  daemon.backend.release_operations();
}

TEST_CASE("an observer sees that there are operations, and not what they gave") {
  control_fixture daemon;
  CHECK(daemon.client().call("plugin.reload", {{"plugin", "echo"}}).contains("result"));
  auto observer = daemon.client("observe");
  const auto seen = show(observer, "op-1");
  CHECK(seen["state"] == "done");
  CHECK_FALSE(seen.contains("result"));
  CHECK(kind_of(observer.call("operation.cancel", {{"id", "op-1"}})) == "permission_denied");
}

TEST_CASE("each change of an operation is an event") {
  control_fixture daemon;
  auto client = daemon.client();
  CHECK(client.call("event.subscribe", {{"topics", {"operation.state"}}}).contains("result"));
  CHECK(daemon.client().call("plugin.reload", {{"plugin", "echo"}}).contains("result"));
  for (const auto* const state : {"running", "done"}) {
    const auto data = client.reply()["params"]["data"];
    CHECK(data == json{{"operation_id", "op-1"}, {"method", "plugin.reload"}, {"about", "echo"}, {"state", state}});
  }
}

TEST_CASE("the list forgets the oldest that have ended, and none that has not") {
  int changes = 0;
  control::operation_list list([&](const auto&) { ++changes; });
  const auto open = list.add(record()).id;
  for (int n = 0; n < 1000; ++n) {
    const auto id = list.add(record()).id;
    list.begin(id);
    list.end(id, json(n));
    list.end(id, json("again"));
  }
  CHECK(changes == 2000);
  CHECK(list.all().size() == 257);
  CHECK(list.find(open)->state == control::operation_state::waiting);
  CHECK(list.find(2) == nullptr);
  CHECK(*list.all().back().what == 999);
  const auto large = list.add(record()).id;
  list.end(large, json(std::string(100'000, 'x')));
  CHECK(list.find(large)->what->contains("too_long"));
}
