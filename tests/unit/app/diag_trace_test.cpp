// The scheduler's trace as a document, profiles as lines, and the slowest polls.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "app/diag/profile.hpp"
#include "app/diag/slow_polls.hpp"
#include "app/diag/trace.hpp"

using namespace tokiod;
using namespace tokiod::app;
using sched::trace_event;
using sched::trace_kind;
using wire::json;

namespace {

// Without the names of the tracks.
std::vector<json> events_of(const json& document) {
  std::vector<json> all;
  for (const auto& one : document.at("traceEvents"))
    if (one.at("ph") != "M") all.push_back(one);
  return all;
}

host::trace::slow_entry poll_of(const std::string& what, duration_ns lasted) {
  host::trace::slow_entry one;
  one.what = what;
  one.lasted = lasted;
  return one;
}

}  // namespace

TEST_CASE("a trace has a track for each worker, spans for what lasts and marks for what does not") {
  const auto document = chrome_trace({{0, {{trace_kind::poll, 2000, 500, 7}, {trace_kind::wake, 2600, 0, 8}}},
                                      {3, {{trace_kind::park, 1000, 9000, 0}, {trace_kind::steal, 10'000, 0, 4}}}},
                                     1000, 100, {{7, "echo/serve"}});
  const auto& names = document.at("traceEvents");
  CHECK(names[0].at("args").at("name") == "worker 0");
  const auto all = events_of(document);
  REQUIRE(all.size() == 4);
  CHECK(
      all[0] ==
      json{
          {"name", "echo/serve t-7"}, {"cat", "poll"}, {"ph", "X"}, {"ts", 1.0}, {"pid", 1}, {"tid", 0}, {"dur", 0.5}});
  CHECK(all[1].at("name") == "t-8");
  CHECK(all[1].at("ph") == "i");
  CHECK(all[2].at("name") == "park");
  CHECK(all[2].at("tid") == 3);
  CHECK(all[3].at("name") == "steal 4");
  CHECK(document.at("otherData").at("left_out") == 0);
}

TEST_CASE("of a long trace the newest events of all workers are told, and how many are not") {
  std::vector<traced_worker> workers(2);
  for (std::uint32_t w = 0; w < 2; ++w) {
    workers[w].index = w;
    for (instant_ns at = 0; at < 1000; ++at) workers[w].events.push_back({trace_kind::poll, 2 * at + w, 1, 1});
  }
  const auto document = chrome_trace(std::move(workers), 0, 10, {});
  CHECK(document.at("otherData").at("left_out") == 1990);
  const auto all = events_of(document);
  REQUIRE(all.size() == 10);
  for (const auto& one : all) CHECK(one.at("ts").get<double>() >= 1.99);
}

TEST_CASE("a ring keeps its newest events, however many are written") {
  sched::trace_ring ring(1000);
  CHECK(ring.capacity() == 1024);
  for (std::uint64_t i = 1; i <= 100'000; ++i) ring.write({trace_kind::poll, i, 2 * i, i});
  const auto all = ring.read(0);
  REQUIRE(all.size() == 1024);
  CHECK(all.front().at == 100'000 - 1023);
  CHECK(all.back().lasted == 200'000);
  CHECK(all.back().subject == 100'000);
  CHECK(ring.read(99'999).size() == 2);
  CHECK(ring.read(100'001).empty());
}

TEST_CASE("stacks are folded, and no more lines are kept than there may be") {
  stack_fold fold;
  fold.add({"echo", "main", "std::vector<a;b>"});
  fold.add({"echo", "main", "std::vector<a;b>"});
  fold.add({"echo"});
  CHECK(fold.text() == "echo 1\necho;main;std::vector<a:b> 2\n");
  for (int i = 0; i < 10'000; ++i) fold.add({"echo", std::to_string(i)});
  CHECK(fold.lines() == stack_fold::most_lines);
  CHECK(fold.text().find("[other] ") != std::string::npos);
  stack_fold long_names;
  for (int i = 0; i < 4000; ++i) long_names.add({std::to_string(i) + std::string(1000, 'x')});
  CHECK(long_names.text().size() < stack_fold::most_bytes + 100'000);
}

TEST_CASE("a slow poll is known while it lasts, and as long as it was afterwards") {
  slow_polls log;
  log.found(1, 40, false, poll_of("serve", 10 * millisecond));
  REQUIRE(log.slowest().size() == 1);
  CHECK(log.slowest()[0].at_least);
  log.over(1, 40, 3 * second);
  REQUIRE(log.slowest().size() == 1);
  CHECK(log.slowest()[0].lasted == 3 * second);
  CHECK_FALSE(log.slowest()[0].at_least);
  log.over(2, 7, 5 * second);  // its stack comes later
  log.found(2, 7, false, poll_of("late", 10 * millisecond));
  CHECK(log.slowest()[0].what == "late");
  CHECK(log.slowest()[0].lasted == 5 * second);
  log.found(3, 9, true, poll_of("taken", 10 * millisecond));
  log.over(3, 9, 9 * second);  // of its worker only
  CHECK(log.slowest()[0].what == "taken");
  CHECK(log.slowest()[0].at_least);
  log.clear();
  CHECK(log.slowest().empty());
}

TEST_CASE("the slowest of very many are kept, in memory of a fixed size") {
  slow_polls log;
  for (std::uint64_t i = 1; i <= 20'000; ++i) {
    log.found(0, i, false, poll_of(std::string(5000, 'x'), i));
    if (i % 2 == 0) log.over(0, i, i);
  }
  const auto all = log.slowest();
  CHECK(all.size() == host::trace::slow_log::room);
  host::trace::slow_log finished(10);
  finished.add(poll_of("fast", 9));
  CHECK(finished.slowest().empty());
  for (duration_ns i = 10; i < 1000; ++i)
    if (finished.takes(i)) finished.add(poll_of(std::string(5000, 'x'), i));
  CHECK(finished.slowest().front().lasted == 999);
  CHECK(finished.slowest().back().lasted == 1000 - host::trace::slow_log::room);
  CHECK(finished.slowest().front().what.size() == host::trace::slow_log::most_text);
  CHECK_FALSE(finished.takes(100));
  finished.clear();
  CHECK(finished.takes(100));
}
