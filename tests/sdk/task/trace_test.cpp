// Traces of futures, rows RD-04 to RD-06.
#include "tokio/task/trace.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "sdk/task/probe.hpp"

using sdk_test::gate;
using tokio::task;
using tokio::test::fake_host;
using tokio::test::hand_poll;

namespace {

// Each writes the line of its co_await to its place.
struct lines {
  unsigned outer = 0, middle = 0, inner = 0, second = 0;
};
task<int> inner(gate& at, lines& seen) {
  seen.inner = __LINE__ + 1;
  int first = co_await at.wait();
  seen.second = __LINE__ + 1;
  co_await tokio::yield_now();
  co_return first;
}
task<int> middle(gate& at, lines& seen) {
  seen.middle = __LINE__ + 1;
  co_return co_await inner(at, seen);
}
task<int> outer(gate& at, lines& seen) {
  seen.outer = __LINE__ + 1;
  co_return co_await middle(at, seen);
}

std::vector<unsigned> lines_of(const tokio::trace& of) {
  std::vector<unsigned> all;
  for (const auto& each : of) {
    CHECK(std::string(each.file_name()) == __FILE__);
    all.push_back(each.line());
  }
  return all;
}

}  // namespace

TEST_CASE("[RD-04] [RD-06] a trace has the await of each coroutine, the innermost first, and polls nothing") {
  fake_host host;
  gate at;
  lines seen;
  auto work = outer(at, seen);
  CHECK(tokio::trace_of(work).empty());  // not started
  hand_poll run(tokio::by_ref(work));
  CHECK(run.poll().is_pending());
  CHECK(lines_of(tokio::trace_of(work)) == std::vector{seen.inner, seen.middle, seen.outer});
  CHECK(at.polls == 1);
  at.open(4);
  CHECK(run.poll().is_pending());
  CHECK(lines_of(tokio::trace_of(work)) == std::vector{seen.second, seen.middle, seen.outer});
  CHECK(run.poll().value() == 4);
  CHECK(tokio::trace_of(work).empty());
}

TEST_CASE("[RD-04] a coroutine sees its own trace, and goes on with the next line at once") {
  fake_host host;
  unsigned line = 0;
  const auto here = [](unsigned& at) -> task<tokio::trace> {
    at = __LINE__ + 1;
    tokio::trace mine(co_await tokio::trace_here);
    co_return mine;
  };
  const auto around = [&](unsigned& at) -> task<tokio::trace> { co_return co_await here(at); };
  hand_poll run(around(line));
  auto polled = run.poll();
  REQUIRE(polled.is_ready());
  CHECK(polled.value().size() == 2);
  CHECK(polled.value()[0].line() == line);
}

TEST_CASE("[RD-05] each place of a trace has function, file, line and column") {
  fake_host host;
  gate at;
  lines seen;
  auto work = outer(at, seen);
  hand_poll run(tokio::by_ref(work));
  CHECK(run.poll().is_pending());
  const auto trace = tokio::trace_of(work);
  REQUIRE(trace.size() == 3);
  CHECK(std::string(trace[0].function_name()).find("inner") != std::string::npos);
  CHECK(std::string(trace[2].function_name()).find("outer") != std::string::npos);
  CHECK(trace[0].column() > 0);
}

TEST_CASE("[RD-06] a task that was started by somebody else is one line in the trace of who awaits it then") {
  fake_host host;
  gate at;
  lines seen;
  auto work = outer(at, seen);
  hand_poll first(tokio::by_ref(work));
  CHECK(first.poll().is_pending());
  unsigned line = 0;
  const auto later = [](task<int> started, unsigned& here) -> task<int> {
    here = __LINE__ + 1;
    co_return co_await std::move(started);
  };
  auto waiting = later(std::move(work), line);
  hand_poll second(tokio::by_ref(waiting));
  CHECK(second.poll().is_pending());
  CHECK(lines_of(tokio::trace_of(waiting)) == std::vector{line});
}
