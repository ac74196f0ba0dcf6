// What looks wrong with a task, from its record.
#include "host/trace/lint.hpp"

#include <doctest/doctest.h>

using namespace tokiod;
using namespace tokiod::host::trace;

namespace {

// The one finding, or nothing.
std::string only_finding(const task_record& of, instant_ns now = 1, const lint_options& with = {}) {
  const auto found = findings_of(of, now, with);
  REQUIRE(found.size() <= 1);
  return found.empty() ? "" : std::string(name(found.front().what)) + ": " + found.front().sentence;
}

}  // namespace

TEST_CASE("[OB-11] more than half of its wakes come from the task itself") {
  task_record of;
  CHECK(only_finding(of) == "");
  of.wakes = 4;
  of.self_wakes = 2;
  CHECK(only_finding(of) == "");
  of.self_wakes = 3;
  CHECK(only_finding(of) == "self_wakes: 75 % of its wakes come from itself, more than 50 %");
}

TEST_CASE("[OB-11] a first poll that lasts, and only that") {
  task_record of;
  of.in_poll = true;
  of.seen_from_birth = true;
  of.last_poll_started = 5 * second;
  CHECK(only_finding(of, 6 * second - 1) == "");
  CHECK(only_finding(of, 6 * second) == "never_yielded: its first poll has lasted for 1.0 s, at least 1.0 s");
  CHECK(only_finding(of, 6 * second, {.allowed = {}, .never_yielded_after = 2 * second}) == "");
  of.polls = 1;
  CHECK(only_finding(of, 6 * second).starts_with("long_poll"));
  of.polls = 0;
  of.seen_from_birth = false;  // the first that is known of, not its first
  CHECK(only_finding(of, 6 * second).starts_with("long_poll"));
}

TEST_CASE("[OB-11] a large future") {
  task_record of;
  of.bytes = 1216;  // of its block, which is there for 961 bytes, too
  of.least_bytes = 961;
  CHECK(only_finding(of) == "");
  of.least_bytes = 1024;
  CHECK(only_finding(of) == "large_future: its future has at least 1024 bytes, the limit is 1024");
}

TEST_CASE("a long poll, while it lasts and afterwards") {
  task_record of;
  of.polls = 1;
  of.poll_times.record(90 * millisecond);
  CHECK(only_finding(of) == "");
  of.poll_times.record(200 * millisecond);
  CHECK(only_finding(of).starts_with("long_poll: a poll of it took 0.2 s"));
  of.poll_times.record(3 * second);
  CHECK(only_finding(of) == "long_poll: a poll of it took 3.0 s, the limit is 0.1 s");
  of = {};
  of.polls = 1;
  of.in_poll = true;
  of.last_poll_started = second;
  CHECK(only_finding(of, second + 99 * millisecond) == "");
  CHECK(only_finding(of, second + 100 * millisecond) == "long_poll: a poll of it took 0.1 s, the limit is 0.1 s");
}

TEST_CASE("a task that is runnable and not polled") {
  task_record of;
  of.created = second;
  of.runnable_since = second;
  CHECK(only_finding(of, 2 * second - 1) == "");
  CHECK(only_finding(of, 2 * second) == "starving: it has waited for its poll for 1.0 s, the limit is 1.0 s");
  of.runnable_since = 0;
  CHECK(only_finding(of, 9 * second) == "");
}

TEST_CASE("a wake that led to no poll") {
  task_record of;
  of.polls = 1;
  of.created = of.last_poll_ended = of.last_wake = second;
  CHECK(only_finding(of, 90 * second) == "");
  of.unpolled_wakes = 1;
  CHECK(only_finding(of, 11 * second - 1) == "");
  CHECK(only_finding(of, 11 * second) == "never_polled_again: it was woken 10.0 s ago and has not been polled since");
  of.in_poll = true;  // begun while somebody else held the record
  of.last_poll_started = 11 * second;
  CHECK(only_finding(of, 11 * second) == "");
}

TEST_CASE("a task that does nothing but run") {
  task_record of;
  of.created = second;
  of.busy = 9 * second;
  CHECK(only_finding(of, 11 * second - 1) == "");  // too young to say
  CHECK(only_finding(of, 11 * second) == "hot_task: it was polled for 90 % of its life, the limit is 80 %");
  CHECK(only_finding(of, 21 * second) == "");
}

TEST_CASE("[OB-11] lints are allowed by name, one or all; blocking jobs and what has ended have none") {
  task_record of;
  of.least_bytes = 5000;
  of.wakes = of.self_wakes = 1;
  CHECK(findings_of(of, 1, {}).size() == 2);
  CHECK(only_finding(of, 1, {.allowed = {lint::large_future}}).starts_with("self_wakes"));
  lint_options nothing;
  for (const lint each : all_lints) {
    CHECK(lint_named(name(each)) == each);
    nothing.allowed.push_back(each);
  }
  CHECK(findings_of(of, 1, nothing).empty());
  CHECK_FALSE(lint_named("self-wakes"));
  of.kind = task_kind::blocking;
  CHECK(findings_of(of, 1, {}).empty());
  of.kind = task_kind::task;
  of.dropped = 9;
  CHECK(findings_of(of, 10, {}).empty());
}
