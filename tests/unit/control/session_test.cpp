#include <doctest/doctest.h>

#include <thread>

#include "base/log.hpp"
#include "control/admission.hpp"
#include "support/control_fixture.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

std::string ping(int id) { return wire::print_request(id, "control.ping", json::object()) + "\n"; }

}  // namespace

TEST_CASE("pipelined requests are answered in order, in however many pieces they come") {
  control_fixture daemon;
  auto client = daemon.client();
  std::string all;
  for (int id = 0; id < 200; ++id) all += ping(id);
  for (std::size_t at = 0; at < all.size(); at += 97) client.write(all.substr(at, 97));
  for (int id = 0; id < 200; ++id) CHECK(client.reply()["id"] == id);
}

TEST_CASE("a notification is carried out and not answered") {
  control_fixture daemon;
  auto client = daemon.client();
  client.write(wire::print_notification("daemon.shutdown", json::object()) + "\n" + ping(2));
  CHECK(client.reply()["id"] == 2);
  CHECK(daemon.backend.ordered());
  client.write(wire::print_notification("no.such.method", json::object()) + "\n" + ping(3));
  CHECK(client.reply()["id"] == 3);
}

TEST_CASE("a batch is answered as one line in the order of its members, without its notifications") {
  control_fixture daemon;
  auto client = daemon.client();
  client.write(R"([{"jsonrpc":"2.0","id":1,"method":"plugin.scan"},{"jsonrpc":"2.0","method":"control.ping"},)"
               R"({"jsonrpc":"2.0","id":2,"method":"control.ping"},7,{"jsonrpc":"2.0","id":3,"method":"nope"}])"
               "\n");
  const auto replies = client.reply();
  REQUIRE(replies.size() == 4);
  CHECK(replies[0]["id"] == 1);
  CHECK(replies[0].contains("result"));
  CHECK(replies[1]["id"] == 2);
  CHECK(kind_of(replies[2]) == "invalid_request");
  CHECK(kind_of(replies[3]) == "method_not_found");
  client.write(R"([{"jsonrpc":"2.0","method":"control.ping"}])"
               "\n" +
               ping(5));
  CHECK(client.reply()["id"] == 5);
  client.write("[]\n");
  CHECK(kind_of(client.reply()) == "invalid_request");
}

TEST_CASE("blank lines are ignored, carriage returns tolerated, and a last line may lack its line feed") {
  control_fixture daemon;
  auto client = daemon.client();
  client.write("\r\n\n  \n" + ping(1).insert(ping(1).size() - 1, "\r"));
  CHECK(client.reply()["id"] == 1);
  auto text = ping(2);
  text.pop_back();
  client.write(text);
  client.end_writing();
  CHECK(client.reply()["id"] == 2);
  CHECK(client.closed_by_server());
}

TEST_CASE("a client that ended its own side still gets the reply of a long operation") {
  control_fixture daemon;
  daemon.backend.hold_operations();
  auto client = daemon.client();
  client.write(wire::print_request(1, "plugin.reload", {{"plugin", "echo"}}) + "\n");
  client.end_writing();
  daemon.backend.wait_for_operation();
  daemon.backend.release_operations();
  CHECK(client.reply()["result"]["unmapped"] == true);
  CHECK(client.closed_by_server());
}

TEST_CASE("three lines that are no JSON end the connection; well-formed nonsense does not") {
  control_fixture daemon;
  auto client = daemon.client();
  for (int i = 0; i < 5; ++i) {
    client.write("{}\n");
    CHECK(kind_of(client.reply()) == "invalid_request");
  }
  for (int i = 0; i < 3; ++i) {
    client.write("{nonsense\n");
    const auto reply = client.reply();
    CHECK(reply["error"]["code"] == -32700);
    CHECK(reply["id"].is_null());
  }
  CHECK(client.closed_by_server());
}

TEST_CASE("a line past its limit is refused and the next one is served") {
  control_fixture daemon([](auto& options) { options.bounds.max_request_bytes = 1024; });
  auto client = daemon.client();
  client.write("{\"x\":\"" + std::string(100'000, 'y') + "\"}\n" + ping(2));
  CHECK(kind_of(client.reply()) == "too_large");
  CHECK(client.reply()["id"] == 2);
}

TEST_CASE("depth and value count are limited") {
  control_fixture daemon([](auto& options) {
    options.bounds.max_depth = 8;
    options.bounds.max_values = 100;
  });
  auto client = daemon.client();
  client.write("[[[[[[[[[[]]]]]]]]]]\n");
  CHECK(kind_of(client.reply()) == "too_deep");
  std::string wide = "[0";
  for (int i = 0; i < 200; ++i) wide += ",0";
  client.write(wide + "]\n");
  CHECK(kind_of(client.reply()) == "too_large");
}

TEST_CASE("a line that does not end in time is refused, and only its own client is") {
  control_fixture daemon([](auto& options) { options.bounds.read_timeout = 50 * millisecond; });
  auto slow = daemon.client(), quick = daemon.client();
  slow.write("{\"jsonrpc\":");
  CHECK(quick.call("control.ping").contains("result"));
  CHECK(kind_of(slow.reply()) == "timeout");
  CHECK(slow.closed_by_server());
  CHECK(quick.call("control.ping").contains("result"));
}

TEST_CASE("a client that is silent for too long is let go, a subscriber is not") {
  control_fixture daemon([](auto& options) { options.bounds.idle_timeout = second; });
  auto idle = daemon.client(), subscriber = daemon.client();
  CHECK(subscriber.call("event.subscribe", {{"topics", {"plugin.state"}}}).contains("result"));
  CHECK(idle.call("control.ping").contains("result"));
  CHECK(idle.closed_by_server());
  daemon.server->publish("plugin.state", {{"plugin", "echo"}});
  CHECK(subscriber.reply()["params"]["data"]["plugin"] == "echo");
}

TEST_CASE("a full house answers one line and closes; administrators have places of their own") {
  control_fixture daemon([](auto& options) {
    options.bounds.max_clients = 2;
    options.bounds.reserved_for_root = 1;
  });
  std::vector<control_client> inside;
  for (int i = 0; i < 3; ++i) {
    inside.push_back(daemon.client());
    CHECK(inside.back().call("control.ping").contains("result"));
  }
  auto late = daemon.client();
  CHECK(kind_of(late.reply()) == "too_many_clients");
  CHECK(late.closed_by_server());
  inside.pop_back();
  // The place is free once the server has seen the end of the connection: ask until it has.
  for (int tries = 0; tries < 1000; ++tries) {
    auto next = daemon.client();
    if (next.call("control.ping").contains("result")) return;
    std::this_thread::yield();
  }
  FAIL("the place did not become free");
}

TEST_CASE("one user does not get every place, and who may do everything gets in when the house is full") {
  control::limits bounds;
  bounds.max_clients = 8;
  bounds.reserved_for_root = 2;
  const auto fits = [&](uid_t uid, control::level has, std::size_t all, std::size_t of_this_user) {
    return control::admit(bounds, uid, has, {all, of_this_user}).has_value();
  };
  using enum control::level;
  CHECK(fits(1000, operate, 5, 5));
  CHECK_FALSE(fits(1000, operate, 6, 6));
  CHECK(fits(1001, observe, 6, 0));
  CHECK(fits(1000, operate, 7, 5));
  CHECK_FALSE(fits(1000, operate, 8, 5));
  CHECK(fits(1000, admin, 9, 9));
  CHECK(fits(0, observe, 9, 9));
  CHECK_FALSE(fits(0, admin, 10, 0));
  const auto why = control::admit(bounds, 1000, operate, {6, 6}).error();
  CHECK(why.why == kind::too_many_clients);
  CHECK(why.sentence == "one user may have 6 of the 8 connections to the control socket, and has them");
  bounds.max_clients = 1;  // nothing to share
  CHECK(fits(1000, observe, 0, 0));
}

TEST_CASE("64 clients at once are all served") {
  control_fixture daemon;
  std::vector<control_client> clients;
  for (int i = 0; i < 64; ++i) clients.push_back(daemon.client());
  for (auto& client : clients) client.write(ping(1) + ping(2));
  for (auto& client : clients) {
    CHECK(client.reply()["id"] == 1);
    CHECK(client.reply()["id"] == 2);
  }
}

TEST_CASE("a client with too much in flight is not read until something is done") {
  control_fixture daemon([](auto& options) { options.bounds.max_in_flight = 2; });
  daemon.backend.keep_calls_open();
  auto client = daemon.client();
  const auto call = [](int id) {
    return wire::print_request(id, "plugin.call", {{"instance", "echo"}, {"method", "slow"}}) + "\n";
  };
  client.write(call(1));
  const auto first = daemon.backend.wait_for_call();
  client.write(call(2) + ping(3) + ping(4));
  // Ping 3 is behind the limit: what comes first can only be the answer that made room.
  first->done(std::string("1"));
  CHECK(client.reply()["id"] == 1);
  CHECK(client.reply()["id"] == 3);
  CHECK(client.reply()["id"] == 4);
}

TEST_CASE("a client that does not read is cut off, and the others never notice") {
  control_fixture daemon([](auto& options) {
    options.bounds.max_output_bytes = 64 * 1024;
    options.bounds.write_timeout = second;  // which the other one, who does read, must not need on a busy machine
  });
  auto deaf = daemon.client(), other = daemon.client();
  const std::string ask = wire::print_request(1, "rpc.discover", json::object()) + "\n";
  for (int i = 0; i < 200; ++i) deaf.write(ask);
  CHECK(other.call("control.ping").contains("result"));
  const auto gone = [&] {
    const auto page = other.call("metrics.expose")["result"]["text"].get<std::string>();
    return page.find("tokiod_control_rejected_total{reason=\"write_timeout\"} 1") != std::string::npos;
  };
  const auto give_up = steady_clock().now() + 20 * second;
  while (!gone() && steady_clock().now() < give_up) std::this_thread::yield();
  CHECK(gone());
}

TEST_CASE("one reply past the last output limit disconnects") {
  control_fixture daemon([](auto& options) { options.bounds.disconnect_output_bytes = 1000; });
  auto client = daemon.client();
  client.write(wire::print_request(1, "rpc.discover", json::object()) + "\n");
  CHECK(client.closed_by_server());
}

TEST_CASE("the server stops while clients are connected, idle, half-way and subscribed") {
  control_fixture daemon;
  auto idle = daemon.client(), half = daemon.client(), subscriber = daemon.client();
  CHECK(idle.call("control.ping").contains("result"));
  half.write("{\"jsonrpc\"");
  CHECK(subscriber.call("event.subscribe", {{"topics", {"metrics"}}, {"interval_ms", 100}}).contains("result"));
  daemon.server->stop();
  CHECK(idle.closed_by_server());
  CHECK(half.closed_by_server());
  CHECK_FALSE(control_client(daemon.path()).connected());
  daemon.server->publish("plugin.state", json::object());
}

TEST_CASE("the control thread shows that it goes round") {
  control_fixture daemon;
  const auto first = daemon.server->last_turn();
  const auto give_up = steady_clock().now() + 20 * second;
  while (daemon.server->last_turn() == first && steady_clock().now() < give_up) std::this_thread::yield();
  CHECK(daemon.server->last_turn() > first);
}
