// Who speaks from which level on, and for how long: the rules alone, and the log with a clock that is moved by hand.
#include "base/log_levels.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "base/log.hpp"
#include "base/log_sink.hpp"

using namespace tokiod;
using log::level;

TEST_CASE("a target is named by itself, by what is above it, or by a glob") {
  CHECK(log::names_target("plugin", "plugin"));
  CHECK(log::names_target("plugin", "plugin.echo"));
  CHECK_FALSE(log::names_target("plugin", "plugins"));
  CHECK_FALSE(log::names_target("plugin.echo", "plugin"));
  CHECK(log::names_target("plugin.*", "plugin.echo.conn"));
  CHECK_FALSE(log::names_target("plugin.*", "plugin"));
  CHECK(log::names_target("*.conn", "plugin.echo.conn"));
  CHECK(log::names_target("plugin.ech?", "plugin.echo"));
}

TEST_CASE("of several patterns the one with the most letters decides") {
  const log::levels speak{
      level::warn,
      {{"*", level::trace}, {"*.conn", level::error}, {"plugin", level::info}, {"plugin.e*", level::debug}}};
  CHECK(speak.of("host") == level::trace);
  CHECK(speak.of("plugin.redis") == level::info);
  CHECK(speak.of("plugin.echo") == level::debug);
  CHECK(speak.of("plugin.echo.conn") == level::debug);
  CHECK(speak.of("plugin.redis.conn") == level::info);
  CHECK(speak.of("host.conn") == level::error);
  CHECK(speak.lowest() == level::trace);
}

TEST_CASE("a level for a time gives way to what is beneath it") {
  log::level_rules rules;
  rules.reset({level::info, {{"a", level::warn}}});
  rules.set_until({{"a", level::debug}, {"*", level::error}}, 100);
  CHECK(rules.now() == log::levels{level::error, {{"a", level::debug}}});
  CHECK(rules.next_end() == 100);
  CHECK(rules.expire(99).empty());
  CHECK(rules.expire(100).size() == 2);
  CHECK(rules.now() == log::levels{level::info, {{"a", level::warn}}});
  CHECK(rules.next_end() == never);
}

TEST_CASE("levels for a time that overlap end each by itself: the latest is in force, then the one before it") {
  log::level_rules rules;
  rules.set_until({{"a", level::debug}}, 300);
  rules.set_until({{"a", level::trace}}, 100);
  rules.set_until({{"b", level::error}}, 200);
  CHECK(rules.now().of("a") == level::trace);
  CHECK(rules.expire(100).size() == 1);
  CHECK(rules.now().of("a") == level::debug);  // the earlier one goes on
  CHECK(rules.now().of("b") == level::error);
  CHECK(rules.expire(200).size() == 1);
  CHECK(rules.now().of("b") == level::info);
  CHECK(rules.expire(300).size() == 1);
  CHECK(rules.now() == log::levels{});

  rules.set_until({{"a", level::debug}}, 400);
  rules.set_until({{"a", level::warn}}, 500);  // lasts longer: the earlier one is never in force again
  CHECK(rules.for_a_time().size() == 1);
  CHECK(rules.expire(400).empty());
  CHECK(rules.now().of("a") == level::warn);
}

TEST_CASE("a level that stays ends those of its target, and a reload ends none") {
  log::level_rules rules;
  rules.set_until({{"a", level::debug}, {"b", level::debug}}, 100);
  rules.set({{"a", level::error}});
  CHECK(rules.now().of("a") == level::error);
  CHECK(rules.for_a_time().size() == 1);
  rules.reset({level::warn, {}});
  CHECK(rules.now().of("a") == level::warn);
  CHECK(rules.now().of("b") == level::debug);
  (void)rules.expire(100);
  CHECK(rules.now() == log::levels{level::warn, {}});
}

namespace {

struct log_on_hand_clock {
  log_on_hand_clock() { log::start({.burst = 0, .time = &time}, std::make_unique<log::buffer_sink>(lines)); }
  ~log_on_hand_clock() { log::stop(); }
  std::size_t count(std::string_view wanted) const {
    log::flush();
    std::size_t found = 0;
    for (const auto& line : lines->take()) found += line.find(wanted) != std::string::npos ? 1 : 0;
    return found;
  }
  manual_clock time;
  std::shared_ptr<log::buffer_sink::store> lines = std::make_shared<log::buffer_sink::store>();
};

}  // namespace

TEST_CASE("a louder or quieter level ends by the log's clock, and the log says so") {
  log_on_hand_clock at;
  REQUIRE(log::change_levels({{"loud", level::debug}}, 10 * second));
  REQUIRE(log::change_levels({{"*", level::error}}, 20 * second));
  log::debug("loud", "heard");
  log::info("other", "not heard");
  CHECK(at.count("heard") == 1);
  CHECK(log::current_levels().for_a_time.size() == 2);
  CHECK(log::current_levels().for_a_time[0].left == 10 * second);

  at.time.advance(10 * second);
  log::look_at_clock();
  log::debug("loud", "heard");
  CHECK(at.count("heard") == 0);
  at.time.advance(10 * second);
  log::look_at_clock();
  log::info("other", "heard");
  log::info("loud", "heard");
  CHECK(at.count("heard") == 2);
  CHECK(log::current_levels().now == log::levels{});
  CHECK(log::recent({.least = level::info, .target = "log", .text = "what it was again"}, 100).size() >= 1);
}

TEST_CASE("the writer ends a level by itself when the time of the system is over") {
  const auto lines = std::make_shared<log::buffer_sink::store>();
  log::start({.speak = {level::off, {{"log", level::info}}}, .burst = 0}, std::make_unique<log::buffer_sink>(lines));
  REQUIRE(log::change_levels({{"x", level::debug}}, 20 * millisecond));
  const auto lowest = [] { return std::atomic_ref(log::lowest_level).load(std::memory_order_relaxed); };
  const auto patience = steady_clock().now() + 30 * second;
  while (lowest() != static_cast<std::uint32_t>(level::info) && steady_clock().now() < patience)
    std::this_thread::yield();
  CHECK(lowest() == static_cast<std::uint32_t>(level::info));
  log::stop();
}

TEST_CASE("there is a bound to the number of levels") {
  const log_on_hand_clock at;
  log::target_levels many;
  for (std::size_t i = 0; i <= log::max_target_levels; ++i) many["t" + std::to_string(i)] = level::debug;
  CHECK_FALSE(log::change_levels(many));
  many.erase("t0");
  CHECK(log::change_levels(many));
  CHECK_FALSE(log::change_levels({{"one more", level::debug}}, second));
}

TEST_CASE("the newest records are kept within their bounds, and found by level, target and text") {
  log::recent_records kept(3, 1 << 20);
  const auto add = [&](std::uint64_t number, level l, const char* target, const char* message) {
    log::record r;
    r.number = number;
    r.severity = l;
    r.target = target;
    r.message = message;
    r.fields.emplace_back("peer", "::1");
    kept.add(std::make_shared<const log::record>(std::move(r)));
  };
  add(1, level::error, "host", "gone");
  add(2, level::info, "plugin.echo", "one");
  add(3, level::debug, "plugin.redis", "two");
  add(4, level::warn, "plugin.echo", "three");
  const auto numbers = [&](const log::record_filter& wanted, std::size_t most = 10) {
    std::string text;
    for (const auto& each : kept.newest(wanted, most)) text += std::to_string(each->number);
    return text;
  };
  CHECK(numbers({}) == "234");
  CHECK(numbers({}, 2) == "34");
  CHECK(numbers({.least = level::info, .target = "", .text = ""}) == "24");
  CHECK(numbers({.least = level::trace, .target = "plugin.echo", .text = ""}) == "24");
  CHECK(numbers({.least = level::trace, .target = "", .text = "::1"}) == "234");
  CHECK(numbers({.least = level::trace, .target = "", .text = "tw"}) == "3");
  log::recent_records small(100, 1);
  small.add(std::make_shared<const log::record>());
  small.add(std::make_shared<const log::record>());
  CHECK(small.newest({}, 10).size() == 1);  // the newest stays, however large
}
