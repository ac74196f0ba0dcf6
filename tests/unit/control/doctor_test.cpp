// What the doctor makes of facts.
#include "control/doctor.hpp"

#include <doctest/doctest.h>

#include "support/control_fixture.hpp"

using namespace tokiod;
using namespace tokiod::control;

namespace {

lint_info long_poll(const std::string& task, double seconds) {
  lint_info one;
  one.lint = "long_poll";
  one.severity = "warning";
  one.subject = one.task = task;
  one.plugin = "echo";
  one.sentence = "a poll of it took long";
  one.hint = "use spawn_blocking";
  one.measured = seconds;
  return one;
}

metric_family family(std::string name, double value, labels with = {}) {
  return {std::move(name), metric_type::gauge, "", "", {{std::move(with), value, {}}}};
}

// The one finding.
doctor_finding only(const doctor_facts& facts) {
  const auto all = diagnose(facts);
  REQUIRE(all.size() == 1);
  return all.front();
}

}  // namespace

TEST_CASE("of a daemon that is well nothing is said") {
  doctor_facts facts;
  facts.checks = {{"running", true, "running", false}};
  facts.runtime.workers = 4;
  facts.metrics = {family("process_open_fds", 79), family("process_max_fds", 100),
                   family("tokiod_tasks_completed_total", 0, {{"plugin", "echo"}, {"outcome", "panicked"}}),
                   family("tokiod_tasks_completed_total", 5, {{"plugin", "echo"}, {"outcome", "ok"}})};
  CHECK(diagnose(facts).empty());
  CHECK(worst_of({}).empty());
}

TEST_CASE("many subjects of one lint are one finding, whose evidence is the worst of them") {
  doctor_facts facts;
  for (int i = 1; i <= 5; ++i) facts.lints.push_back(long_poll("t-" + std::to_string(i), i));
  const auto found = only(facts);
  CHECK(found.severity == "warning");
  CHECK(found.finding == "long_poll in echo: t-5, t-4, t-3 and 2 more");
  CHECK(found.evidence == "a poll of it took long; use spawn_blocking");
  CHECK(found.command == "tokioctl stacks");
}

TEST_CASE("checks that fail, by how bad that is") {
  doctor_facts facts;
  facts.checks = {{"plugins", false, "not running: echo", false}, {"workers", false, "all stuck", true}};
  const auto all = diagnose(facts);
  REQUIRE(all.size() == 2);
  CHECK(all[0].severity == "error");
  CHECK(all[0].finding == "the check workers fails");
  CHECK(all[1].command == "tokioctl plugin list");
  CHECK(worst_of(all) == "error");
}

TEST_CASE("numbers that say something") {
  doctor_facts facts;
  facts.metrics = {family("process_open_fds", 80), family("process_max_fds", 100)};
  CHECK(only(facts).evidence == "80 of 100 are open");
  facts.metrics = {family("tokiod_tasks_completed_total", 2, {{"plugin", "echo"}, {"outcome", "panicked"}})};
  CHECK(only(facts).finding == "tasks of echo ended with an exception or a panic");
  facts.metrics.clear();
  facts.loop_lag = 100 * millisecond;
  CHECK(only(facts).evidence == "its loop was late by 100 ms");
  facts.loop_lag = 0;
  facts.runtime.workers = 2;
  facts.runtime.global_queue_depth = 2000;
  CHECK(diagnose(facts).empty());
  facts.runtime.global_queue_depth = 2001;
  CHECK(only(facts).finding == "more work comes than the workers do");
  facts.runtime.global_queue_depth = 0;
  facts.runtime.stuck = 1;
  CHECK(only(facts).severity == "warning");
  facts.runtime.stuck = 2;
  CHECK(only(facts).severity == "error");
  facts.runtime.stuck = 0;
  facts.runtime.idle_backlogs = 1;
  CHECK(only(facts).severity == "warning");
}

TEST_CASE("the doctor answers over the socket, the worst first") {
  test::control_fixture daemon;
  const auto result = daemon.client("observe").call("diag.doctor")["result"];
  REQUIRE_FALSE(result["findings"].empty());
  CHECK(result["worst"] == result["findings"][0]["severity"]);
  bool found = false;
  for (const auto& one : result["findings"]) found = found || one["command"] == "tokioctl task show t-2";
  CHECK(found);
}
