#include "wire/rpc.hpp"

#include <doctest/doctest.h>

#include "wire/get.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::wire;

namespace {

member single(std::string_view text) {
  auto message = read_message(*parse(text));
  REQUIRE(message);
  REQUIRE(message->members.size() == 1);
  return message->members.front();
}

}  // namespace

TEST_CASE("a request has an id, a notification has none") {
  const auto asked = single(R"({"jsonrpc":"2.0","id":"a","method":"control.ping","params":{"echo":1}})");
  REQUIRE(asked);
  CHECK(*asked->id == "a");
  CHECK(asked->method == "control.ping");
  CHECK(asked->params == json{{"echo", 1}});
  CHECK_FALSE(single(R"({"jsonrpc":"2.0","method":"x"})")->id);
  CHECK(single(R"({"jsonrpc":"2.0","id":null,"method":"x"})")->id->is_null());
}

TEST_CASE("what is no request is refused with the id it came with") {
  for (const auto text :
       {R"({"id":7,"method":"x"})", R"({"jsonrpc":"1.0","id":7,"method":"x"})", R"({"jsonrpc":"2.0","id":7})",
        R"({"jsonrpc":"2.0","id":7,"method":3})", R"({"jsonrpc":"2.0","id":7,"method":"x","params":[1]})",
        R"({"jsonrpc":"2.0","id":7,"method":"x","parms":{}})"}) {
    const auto asked = single(text);
    REQUIRE_FALSE(asked);
    CHECK(asked.error().id == 7);
    CHECK(asked.error().error.code == -32600);
  }
  CHECK(single("3").error().id.is_null());
  CHECK(single(R"({"jsonrpc":"2.0","id":[1],"method":"x"})").error().id.is_null());
  CHECK(single(R"({"jsonrpc":"2.0","id":1,"method":"x","params":[]})"));
}

TEST_CASE("a batch has 1 to 64 members, and a bad one fails alone") {
  CHECK(read_message(json::array()).error().code == -32600);
  json batch = json::array();
  for (std::size_t i = 0; i < max_batch; ++i) batch.push_back({{"jsonrpc", "2.0"}, {"id", i}, {"method", "x"}});
  CHECK(read_message(batch)->members.size() == max_batch);
  batch[3] = 5;
  const auto mixed = read_message(batch);
  CHECK_FALSE(mixed->members[3]);
  CHECK(mixed->members[4]);
  batch.push_back(batch[0]);
  CHECK(read_message(batch).error().code == rpc_code(kind::too_large));
}

TEST_CASE("an error carries kind, retryable, and path and hint where there are some") {
  const auto error = to_rpc_error({kind::busy, "busy now", "/plugin", "wait"}, {{"more", 1}});
  CHECK(error.code == -32010);
  CHECK(error.message == "busy now");
  CHECK(error.data == json{{"kind", "busy"}, {"retryable", true}, {"path", "/plugin"}, {"hint", "wait"}, {"more", 1}});
  CHECK(to_rpc_error({kind::not_found, "no", {}, {}}).data == json{{"kind", "not_found"}, {"retryable", false}});
}

TEST_CASE("replies and notifications read back as they were printed") {
  const auto good = read_incoming(*parse(print_reply(5, json{{"a", 1}})));
  CHECK(*good->id == 5);
  CHECK(*good->what == json{{"a", 1}});
  const auto bad =
      read_incoming(*parse(print_reply(nullptr, std::unexpected(to_rpc_error({kind::timeout, "late", {}, {}})))));
  CHECK(bad->id->is_null());
  CHECK(bad->what.error().message == "late");
  const auto told = read_incoming(*parse(print_notification("event", {{"seq", 1}})));
  CHECK(told->notification == "event");
  CHECK(*told->what == json{{"seq", 1}});
  CHECK_FALSE(read_incoming(json{{"jsonrpc", "2.0"}, {"id", 1}}));
  CHECK_FALSE(read_incoming(json(1)));
}
