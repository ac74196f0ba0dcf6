// Settings for a time: what comes back, and what does not because somebody has said something else.
#include "app/passing_settings.hpp"

#include <doctest/doctest.h>

#include <atomic>

#include "app/config_edit.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"

using namespace tokiod;
using namespace tokiod::app;
using wire::json;

namespace {

json warn(int ms) { return {{"runtime", {{"stuck_after_ms", ms}}}}; }

// What an edit makes of the two layers that are changed at run time.
config::overlays after(const config_edit& edit, const json& runtime) {
  config::sources from;
  from.vendor_dir = from.conf_dir = "";
  const test::temp_dir dir;
  from.file = dir.write("tokiod.json", "{}");
  const auto now = config::load(from, runtime);
  REQUIRE(now);
  const auto over = edit(*now, false);
  REQUIRE(over);
  return *over;
}

}  // namespace

TEST_CASE("what is for a time is over after it, and what was said before is said again") {
  manual_clock time;
  passing_settings passing(time, [] {});
  REQUIRE(passing.can_end());
  passing.begin(warn(50), warn(200), 10 * second);
  CHECK(passing.left("/runtime/stuck_after_ms") == 10 * second);
  CHECK_FALSE(passing.left("/watchdog/stuck_after_ms"));
  CHECK(passing.over().empty());
  time.advance(10 * second);
  const auto over = passing.over();
  REQUIRE(over.size() == 1);
  CHECK(after(end_edit(over), warn(50)).runtime == warn(200));
  passing.forget(over);
  CHECK(passing.over().empty());
  CHECK_FALSE(passing.left("/runtime/stuck_after_ms"));
}

TEST_CASE("where nothing was said before nothing is said after it, and another's word stays") {
  manual_clock time;
  passing_settings passing(time, [] {});
  passing.begin(warn(50), json::object(), second);
  time.advance(second);
  const auto edit = end_edit(passing.over());
  CHECK(after(edit, warn(50)).runtime == json::object());
  CHECK(after(edit, warn(70)).runtime == warn(70));
  json more = warn(50);
  more["log"]["level"] = "debug";
  CHECK(after(edit, more).runtime == json{{"log", {{"level", "debug"}}}});
}

TEST_CASE("who changes it again for a time goes back to what the first one found; who means it to last ends it") {
  manual_clock time;
  passing_settings passing(time, [] {});
  passing.begin(warn(50), warn(200), second);
  passing.begin(warn(60), warn(50), 10 * second);
  time.advance(second);
  CHECK(passing.over().empty());
  time.advance(9 * second);
  CHECK(after(end_edit(passing.over()), warn(60)).runtime == warn(200));
  passing.forget(warn(60));
  CHECK(passing.over().empty());
}

TEST_CASE("what came meanwhile is not forgotten with what was over") {
  manual_clock time;
  passing_settings passing(time, [] {});
  passing.begin(warn(50), warn(200), second);
  time.advance(second);
  const auto over = passing.over();
  passing.begin(warn(60), warn(50), second);
  passing.forget(over);
  CHECK(passing.left("/runtime/stuck_after_ms") == second);
}

TEST_CASE("somebody is called when it is over, and again as long as it is not forgotten") {
  std::atomic<int> calls{0};
  const steady_clock time;
  passing_settings* all = nullptr;
  passing_settings passing(time, [&] {
    ++calls;
    if (calls == 2) all->forget(all->over());
    all->wait(0);
  });
  all = &passing;
  passing.begin(warn(50), json::object(), millisecond);
  test::eventually("both calls", [&] { return calls == 2; });
  passing.stop();
  CHECK(calls == 2);
  CHECK(passing.can_end().error().why == kind::draining);
}
