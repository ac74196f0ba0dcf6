// Control methods.
#include "tokio/plugin/control.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

#include "tokio/plugin.hpp"
#include "tokio/task.hpp"
#include "tokio/test.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::task;
using tokio::control::answer;
using tokio::control::failure;
using tokio::control::method;
using tokio::test::fake_host;

TEST_CASE("a method answers with JSON text, at once") {
  fake_host host;
  method echo("echo", "gives its parameters back",
              [](std::string_view params) -> answer { return std::string(params); });
  CHECK(host.call_method("echo", "[1,2]").result == "[1,2]");
}

TEST_CASE("a coroutine method answers later, and its parameters live as long") {
  fake_host host;
  method slow("slow", "answers later", [](std::string_view params) -> task<answer> {
    co_await tokio::time::sleep(10ms);
    co_return std::string(params) + "!";
  });
  CHECK(host.call_method("slow", "a text that does not fit into a small string").result ==
        "a text that does not fit into a small string!");
}

TEST_CASE("a failure carries its code and sentence") {
  fake_host host;
  method plain("plain", "", [](std::string_view) -> answer { return std::unexpected(failure("no such key")); });
  method coded("coded", "", [](std::string_view) -> answer {
    return std::unexpected(failure(tokio::control::invalid_params, "key must be a string"));
  });
  auto first = host.call_method("plain");
  CHECK(first.code == tokio::control::plugin_error);
  CHECK(first.failure == "no such key");
  auto second = host.call_method("coded");
  CHECK(second.code == -32602);
  CHECK(second.failure == "key must be a string");
}

TEST_CASE("[TK-11] what a method throws is its failure, and the plugin lives") {
  fake_host host;
  method now("now", "", [](std::string_view) -> answer { throw std::runtime_error("broken"); });
  method later("later", "", [](std::string) -> task<answer> {
    co_await tokio::yield_now();
    throw std::runtime_error("broken later");
  });
  CHECK(host.call_method("now").failure == "broken");
  CHECK(host.call_method("later").failure == "broken later");
  CHECK(host.panics.empty());
}

TEST_CASE("a call whose task is aborted is answered as cancelled") {
  tokio::test::fake_call call;
  {
    fake_host host;
    method stuck("stuck", "", [](std::string) -> task<answer> {
      co_await tokio::time::sleep(1h);
      co_return "";
    });
    auto& registered = *host.methods.at("stuck");
    registered.desc.handle(registered.desc.user, reinterpret_cast<tokio_call*>(&call), tokio_str{});
    host.run_until_stalled();
    CHECK_FALSE(call.answered);
    host.abort_all();
  }
  CHECK(call.answered);
  CHECK(call.code == tokio::control::cancelled);
}

TEST_CASE("a method is gone with its object, and a name can be taken once") {
  fake_host host;
  auto give = [](std::string_view) -> answer { return "1"; };
  {
    method first("same", "", give);
    CHECK_THROWS_WITH_AS(static_cast<void>(method("same", "", give)), "a control method of this name exists already",
                         tokio::panic_error);
    method moved = std::move(first);
    CHECK(host.methods.size() == 1);
  }
  CHECK(host.methods.empty());
  method again("same", "", give);
  CHECK(host.call_method("same").result == "1");
}
