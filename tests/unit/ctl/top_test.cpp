// tokioctl top: its filter, its order, its screen and keys by hand; samples of a daemon in this process; and the real
// program on a terminal of its own.
#include "ctl/top/top.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "ctl/top/view.hpp"
#include "support/control_fixture.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::test;
using ctl::exit_code;
using ctl::json;
using ctl::key;
using ctl::wish;

namespace {

json taken() {
  return *wire::parse(R"({
    "info": {"workers": {"total": 4, "parked": 3, "stuck": 1}, "tasks": {"live": 3, "spawned": 9}},
    "tasks": [
      {"id": "t-1", "plugin": "echo", "name": "accept", "state": "idle", "location": "echo.cpp:10",
       "stats": {"busy_seconds": 0.5, "polls": 100, "warnings": [], "warning_count": 0}},
      {"id": "t-2", "plugin": "echo", "name": "client", "state": "running", "worker": 2, "location": "echo.cpp:20",
       "stats": {"busy_seconds": 2.0, "polls": 7, "warnings": [{"lint": "x"}], "warning_count": 1}},
      {"id": "t-3", "plugin": "http", "name": "client\u001b[2J", "state": "idle", "location": "http.cpp:1"}],
    "workers": [{"worker": 0, "state": "stuck"}, {"worker": 1, "state": "parked"}],
    "plugins": [], "resources": [], "events": [{"time": "2026-01-01T00:00:00Z", "topic": "plugin.state", "what": "{}"}],
    "findings": [{}]})");
}

ctl::top_view shown() {
  ctl::top_view made;
  made.show(taken());
  return made;
}

std::vector<std::string> ids(const ctl::top_view& of) {
  std::vector<std::string> all;
  for (const auto& row : of.rows()) all.push_back(row.at("id"));
  return all;
}

std::vector<std::string> ids_with(std::string_view filter) {
  auto made = shown();
  REQUIRE(made.filter_by(filter));
  return ids(made);
}

void type(ctl::top_view& into, std::string_view text) {
  for (const char c : text) (void)into.press(c);
}

bool shows(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string text_of(ctl::top_view& view, ctl::screen_size size = {24, 200}) {
  std::string all;
  for (const auto& each : view.frame(size)) all += each.text + "\n";
  return all;
}

}  // namespace

TEST_CASE("d asks for the stack of the row's worker, or of all") {
  auto made = shown();
  REQUIRE(made.sort_by("ID"));
  for (int i = 0; i < 3; ++i) (void)made.press(static_cast<int>(key::up));
  CHECK(made.press('d').kind == wish::what::stacks);
  CHECK(made.press('d').id.empty());  // t-1 is idle
  (void)made.press(static_cast<int>(key::down));
  CHECK(made.press('d').id == "2");
  (void)made.press('2');
  CHECK(made.press('d').id == "0");
}

TEST_CASE("a filter's words must all hold: a column that matches, one that compares, text anywhere") {
  using names = std::vector<std::string>;
  CHECK(ids_with("") == names{"t-2", "t-1", "t-3"});
  CHECK(ids_with("plugin:echo") == names{"t-2", "t-1"});
  CHECK(ids_with("Plugin:e*  polls>=100") == names{"t-1"});
  CHECK(ids_with("busy>500ms") == names{"t-2"});
  CHECK(ids_with("busy<=0.5") == names{"t-1"});
  CHECK(ids_with("polls=7") == names{"t-2"});
  CHECK(ids_with("http.cpp") == names{"t-3"});
  CHECK(ids_with("worker<3") == names{"t-2"});
  CHECK(ids_with("nothing").empty());
  CHECK(ids_with("echo.cpp:20") == names{"t-2"});
}

TEST_CASE("a filter that cannot be read says which word, and leaves the one before") {
  auto made = shown();
  REQUIRE(made.filter_by("plugin:http"));
  CHECK(shows(made.filter_by("colour=7").error().sentence, "colour=7 names no column of the tab tasks"));
  CHECK(shows(made.filter_by("busy>soon").error().sentence, "busy>soon must end with a number"));
  CHECK(ids(made) == std::vector<std::string>{"t-3"});
}

TEST_CASE("rows are in the order of a column, numbers by value, and the selected one stays selected") {
  auto made = shown();
  CHECK(ids(made) == std::vector<std::string>{"t-2", "t-1", "t-3"});  // by BUSY, descending
  (void)made.press(static_cast<int>(key::down));                      // t-1
  REQUIRE(made.sort_by("polls"));
  CHECK(ids(made) == std::vector<std::string>{"t-1", "t-2", "t-3"});
  CHECK(made.press(static_cast<int>(key::enter)).id == "t-1");
  made.reverse();
  (void)made.press('s');
  CHECK_FALSE(made.sort_by("nothing"));
}

TEST_CASE("a frame fills the screen and no more, and nothing in it moves the cursor") {
  auto made = shown();
  for (const auto size : {ctl::screen_size{24, 200}, {5, 20}, {2, 10}, {1, 1}}) {
    const auto lines = made.frame(size);
    CHECK(lines.size() == size.lines);
    for (const auto& each : lines) {
      CHECK(each.text.size() <= size.columns);
      CHECK(std::ranges::none_of(each.text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    }
  }
  const auto lines = made.frame({24, 200});
  CHECK(shows(lines[0].text, "4 workers, 3 parked, 1 stuck; 3 tasks, 9 spawned"));
  CHECK(shows(lines[0].text, "1 warnings"));
  CHECK(shows(lines[1].text, "[1 tasks]"));
  CHECK(shows(lines[2].text, "LOCATION"));
  CHECK(lines[3].how == ctl::look::selected);
  CHECK(shows(lines[3].text, "t-2"));
}

TEST_CASE("what looks wrong is marked") {
  auto made = shown();
  (void)made.press(static_cast<int>(key::down));
  CHECK(made.frame({24, 200})[3].how == ctl::look::warning);  // t-2 has one
  (void)made.press('2');
  CHECK(made.now().title == "workers");
  (void)made.press(static_cast<int>(key::down));
  CHECK(made.frame({24, 200})[3].how == ctl::look::warning);  // it is stuck
}

TEST_CASE("more rows than lines scroll with the selected one") {
  ctl::top_view made(1);
  json many = {{"workers", json::array()}};
  for (int i = 0; i < 100; ++i) many["workers"].push_back({{"worker", i}, {"state", "parked"}});
  made.show(std::move(many));
  (void)made.frame({10, 80});
  (void)made.press(static_cast<int>(key::end));
  CHECK(shows(text_of(made, {10, 80}), "    99"));
  CHECK_FALSE(shows(text_of(made, {10, 80}), "     0  "));
  for (int i = 0; i < 200; ++i) (void)made.press(static_cast<int>(key::page_up));
  CHECK(shows(text_of(made, {10, 80}), "     0  "));
}

TEST_CASE("keys change tabs, pause, type a filter, and ask twice before they cancel") {
  auto made = shown();
  CHECK(made.press('q').kind == wish::what::quit);
  (void)made.press('\t');
  CHECK(made.now().title == "workers");
  (void)made.press(static_cast<int>(key::left));
  CHECK(made.now().title == "tasks");
  (void)made.press('p');
  CHECK(made.paused());
  (void)made.press('/');
  type(made, "plugin:hx");
  (void)made.press(static_cast<int>(key::erase));
  type(made, "ttp");
  CHECK(shows(text_of(made), "filter: plugin:http_"));
  (void)made.press(static_cast<int>(key::enter));
  CHECK(ids(made) == std::vector<std::string>{"t-3"});
  (void)made.press('/');
  type(made, " nonsense>");
  (void)made.press(static_cast<int>(key::enter));
  CHECK(shows(text_of(made), "names no column"));
  (void)made.press(static_cast<int>(key::escape));
  CHECK(ids(made) == std::vector<std::string>{"t-3"});
  CHECK(made.press('k').kind == wish::what::redraw);
  CHECK(shows(text_of(made), "cancel task t-3? y/n"));
  CHECK(made.press('n').kind == wish::what::redraw);
  (void)made.press('k');
  const auto asked = made.press('y');
  CHECK(asked.kind == wish::what::cancel);
  CHECK(asked.id == "t-3");
}

TEST_CASE("the task that is cancelled is the one that was asked about, also when its row has gone") {
  auto made = shown();
  (void)made.press('k');
  auto later = taken();
  later["tasks"].erase(1);  // t-2
  made.show(std::move(later));
  CHECK(shows(text_of(made), "cancel task t-2? y/n"));
  CHECK(made.press('y').id == "t-2");
}

TEST_CASE("what has no number in a column comes last in either order") {
  auto made = shown();
  CHECK(ids(made).back() == "t-3");
  (void)made.press('r');
  CHECK(ids(made) == std::vector<std::string>{"t-1", "t-2", "t-3"});
}

TEST_CASE("what waits has its task in detail, if there is one") {
  ctl::top_view made(*ctl::tab_named("timers/io"));
  made.show(*wire::parse(R"({"waiting": [{"kind": "timer", "due_in_seconds": 1, "waiter": {"task": "t-7"}},
                                         {"kind": "job", "seconds": 2}]})"));
  REQUIRE(made.rows().size() == 2);
  CHECK(made.press(static_cast<int>(key::enter)).id == "t-7");
  (void)made.press('j');
  CHECK(made.press(static_cast<int>(key::enter)).kind == wish::what::redraw);
}

TEST_CASE("a row in detail fills the screen until it is left") {
  auto made = shown();
  CHECK(made.press(static_cast<int>(key::enter)).kind == wish::what::detail);
  made.show_detail("id  t-2\nname  client\x1b[2J\n");
  CHECK(shows(text_of(made), "name  client [2J"));
  CHECK_FALSE(shows(text_of(made), "LOCATION"));
  (void)made.press(static_cast<int>(key::escape));
  CHECK(shows(text_of(made), "LOCATION"));
}

namespace {

struct top_said {
  exit_code code;
  std::string out, err;
};

top_said top_on(const control_fixture& daemon, std::vector<std::string> args) {
  args.insert(args.begin(), {"--socket", daemon.path(), "top"});
  std::istringstream in;
  std::ostringstream out, err;
  const auto code = ctl::run(args, {in, out, err, false});
  return {code, out.str(), err.str()};
}

}  // namespace

TEST_CASE("[OB-12] once: a summary and a table, or JSON; a batch as often as it was asked for") {
  const control_fixture daemon;
  const auto text = top_on(daemon, {"--once", "--interval", "100ms"});
  CHECK_MESSAGE(text.code == exit_code::ok, text.err);
  CHECK(shows(text.out, "workers, "));
  CHECK(shows(text.out, "LOCATION"));
  const auto rows = top_on(daemon, {"--once", "--interval", "100ms", "--tab", "workers", "--json"});
  CHECK_MESSAGE(rows.code == exit_code::ok, rows.err);
  const auto read = wire::parse(rows.out);
  REQUIRE(read);
  CHECK(read->at("tab") == "workers");
  CHECK_FALSE(read->at("rows").empty());
  CHECK(read->at("rows").at(0).contains("busy_percent"));
  const auto waits = top_on(daemon, {"--once", "--interval", "100ms", "--tab", "timers/io", "--json"});
  CHECK_MESSAGE(waits.code == exit_code::ok, waits.err);
  for (const auto kind : {"timer", "tcp", "job"})
    CHECK_MESSAGE(shows(waits.out, std::string(R"("kind":")") + kind), waits.out);
  CHECK(shows(waits.out, "127.0.0.1:7007"));
  const auto twice = top_on(daemon, {"--batch", "-n", "2", "--interval", "100ms", "--tab", "plugins", "--json"});
  CHECK(std::ranges::count(twice.out, '\n') == 2);
}

TEST_CASE("what top cannot do is said in a sentence, with an exit code") {
  const control_fixture daemon;
  const auto tab = top_on(daemon, {"--once", "--tab", "threads"});
  CHECK(tab.code == exit_code::bad_input);
  CHECK(shows(tab.err, "top has no tab threads; it has tasks, workers, plugins, resources, timers/io, events"));
  CHECK(top_on(daemon, {"--once", "--filter", "x>y"}).code == exit_code::bad_input);
  CHECK(top_on(daemon, {"--once", "--sort", "height"}).code == exit_code::bad_input);
  CHECK(top_on(daemon, {"--once", "--interval", "1ms"}).code == exit_code::usage);
  CHECK(top_on(daemon, {"--json"}).code == exit_code::usage);
}
