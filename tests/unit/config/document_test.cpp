#include "config/document.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>

#include "support/temp_dir.hpp"

using namespace tokiod;
using config::faults;

namespace {

faults check(std::string_view text) {
  faults found;
  const auto document = config::parse_text("f", text, found);
  config::check_document(document, found);
  return found;
}

std::vector<std::string> texts(const faults& found) {
  std::vector<std::string> all;
  for (const auto& f : found) all.push_back(text_of(f));
  return all;
}

// The only fault of a text.
std::string fault_of(std::string_view text) {
  const auto all = texts(check(text));
  REQUIRE(all.size() == 1);
  return all.front();
}

}  // namespace

TEST_CASE("comments are allowed, and every value keeps the line and column where its name stood") {
  faults found;
  const auto d = config::parse_text("f",
                                    "// first\n"
                                    "{ \"log\": /* \"x\": 1, */ {\n"
                                    "    \"level\" : \"wa\\\"rn\", // here: [\n"
                                    "    \"burst\": 7 },\n"
                                    "  \"plugins\": {\"dirs\": [\"a\",\n \"b\", true, -1.5e3, null]} }\n",
                                    found);
  CHECK(found.empty());
  CHECK(d.source_of("/log") == "f:2:3");
  CHECK(d.source_of("/log/level") == "f:3:5");
  CHECK(d.source_of("/log/burst") == "f:4:5");
  CHECK(d.source_of("/plugins/dirs/0") == "f:5:24");
  CHECK(d.source_of("/plugins/dirs/1") == "f:6:2");
  CHECK(d.source_of("/plugins/dirs/3") == "f:6:13");
  CHECK(d.value["log"]["level"] == "wa\"rn");
}

TEST_CASE("all faults of a text are found at once, each with its place") {
  const auto all = texts(check(R"({
  "runtime": {"worker_threads": 0, "worker_treads": 3},
  "log": {"level": "loud", "targets": {"plugin.echo": 7}},
  "plugins": {"dirs": "here", "instances": {"echo": {"enabled": "yes", "config": []}}},
  "control": {"socket_mode": "9", "access": [{"level": "root"}]}
})"));
  const std::vector<std::string> expected = {
      "f:2:15: /runtime/worker_threads must be an integer 1..1024, got 0",
      "f:2:36: /runtime/worker_treads is not a setting; did you mean \"worker_threads\"?",
      "f:3:11: /log/level must be one of trace, debug, info, warn, error, off, got \"loud\"",
      "f:3:40: /log/targets/plugin.echo must be one of trace, debug, info, warn, error, off, got 7",
      "f:4:15: /plugins/dirs must be an array of texts, got \"here\"",
      "f:4:54: /plugins/instances/echo/enabled must be true or false, got \"yes\"",
      "f:4:72: /plugins/instances/echo/config must be an object, got an array",
      "f:5:15: /control/socket_mode must be permission bits as a text such as \"0660\", got \"9\"",
      "f:5:47: /control/access/0/level must be one of none, observe, operate, admin, got \"root\"",
  };
  CHECK(all == expected);
}

TEST_CASE("a fault has a stable kind, the JSON path, what was expected and what was there") {
  const auto found = check(R"({"runtime": {"max_blocking_threads": 70000}})");
  REQUIRE(found.size() == 1);
  CHECK(found[0].why == kind::out_of_range);
  CHECK(found[0].path == "/runtime/max_blocking_threads");
  CHECK(found[0].expected == "an integer 1..65536");
  CHECK(found[0].got == "70000");
}

TEST_CASE("a number that only looks like an integer is refused, whatever the library would make of it") {
  for (const char* const value : {"1.9", "-1", "true", "\"2\"", "18446744073709551616", "1e2", "[]"})
    CHECK(check(std::string(R"({"runtime": {"worker_threads": )") + value + "}}").size() == 1);
}

TEST_CASE("null is accepted for every setting: it takes back what a lower layer said") {
  CHECK(check(R"({"runtime": {"worker_threads": null}, "log": null})").empty());
}

TEST_CASE("in a list null takes nothing back, and an empty name is none") {
  const auto all = texts(check(R"({"control": {"access": [null, {"user": ""}, {"group": ""}]}})"));
  const std::vector<std::string> expected = {
      "f:1:25: /control/access/0 must be an object, got null",
      "f:1:32: /control/access/1/user must be a text of 1..256 bytes, got \"\"",
      "f:1:46: /control/access/2/group must be a text of 1..256 bytes, got \"\"",
  };
  CHECK(all == expected);
}

TEST_CASE("a key given twice is a fault that names the first place") {
  CHECK(fault_of("{\"log\": {\"level\": \"info\",\n \"level\": \"warn\"}}") ==
        "f:2:2: /log/level is given twice; first at f:1:10");
}

TEST_CASE("a fault of syntax names the place where reading stopped") {
  CHECK(
      fault_of("{\n  \"log\": {\"level\": \"info\",}\n}").starts_with("f:2:27: syntax error while parsing object key"));
  CHECK(fault_of("").starts_with("f:1:1: syntax error"));
  CHECK(fault_of("{").starts_with("f:1:"));
  CHECK(fault_of("{} x").starts_with("f:1:4: syntax error"));
}

TEST_CASE("text past the whole document, a document that is no object, and deep nesting are refused") {
  CHECK(fault_of("[1]") == "f:1:1: the document must be an object");
  const std::string deep = R"({"plugins":{"instances":{"x":{"config":{"a":)" + std::string(200, '[');
  CHECK(fault_of(deep).find("nests deeper than 64 levels") != std::string::npos);
}

TEST_CASE("many values below a long name are refused before their pointers take the memory of the machine") {
  // 64 KB of text, of whose values each has a pointer of 32 KB: half a gigabyte of pointers.
  std::string text = R"({"plugins":{"instances":{")" + std::string(32'000, 'n') + R"(":{"config":{"a":[0)";
  for (int i = 0; i < 16'000; ++i) text += ",0";
  faults found;
  const config::document read = config::parse_text("f", text + "]}}}}}", found);
  REQUIRE(found.size() == 1);
  CHECK(found.front().why == kind::too_large);
  CHECK(text_of(found.front()).find("the names of the values take more than 16777216 bytes") != std::string::npos);
  CHECK(read.sources.size() < 1000);
}

TEST_CASE("a plugin's own configuration is taken as it is") {
  CHECK(check(R"({"plugins": {"instances": {"a": {"plugin": "p", "config": {"any": [1, {"x": null}]}}}}})").empty());
}

TEST_CASE("names with slashes and tildes are escaped in paths") {
  CHECK(fault_of(R"({"a/b~c": 1})").starts_with("f:1:2: /a~1b~0c is not a setting"));
}

TEST_CASE("a file that cannot be read, or is too large, is a fault and not an empty configuration") {
  const test::temp_dir dir;
  faults found;
  (void)config::read_document(dir / "none.json", found);
  (void)config::read_document(dir.write("big.json", std::string(config::file_limit_bytes + 1, ' ')), found);
  REQUIRE(found.size() == 2);
  CHECK(text_of(found[0]) == dir / "none.json" + " cannot be read: open: No such file or directory");
  CHECK(text_of(found[1]) == dir / "big.json" + " is larger than 4194304 bytes");
}

TEST_CASE("a pipe or a folder in a file's place is a fault, and nobody waits for it") {
  const test::temp_dir dir;
  REQUIRE(::mkfifo((dir / "pipe.json").c_str(), 0600) == 0);
  for (const std::string& path : {dir / "pipe.json", dir.path(), std::string("/dev/zero")}) {
    faults found;
    (void)config::read_document(path, found);
    REQUIRE(found.size() == 1);
    CHECK(text_of(found[0]) == path + " cannot be read: it is not a file");
  }
}
