#include "ctl/suggest.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "ctl/run.hpp"
#include "support/control_fixture.hpp"
#include "wire/method.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

// The words that may stand in place of the last one, asked from nobody.
std::string offered(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& each : ctl::suggest(words, [](std::string_view, const json&) { return json(); }).words)
    text += (text.empty() ? "" : " ") + each.word;
  return text;
}

// The same from the command itself, with a daemon: "word\tabout" on each line.
std::string offered_by(const control_fixture& daemon, std::vector<std::string> words) {
  std::istringstream in;
  std::ostringstream out, err;
  words.insert(words.begin(), {"__complete", "--socket", daemon.path()});
  CHECK(ctl::run(words, {in, out, err}) == ctl::exit_code::ok);
  CHECK(err.str().empty());
  return out.str();
}

}  // namespace

TEST_CASE("commands, their groups and their options are offered as the parser takes them") {
  CHECK(offered({"plugin", "l"}) == "list load");
  CHECK(offered({"stat"}) == "status");
  CHECK(offered({"plugin", "stop", "x", "--rea"}) == "--reason");
  CHECK(offered({"log", "level", "wa"}) == "warn");
  CHECK(offered({"top", "--ta"}) == "--tab");
  CHECK(offered({"completion", ""}) == "bash zsh fish");
  CHECK(offered({"--output", "json"}) == "json jsonl");
  CHECK(offered({"nothing", "p"}).empty());
}

TEST_CASE("the value of an option is no word of the command") {
  CHECK(offered({"-s", "/a/b", "plugin", "l"}) == "list load");
  CHECK(offered({"--json", "--socket", "=", "/a/b", "-t", "5", "plugin", "l"}) == "list load");
  CHECK(offered({"plugin", "stop", "--deadline", "5", "--rea"}) == "--reason");
  CHECK(offered({"top", "--tab", "w"}) == "workers");
  CHECK(offered({"top", "--tab=w"}) == "--tab=workers");
  CHECK(offered({"top", "--tab", "=", "w"}) == "--tab=workers");
  CHECK(offered({"top", "--sort", "x", "--filter", "y", "--interval", "1s", "--onc"}) == "--once");
  CHECK(ctl::suggest({"--socket", "pl"}, nullptr).files);
}

TEST_CASE("every option of the parser that takes a value swallows the next word") {
  for (const auto& command : ctl::all_commands())
    for (const auto& option : command.options) {
      if (command.is_group || !option.takes_value) continue;
      std::vector<std::string> words;
      std::istringstream split(command.words);
      for (std::string word; split >> word;) words.push_back(word);
      words.insert(words.end(), {option.names.front(), "value", "--hel"});
      CHECK_MESSAGE(offered(words) == "--help", command.words, " ", option.names.front());
    }
}

TEST_CASE("parameters of call come from the method's row") {
  CHECK(offered({"call", "task.li"}) == "task.list");
  CHECK(offered({"call", "task.list", "st"}) == "state=");
  CHECK(offered({"call", "task.list", "state=r"}) == "state=running");
  CHECK(offered({"call", "task.list", "state", "=", "r"}) == "state=running");
  CHECK(offered({"call", "no.such", ""}).empty());
}

TEST_CASE("names of what runs come from the daemon") {
  const control_fixture daemon;
  CHECK(offered_by(daemon, {"plugin", "info", ""}) == "echo\tloaded\n");
  CHECK(offered_by(daemon, {"plugin", "stop", "e"}) == "echo\trunning\n");
  CHECK(offered_by(daemon, {"plugin", "load", ""}) == "echo\t/lib/echo.so\n:files\n");
  CHECK(offered_by(daemon, {"plugin", "call", "echo", ""}) == "stats\tnumbers\n");
  CHECK(offered_by(daemon, {"task", "show", "t-2"}) == "t-2\taccept\n");
  CHECK(offered_by(daemon, {"task", "list", "--plugin", ""}) == "echo\trunning\n");
  CHECK(offered_by(daemon, {"resource", "show", "r-1"}) == "r-1\tSemaphore\n");
  CHECK(offered_by(daemon, {"client", "kill", ""}).starts_with("c-"));
  CHECK(offered_by(daemon, {"config", "check", "-"}).find("--help") != std::string::npos);
  CHECK(offered_by(daemon, {"plugin", "info", "x"}).empty());
}

TEST_CASE("settings and what they can be come from the daemon's schema") {
  const auto schema = [](std::string_view, const json& params) -> json {
    const json level = {{"type", "string"}, {"enum", {"info", "warn"}}}, on = {{"type", "boolean"}};
    if (params == json{{"path", "log.level"}}) return level;
    if (params == json{{"path", "log.on"}}) return on;
    return {{"properties", {{"log", {{"properties", {{"level", level}, {"on", on}}}}}}}};
  };
  const auto words = [&](const std::vector<std::string>& typed) {
    std::string text;
    for (const auto& each : ctl::suggest(typed, schema).words) text += (text.empty() ? "" : " ") + each.word;
    return text;
  };
  CHECK(words({"config", "get", "log."}) == "log.level log.on");
  CHECK(words({"config", "set", "log.level", ""}) == "info warn");
  CHECK(words({"config", "set", "log.on", "t"}) == "true");
}

TEST_CASE("without a daemon there are no names, and no complaint") {
  std::istringstream in;
  std::ostringstream out, err;
  CHECK(ctl::run({"__complete", "--socket", "/nowhere", "plugin", "info", ""}, {in, out, err}) == ctl::exit_code::ok);
  CHECK(out.str().empty());
  CHECK(err.str().empty());
}
