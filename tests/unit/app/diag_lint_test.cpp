// What looks wrong with the runtime, and what is told of it.
#include <doctest/doctest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "app/diag/diagnosis.hpp"
#include "app/diag/lint_rows.hpp"
#include "app/diag/lint_table.hpp"
#include "app/diag/runtime_lints.hpp"

using namespace tokiod;
using namespace tokiod::app;
using control::lint_info;

namespace {

// Two workers that sleep, and an instance of a hundred tasks.
runtime_look quiet(instant_ns at) {
  runtime_look seen;
  seen.at = at;
  for (std::uint32_t i = 0; i < 2; ++i) {
    auto& w = seen.workers.emplace_back();
    w.index = i;
    w.parked = true;
  }
  seen.owners.push_back({"echo", 100, 0, 100, false});
  seen.blocking_max = 4;
  return seen;
}

// "lint:subject" of the one finding, or nothing.
std::string only_lint(const runtime_look& before, const runtime_look& now) {
  const auto found = lints_of(before, now);
  REQUIRE(found.size() <= 1);
  return found.empty() ? "" : found.front().id;
}

}  // namespace

TEST_CASE("nothing is found of a runtime that rests") {
  CHECK(only_lint(quiet(second), quiet(2 * second)) == "");
  CHECK(only_lint({}, quiet(second)) == "");
}

TEST_CASE("a poll that lasts is found at once, unless it said that it may block") {
  auto now = quiet(second);
  now.workers[1].task = 7;
  now.workers[1].plugin = "echo";
  now.workers[1].running_for = 99 * millisecond;
  CHECK(only_lint({}, now) == "");
  now.workers[1].running_for = 100 * millisecond;
  CHECK(only_lint({}, now) == "long_poll:t-7");
  const auto found = lints_of({}, now).front();
  CHECK(found.task == "t-7");
  CHECK(found.plugin == "echo");
  CHECK(found.severity == "warning");
  CHECK(found.threshold == 0.1);
  CHECK(found.measured == 0.1);
  CHECK_FALSE(found.hint.empty());
  now.workers[1].blocks = true;
  CHECK(only_lint({}, now) == "");
}

TEST_CASE("tasks starve behind a worker that begins no poll for a second") {
  auto before = quiet(second), now = quiet(2 * second);
  for (auto* const one : {&before, &now}) one->workers[0].waiting = one->workers[0].polls = 3;
  CHECK(only_lint(before, now) == "starving:worker-0");
  now.at = 2 * second - 1;  // too soon to say
  CHECK(only_lint(before, now) == "");
  now.at = 2 * second;
  now.workers[0].polls = 4;
  CHECK(only_lint(before, now) == "");
  now.workers[0].polls = 3;
  now.workers[0].waiting = 2;  // somebody took one
  CHECK(only_lint(before, now) == "");
}

TEST_CASE("a worker hoards when its queue is deep at two looks while another one sleeps") {
  auto before = quiet(second), now = quiet(2 * second);
  for (auto* const one : {&before, &now}) {
    one->workers[0].parked = false;
    one->workers[0].queued = 64;
  }
  CHECK(only_lint(before, now) == "hoarding_worker:worker-0");
  CHECK(only_lint({}, now) == "");
  now.workers[0].queued = 63;
  CHECK(only_lint(before, now) == "");
  now.workers[0].queued = 64;
  now.workers[1].parked = false;
  CHECK(only_lint(before, now) == "");
}

TEST_CASE("the blocking pool is saturated when jobs wait and no thread is left, at two looks") {
  auto before = quiet(second), now = quiet(2 * second);
  for (auto* const one : {&before, &now}) {
    one->blocking_threads = 4;
    one->jobs_queued = 2;
  }
  CHECK(only_lint(before, now) == "blocking_pool_saturated:blocking");
  now.blocking_idle = 1;
  CHECK(only_lint(before, now) == "");
  now.blocking_idle = 0;
  now.blocking_max = 5;
  CHECK(only_lint(before, now) == "");
}

TEST_CASE("timers are late when one has been due for a tenth of a second, at two looks") {
  auto before = quiet(second), now = quiet(2 * second);
  before.timer_late = now.timer_late = 100 * millisecond;
  CHECK(only_lint(before, now) == "timer_late:timers");
  CHECK(only_lint({}, now) == "");
  before.timer_late = 100 * millisecond - 1;
  CHECK(only_lint(before, now) == "");
  std::swap(before.timer_late, now.timer_late);
  CHECK(only_lint(before, now) == "");
}

TEST_CASE("what waits while the workers are paused is nobody's fault, and not that of the first look after it either") {
  auto before = quiet(second), now = quiet(2 * second);
  for (auto* const one : {&before, &now}) {
    one->workers[0].waiting = one->workers[0].polls = 3;
    one->timer_late = 100 * millisecond;
  }
  CHECK(lints_of(before, now).size() == 2);
  now.paused = true;
  CHECK(only_lint(before, now) == "");
  std::swap(before.paused, now.paused);
  CHECK(only_lint(before, now) == "");
}

TEST_CASE("an instance storms when it spawns ten thousand tasks a second more than end") {
  auto before = quiet(second), now = quiet(3 * second);
  now.owners[0].live = 100 + 19'999;
  CHECK(only_lint(before, now) == "");
  now.owners[0].live = 100 + 20'000;
  CHECK(only_lint(before, now) == "spawn_storm:echo");
  before.owners.clear();  // it is new: nothing to compare with
  CHECK(only_lint(before, now) == "");
}

TEST_CASE("tasks of an instance that has ended are leaked") {
  auto now = quiet(second);
  now.owners[0].over = true;
  CHECK(only_lint({}, now) == "leaked_tasks:echo");
  now.owners[0].live = 0;
  CHECK(only_lint({}, now) == "");
}

TEST_CASE("a waker is lost when nothing of a silent instance could wake it") {
  const silent_task lost = {.id = 3, .instance = "echo", .silent = 60 * second, .idle = true, .waits = false};
  host::image_view image;
  image.instances.emplace_back().name = "echo";
  auto& echo = image.instances.front();
  echo.state = host::instance_state::running;
  const auto found = [&](std::vector<silent_task> all) { return lost_ones(std::move(all), {image}).size(); };
  CHECK(found({lost}) == 1);
  auto other = lost;
  other.silent = 60 * second - 1;
  CHECK(found({other}) == 0);
  CHECK(found({lost, other}) == 0);  // the other may wake it
  other.instance = "redis";
  CHECK(found({lost, other}) == 1);
  other = lost;
  other.idle = false;
  CHECK(found({lost, other}) == 0);
  other = lost;
  other.waits = true;  // for a lock that the first one may hold
  CHECK(found({lost, other}) == 1);
  echo.usage.sockets = 1;
  CHECK(found({lost}) == 0);
  echo.usage.sockets = 0;
  echo.usage.timers = 1;
  CHECK(found({lost}) == 0);
}

TEST_CASE("every lint of a task has a row, and the rows say what to do") {
  for (const auto one : host::trace::all_lints) CHECK(row_of(name(one)).name == name(one));
  for (const auto& row : lint_rows) {
    CAPTURE(row.name);
    CHECK_FALSE(row.hint.empty());
    CHECK_FALSE(row.unit.empty());
  }
}

TEST_CASE("what comes and goes is told once each, and keeps its beginning") {
  lint_table table;
  std::vector<std::string> told;
  const auto tell = [&](const lint_info& what, bool raised) { told.push_back((raised ? "+" : "-") + what.id); };
  const auto storm = lint_about("spawn_storm", "echo", "much", 1);
  table.look({storm}, 10, tell);
  table.look({storm}, 11, tell);
  CHECK(table.since(storm.id) == 10);
  table.look({}, 12, tell);
  CHECK(table.since(storm.id) == 0);
  table.look({storm}, 13, tell);
  CHECK(table.since(storm.id) == 13);
  CHECK(told == std::vector<std::string>{"+spawn_storm:echo", "-spawn_storm:echo", "+spawn_storm:echo"});
  for (const auto& family : table.families())
    for (const auto& one : family.samples)
      if (one.with.front().second == "spawn_storm") CHECK(one.value == (family.name.ends_with("_total") ? 2 : 1));
}

TEST_CASE("the table has as many entries as it may, however much is found, and news are told in portions") {
  lint_table table;
  std::size_t told = 0;
  for (std::uint64_t round = 0; round < 50; ++round) {
    std::vector<lint_info> found;
    for (std::uint64_t i = 0; i < 2 * lint_table::most; ++i)
      found.push_back(lint_about("large_future", "t-" + std::to_string(round * 10'000 + i), "large", 2048));
    const std::size_t before = told;
    table.look(found, 1, [&](const auto&, bool) { ++told; });
    CHECK(told - before == lint_table::most_told);
    CHECK(table.size() <= lint_table::most);
  }
  table.look({}, 1, nullptr);
  CHECK(table.size() == 0);
}

TEST_CASE("the worst comes first, and each subject once") {
  std::vector<lint_info> all = {lint_about("large_future", "t-1", "", 0), lint_about("long_poll", "t-2", "now", 0),
                                lint_about("long_poll", "t-2", "then", 0), lint_about("leaked_tasks", "echo", "", 0)};
  put_in_order(all);
  REQUIRE(all.size() == 3);
  CHECK(all[0].lint == "leaked_tasks");
  CHECK(all[1].sentence == "now");
  CHECK(all[2].lint == "large_future");
}

TEST_CASE("faults are told of once, and from nothing where an instance was started anew") {
  fault_watch watch;
  std::uint32_t starts = 1;
  std::uint64_t generation = 1;
  const auto seen = [&](std::vector<std::pair<std::string, std::uint64_t>> instances) {
    host::image_view image;
    image.name = "echo";
    image.generation = generation;
    for (auto& [name, faults] : instances) {
      auto& each = image.instances.emplace_back();
      each.name = name;
      each.faults = faults;
      each.starts = starts;
    }
    std::string told;
    for (const auto& one : watch.look({image}))
      told +=
          one.plugin + "/" + one.instance + " " + std::to_string(one.came) + " of " + std::to_string(one.all) + "; ";
    return told;
  };
  CHECK(seen({{"a", 0}, {"b", 2}}) == "echo/b 2 of 2; ");
  CHECK(seen({{"a", 0}, {"b", 2}}).empty());
  CHECK(seen({{"a", 1}, {"b", 5}}) == "echo/a 1 of 1; echo/b 3 of 5; ");
  starts = 2;
  CHECK(seen({{"a", 0}, {"b", 5}}) == "echo/b 5 of 5; ");  // as many as before, of another run
  generation = 2;
  CHECK(seen({{"a", 1}, {"b", 1}}) == "echo/a 1 of 1; echo/b 1 of 1; ");
  CHECK(seen({{"a", 1}}).empty());
  CHECK(seen({{"a", 1}, {"b", 1}}) == "echo/b 1 of 1; ");
}
