// Spans around what a plugin does, and what its records say of them.
#include "tokio/tracing.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "tokio/sync/notify.hpp"
#include "tokio/task.hpp"
#include "tokio/task/local_set.hpp"
#include "tokio/test.hpp"

namespace sdk_log = tokio::log;  // ::log is libm's
namespace tracing = tokio::tracing;
using namespace tokio;
using test::fake_host;
using fields = std::map<std::string, std::string>;

namespace {

task<> say_around(sync::notify& go_on, std::string first, std::string then) {
  sdk_log::info(first);
  co_await go_on.notified();
  sdk_log::info(then);
}

// Says a word when it is destroyed.
struct last_words {
  ~last_words() { sdk_log::info("destroyed"); }
};
task<> wait_with_last_words(sync::notify& go_on) {
  const auto kept = std::make_shared<last_words>();
  co_await go_on.notified();
}

task<> a_while() {
  for (int i = 0; i < 3; ++i) co_await yield_now();
}

const test::log_record& record(const fake_host& fake, std::string_view message) {
  for (const auto& each : fake.logs)
    if (each.message == message) return each;
  FAIL("no record says ", std::string(message));
  return fake.logs.front();
}

}  // namespace

TEST_CASE("[OB-01] a record says the fields of the span around it, and no other task's, from poll to poll") {
  fake_host fake;
  sync::notify a, b;
  {
    std::string peer = "ann";
    auto one = tracing::info_span("request", {"peer", peer}, {"id", 7});
    peer = "changed";  // the span has its own
    spawn(tracing::instrument(say_around(a, "a begins", "a ends"), one)).detach();
  }
  spawn(tracing::instrument(say_around(b, "b begins", "b ends"), tracing::info_span("request", {"peer", "bob"})))
      .detach();
  sync::notify c;
  spawn(say_around(c, "c begins", "c ends")).detach();
  fake.run_until_stalled();
  for (auto* each : {&b, &c, &a}) each->notify_one();
  fake.run_until_stalled();
  for (const auto* message : {"a begins", "a ends"})
    CHECK(record(fake, message).fields == fields{{"peer", "ann"}, {"id", "7"}, {"span", "request"}});
  for (const auto* message : {"b begins", "b ends"})
    CHECK(record(fake, message).fields == fields{{"peer", "bob"}, {"span", "request"}});
  for (const auto* message : {"c begins", "c ends"}) CHECK(record(fake, message).fields.empty());
}

TEST_CASE("spans in spans: names from outside to inside, of two fields with one key the inner one's") {
  fake_host fake;
  const auto outer = tracing::info_span("request", {"id", 7}, {"peer", "ann"});
  outer.in_scope([] {
    auto inner = tracing::warn_span("query", {"id", 8}, {"table", "users"});
    inner.record({"rows", 3});
    inner.record({"table", "groups"});
    inner.in_scope([] { sdk_log::info("read", {"peer", "carl"}); });
    sdk_log::info("answered");
  });
  sdk_log::info("idle");
  REQUIRE(fake.logs.size() == 3);
  CHECK(fake.logs[0].fields ==
        fields{{"peer", "carl"}, {"id", "8"}, {"table", "groups"}, {"rows", "3"}, {"span", "request:query"}});
  CHECK(fake.logs[1].fields == fields{{"id", "7"}, {"peer", "ann"}, {"span", "request"}});
  CHECK(fake.logs[2].fields.empty());
}

TEST_CASE("what is spawned in a span is in it when it is told to be") {
  fake_host fake;
  sync::notify go_on;
  tracing::info_span("request", {"id", 7}).in_scope([&] {
    spawn(tracing::in_current_span(say_around(go_on, "with", "then"))).detach();
    spawn(say_around(go_on, "without", "then")).detach();
  });
  CHECK(tracing::span::current().is_none());
  fake.run_until_stalled();
  CHECK(record(fake, "with").fields == fields{{"id", "7"}, {"span", "request"}});
  CHECK(record(fake, "without").fields.empty());
  go_on.notify_waiters();
  fake.run_until_stalled();
}

TEST_CASE("what a future that is dropped writes is in its span") {
  fake_host fake;
  sync::notify never;
  std::optional waits(tracing::instrument(wait_with_last_words(never), tracing::info_span("request", {"id", 7})));
  {
    test::hand_poll hand(*std::exchange(waits, std::nullopt));
    CHECK(hand.poll().is_pending());
  }
  CHECK(record(fake, "destroyed").fields == fields{{"id", "7"}, {"span", "request"}});
}

TEST_CASE("a span below the level of the log is none, and what is in it is in the one around it") {
  fake_host fake;
  fake.min_level = TOKIO_LOG_INFO;
  auto quiet = tracing::debug_span("detail", {"n", 1});
  CHECK(quiet.is_none());
  quiet.record({"n", 2});
  tracing::info_span("request").in_scope([&] { quiet.in_scope([] { sdk_log::info("read"); }); });
  CHECK(record(fake, "read").fields == fields{{"span", "request"}});
  const auto given = tracing::info_span("request").in_scope([] { return 5; });
  CHECK(given == 5);
}

TEST_CASE("a span that is given up while this thread is in it is there until the thread leaves it") {
  fake_host fake;
  auto request = tracing::info_span("request", {"id", 7});
  request.in_scope([&] {
    request = {};
    sdk_log::info("read");
  });
  CHECK(record(fake, "read").fields == fields{{"id", "7"}, {"span", "request"}});
}

TEST_CASE("tasks of a local_set are in the span of who drives it, or in their own, and outside of it in none") {
  fake_host fake;
  local_set set;
  sync::notify go_on;
  spawn(
      [](local_set& of, sync::notify& at) -> task<> {
        auto plain = of.spawn_local(say_around(at, "plain begins", "plain ends"));
        auto own = of.spawn_local(
            tracing::instrument(say_around(at, "own begins", "own ends"), tracing::info_span("query", {"id", 8})));
        co_await tracing::instrument(of.run_until(a_while()), tracing::info_span("request", {"id", 7}));
        co_await of;
      },
      std::ref(set), std::ref(go_on))
      .detach();
  fake.run_until_stalled();
  go_on.notify_waiters();
  fake.run_until_stalled();
  CHECK(record(fake, "plain begins").fields == fields{{"id", "7"}, {"span", "request"}});
  CHECK(record(fake, "own begins").fields.at("id") == "8");
  CHECK(record(fake, "plain ends").fields.empty());
  CHECK(record(fake, "own ends").fields == fields{{"id", "8"}, {"span", "query"}});
}
