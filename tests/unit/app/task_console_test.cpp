// Who listens to tasks, and the numbers that they are shown.
#include "app/task_console.hpp"

#include <doctest/doctest.h>

#include <vector>

#include "control/task_stats.hpp"

using namespace tokiod;
using tokiod::app::task_console;
namespace trace = tokiod::host::trace;

namespace {

trace::task_book& book() { return *trace::book(); }

}  // namespace

TEST_CASE("[OB-05] the book is on while somebody listens and it is not paused") {
  task_console console(config::console_settings{});
  CHECK_FALSE(trace::on());
  console.listen(true);
  console.listen(true);
  CHECK(trace::on());
  console.listen(false);
  CHECK(trace::on());
  CHECK(console.pause(true));
  CHECK(console.paused());
  CHECK_FALSE(trace::on());
  CHECK_FALSE(console.pause(false));
  CHECK(trace::on());
  console.listen(false);
  console.listen(false);  // once too often: harmless
  CHECK_FALSE(trace::on());
  console.listen(true);
  CHECK(trace::on());
}

TEST_CASE("[OB-05] who is told of a pause hears of it when it begins and when it ends") {
  task_console console(config::console_settings{});
  std::vector<bool> told;
  console.tells([&](bool paused) { told.push_back(paused); });
  for (const bool on : {false, true, true, false}) CHECK(console.pause(on) == on);
  CHECK(told == std::vector<bool>{true, false});
}

TEST_CASE("[OB-10] always writes down without a listener, and a changed configuration takes effect at once") {
  config::console_settings with;
  with.always = true;
  {
    task_console console(with);
    CHECK(trace::on());
    with.always = false;
    console.set(with);
    CHECK_FALSE(trace::on());
    with.always = true;
    console.set(with);
    CHECK(trace::on());
  }
  CHECK_FALSE(trace::on());
}

TEST_CASE("[OB-10] what ended longer ago than the retention is forgotten when somebody looks") {
  config::console_settings with;
  with.always = true;
  const instant_ns now = steady_clock().now();  // since the machine began, which may be a minute ago
  with.retention_ms = now / millisecond / 2;
  task_console console(with);
  book().begin({.id = 1, .instance = "echo", .name = "old", .file = {}}, 1);
  book().begin({.id = 2, .instance = "echo", .name = "live", .file = {}}, 1);
  book().begin({.id = 3, .instance = "echo", .name = "new", .file = {}}, now);
  book().ends(1, trace::task_end::completed, 1);
  book().ends(3, trace::task_end::completed, now);
  CHECK(console.changed_since(0).size() == 3);  // it is told once more
  const auto seen = console.changed_since(0);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].id == 2);
  CHECK(seen[1].id == 3);
}

TEST_CASE("[OB-07] [OB-08] a record as it is shown: moments in Unix time, times in seconds, histograms if asked for") {
  config::console_settings with;
  with.always = true;
  task_console console(with);
  const instant_ns now = steady_clock().now();
  const instant_ns born = now - 10 * second;
  book().begin({.id = 1, .parent = 7, .instance = "echo", .name = "accept", .file = {}, .bytes = 2048}, born);
  CHECK(book().poll_begins(1, born + second, trace::run_up{second / 4, false}));
  book().poll_ends(1, born + second, born + 2 * second);
  book().woken(1, true, born + 3 * second);
  book().ends(1, trace::task_end::panicked, born + 4 * second);
  const auto stats = console.stats_of(*console.find(1));
  CHECK(stats.kind == "task");
  CHECK(stats.end == "panicked");
  CHECK(stats.parent == "t-7");
  CHECK(stats.total_seconds == 4);
  CHECK(stats.busy_seconds == 1);
  CHECK(stats.scheduled_seconds == 0.25);
  CHECK(stats.idle_seconds == 2.75);
  CHECK(stats.dropped - stats.created == doctest::Approx(4));
  CHECK(stats.first_poll - stats.created == doctest::Approx(1));
  CHECK(stats.last_wake - stats.created == doctest::Approx(3));
  const double wall = static_cast<double>(wall_clock_ns()) / 1e9;
  CHECK(stats.created < wall);
  CHECK(stats.created > wall - 3600);
  const auto brief = control::view(stats, false);
  CHECK_FALSE(brief.contains("poll_times"));
  CHECK(brief["warnings"].empty());  // it has ended
  const auto whole = control::view(stats, true);
  CHECK(whole["poll_times"]["count"] == 1);
  CHECK(whole["poll_times"]["longer"]["count"] == 0);
  CHECK(whole["scheduled_times"]["count"] == 1);
}

TEST_CASE("[OB-11] lints are allowed by the configuration, one or all") {
  config::console_settings with;
  with.always = true;
  task_console console(with);
  book().begin({.id = 1, .instance = "echo", .name = "big", .file = {}, .least_bytes = 2048}, 1);
  const auto warnings = [&] { return console.stats_of(*console.find(1)).warnings; };
  REQUIRE(warnings().size() == 1);
  CHECK(warnings().front().lint == "large_future");
  with.allow = {"large_future"};
  console.set(with);
  CHECK(warnings().empty());
  with.allow = {"self_wakes"};
  console.set(with);
  CHECK(warnings().size() == 1);
  with.allow = {"all"};
  console.set(with);
  CHECK(warnings().empty());
}

TEST_CASE("what was written down is not shown any more when nobody listens, but while it is paused") {
  task_console console(config::console_settings{});
  console.listen(true);
  book().begin({.id = 1, .instance = "echo", .name = "accept", .file = {}}, 1);
  CHECK(console.find(1));
  (void)console.pause(true);
  CHECK(console.changed_since(0).size() == 1);
  (void)console.pause(false);
  CHECK(console.find(1));  // what was known goes on
  console.has_ended(1);
  CHECK(console.find(1)->dropped != 0);
  book().begin({.id = 2, .instance = "echo", .name = "accept", .file = {}}, 1);
  console.listen(false);
  CHECK_FALSE(console.find(2));
  CHECK(console.changed_since(0).empty());
}

TEST_CASE("who watches a task before there is a book, or while it is paused, watches it all the same") {
  config::console_settings with;
  with.retention_ms = steady_clock().now() / millisecond / 2;  // the machine may have begun a minute ago
  task_console console(with);
  (void)console.pause(true);
  console.listen(true);
  console.watch(1, true);
  (void)console.pause(false);
  console.watch(1, true);
  console.watch(1, false);
  book().begin({.id = 1, .instance = "echo", .name = "accept", .file = {}}, 1);
  book().ends(1, trace::task_end::completed, 1);
  CHECK(console.changed_since(0).size() == 1);
  CHECK(console.changed_since(0).size() == 1);
  console.watch(1, false);
  console.watch(1, false);  // once too often: harmless
  (void)console.changed_since(0);
  CHECK_FALSE(console.find(1));
}
