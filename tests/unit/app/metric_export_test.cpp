#include "app/metric_export.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "app/daemon_export.hpp"
#include "app/diag/task_groups.hpp"
#include "app/plugin_export.hpp"
#include "app/process_numbers.hpp"

using namespace tokiod;

namespace {

metrics::runtime_snapshot two_workers() {
  metrics::runtime_snapshot now;
  now.workers.resize(2);
  now.workers[1].index = 1;
  now.workers[0].totals.polls = 5;
  now.workers[1].state = metrics::worker_state::stuck;
  now.workers[0].poll_time_ns.counts[metrics::bucket_of(1000)] = 3;
  now.workers[0].poll_time_ns.sum = 3000;
  now.owners.push_back({1, "echo", {}, 4096, 0, 250'000'000, {}});
  now.owners[0].tasks.spawned = 9;
  now.owners[0].tasks.completed = 4;
  now.owners[0].schedule_latency_ns.counts[metrics::bucket_of(2000)] = 2;
  now.remote_schedules = 6;
  now.blocking_threads = 4;
  now.blocking_idle_threads = 1;
  return now;
}

const control::metric_family& family(const std::vector<control::metric_family>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &control::metric_family::name);
  REQUIRE_MESSAGE(found != all.end(), name);
  return *found;
}

std::vector<control::metric_family> everything() {
  auto all = app::runtime_families(two_workers());
  for (auto& f : app::plugin_families({}, {})) all.push_back(std::move(f));
  for (auto& f : app::descriptor_families({})) all.push_back(std::move(f));
  for (auto& f : app::daemon_families({})) all.push_back(std::move(f));
  for (auto& f : app::thread_families({})) all.push_back(std::move(f));
  for (auto& f : app::limit_families({})) all.push_back(std::move(f));
  for (auto& f : app::manager_families(0)) all.push_back(std::move(f));
  for (auto& f : app::log_families({})) all.push_back(std::move(f));
  for (auto& f : app::task_groups().families()) all.push_back(std::move(f));
  for (auto& f : app::process_numbers().families()) all.push_back(std::move(f));
  return all;
}

}  // namespace

TEST_CASE("names keep the rules: counters end in _total, base units are suffixes, every family says what it is") {
  std::set<std::string> names, bases;
  for (const auto& f : everything()) {
    CAPTURE(f.name);
    CHECK(names.insert(f.name).second);
    CHECK(f.name.ends_with("_total") == (f.type == control::metric_type::counter));
    CHECK(f.name.ends_with("_info") == (f.type == control::metric_type::info));
    // OpenMetrics knows a family without these.
    const auto base = f.name.substr(0, f.name.size() - (f.name.ends_with("_total")  ? 6
                                                        : f.name.ends_with("_info") ? 5
                                                                                    : 0));
    CHECK(bases.insert(base).second);
    CHECK(f.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos);
    CHECK(!f.help.empty());
    if (!f.unit.empty()) CHECK(base.ends_with("_" + f.unit));
  }
}

TEST_CASE("workers are counted by state, tasks by plugin and outcome") {
  const auto all = app::runtime_families(two_workers());
  const auto& states = family(all, "tokiod_runtime_workers").samples;
  CHECK(states.size() == 7);
  CHECK(std::ranges::count(states, 1.0, &control::sample::value) == 2);
  CHECK(std::ranges::count(states, 0.0, &control::sample::value) == 5);
  CHECK(family(all, "tokiod_worker_polls_total").samples[0].value == 5);
  CHECK(family(all, "tokiod_tasks_alive").samples[0].value == 5);
  CHECK(family(all, "tokiod_tasks_alive").samples[0].with == control::labels{{"plugin", "echo"}});
  CHECK(family(all, "tokiod_tasks_completed_total").samples.size() == 3);
  CHECK(family(all, "tokiod_blocking_threads").samples[1].value == 3);
  CHECK(family(all, "tokiod_task_throttled_seconds_total").samples[0].value == 0.25);
}

TEST_CASE("a histogram's buckets are cumulative, rise, and hold what was recorded") {
  const auto all = app::runtime_families(two_workers());
  const auto& spread = family(all, "tokiod_task_poll_seconds").samples[0].spread;
  CHECK(spread.count == 3);
  CHECK(spread.sum == doctest::Approx(3e-6));
  REQUIRE(!spread.upto.empty());
  for (std::size_t i = 1; i < spread.upto.size(); ++i) {
    CHECK(spread.upto[i].first > spread.upto[i - 1].first);
    CHECK(spread.upto[i].second >= spread.upto[i - 1].second);
  }
  CHECK(spread.upto.front().first >= 1000e-9);
  CHECK(spread.upto.back().second == 3);
}

TEST_CASE("waits for the kernel that brought nothing stand in the line of 0 events") {
  auto now = two_workers();
  now.reactor_turns = 10;
  metrics::octave_histogram events;
  for (const std::uint64_t each : {1u, 1u, 6u, 2000u}) events.record(each);
  now.events_per_wait = events.read();
  const auto spread = family(app::runtime_families(now), "tokiod_reactor_events_per_poll").samples[0].spread;
  CHECK(spread.count == 10);
  CHECK(spread.sum == 2008);
  using line = std::pair<double, std::uint64_t>;
  CHECK(spread.upto.at(0) == line{0, 6});
  CHECK(spread.upto.at(1) == line{1, 8});
  CHECK(spread.upto.at(2) == line{3, 8});
  CHECK(spread.upto.at(3) == line{7, 9});
  CHECK(spread.upto.back() == line{1023, 9});
}

TEST_CASE("a group's time is what its tasks did at each look, for as long as the looks are apart") {
  app::task_groups groups;
  const auto sum = [&](const char* name, std::size_t at) {
    return family(groups.families(), name).samples.at(at).value;
  };
  groups.add({{"echo", "serve", 3, 1, 0}}, 10 * second, millisecond);
  CHECK(sum("tokiod_task_idle_seconds_total", 0) == 0);  // nobody knows since when
  CHECK_FALSE(groups.is_due(10 * second + 99 * millisecond));
  CHECK(groups.is_due(10 * second + 100 * millisecond));
  groups.add({{"echo", "serve", 2, 1, 1}, {"echo", "", 5, 0, 0}}, 12 * second, 0);
  CHECK(sum("tokiod_task_group_alive", 1) == 4);
  CHECK(sum("tokiod_task_idle_seconds_total", 1) == 4);
  CHECK(sum("tokiod_task_scheduled_seconds_total", 1) == 2);
  CHECK(sum("tokiod_task_running_seconds_total", 1) == 2);
  CHECK(sum("tokiod_task_idle_seconds_total", 0) == 10);
  groups.add({}, 13 * second, 0);
  CHECK(sum("tokiod_task_group_alive", 1) == 0);
  CHECK(sum("tokiod_task_idle_seconds_total", 1) == 4);
}

TEST_CASE("groups without end have one name") {
  app::task_groups groups;
  groups.add({}, second, 0);
  for (unsigned i = 0; i < 300; ++i) groups.add({{"p", "task " + std::to_string(i), 1, 0, 0}}, (2 + i) * second, 0);
  const auto all = groups.families();
  const auto& samples = family(all, "tokiod_task_idle_seconds_total").samples;
  CHECK(samples.size() == app::task_groups::most_groups + 1);
  const auto other =
      std::ranges::find(samples, control::labels{{"plugin", "other"}, {"name", "other"}}, &control::sample::with);
  REQUIRE(other != samples.end());
  CHECK(other->value == 300 - app::task_groups::most_groups);
}

TEST_CASE("a histogram's lines stand at the powers of two, and what lies below is what was recorded below") {
  auto now = two_workers();
  metrics::octave_histogram waits;
  metrics::histogram polls;
  for (const std::uint64_t value : {1u, 3u, 4u, 7u, 8u, 1023u, 1024u, 1025u, 2047u, 2048u, 500'000u}) {
    waits.record(value);
    polls.record(value);
  }
  now.owners[0].schedule_latency_ns = waits.read();
  now.workers[0].poll_time_ns = polls.read();
  const auto all = app::runtime_families(now);
  for (const char* const name : {"tokiod_task_schedule_latency_seconds", "tokiod_task_poll_seconds"}) {
    CAPTURE(name);
    const auto& upto = family(all, name).samples[0].spread.upto;
    const auto below = [&](double value) {
      const auto line = std::ranges::find_if(
          upto, [&](const auto& one) { return one.first > value * 0.999e-9 && one.first < value * 1.001e-9; });
      REQUIRE_MESSAGE(line != upto.end(), value);
      return line->second;
    };
    CHECK(below(4) == 2);
    CHECK(below(8) == 4);
    CHECK(below(16) == 5);
    CHECK(below(1024) == 6);
    CHECK(below(2048) == 9);
    CHECK(below(4096) == 10);
    CHECK(below(262'144) == 10);
    CHECK(below(524'288) == 11);
  }
}
