#include "config/load.hpp"

#include <doctest/doctest.h>

#include "support/temp_dir.hpp"

using namespace tokiod;

namespace {

// Sources that read nothing of this machine.
config::sources only(const test::temp_dir& dir) {
  config::sources from;
  from.vendor_dir = dir / "usr";
  from.file = dir / "tokiod.json";
  from.conf_dir = dir / "etc";
  return from;
}

config::loaded must_load(const config::sources& from) {
  auto got = config::load(from);
  if (!got)
    for (const auto& f : got.error()) MESSAGE(text_of(f));
  REQUIRE(got);
  return std::move(*got);
}

std::string only_fault(const std::expected<config::loaded, config::faults>& got) {
  REQUIRE(!got);
  REQUIRE(got.error().size() == 1);
  return text_of(got.error().front());
}

void check_faults(const config::faults& found, const std::vector<std::string>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t i = 0; i < found.size(); ++i) CHECK(text_of(found[i]) == expected[i]);
}

std::string fault_with_workers(const char* text) {
  const test::temp_dir dir;
  auto from = only(dir);
  const std::string entry = std::string("TOKIO_WORKER_THREADS=") + text;
  const char* const variables[] = {"PATH=/bin", entry.c_str(), nullptr};
  from.environment = config::from_environment(variables);
  return only_fault(config::load(from));
}

}  // namespace

TEST_CASE("without any file every setting has its default, and the worker count says why it is what it is") {
  const test::temp_dir dir;
  const auto l = must_load(only(dir));
  CHECK(l.files.empty());
  CHECK(l.values.runtime.max_blocking_threads == 512);
  CHECK(l.values.runtime.worker_threads >= 1);
  CHECK(l.document["runtime"]["worker_threads"] == l.values.runtime.worker_threads);
  CHECK(l.origin_of("/runtime/worker_threads").find("by affinity") != std::string::npos);
  CHECK(l.origin_of("/log/level") == "default");
}

TEST_CASE("each layer beats the one below it, and every value knows where it came from") {
  const test::temp_dir dir;
  dir.write("usr/10-a.json", R"({"log": {"level": "error", "burst": 1}, "runtime": {"event_interval": 5}})");
  dir.write("usr/20-masked.json", R"({"control": {"max_clients": 1}})");
  dir.write("tokiod.json",
            R"({"log": {"burst": 2}, "runtime": {"worker_threads": 2, "event_interval": 6, "stuck_stacks": false}})");
  dir.write("etc/20-masked.json", R"({"control": {"max_clients": 9}})");
  dir.write("etc/30-b.json", R"({"log": {"burst": 3}, "runtime": {"event_interval": null}})");
  auto from = only(dir);
  const char* const variables[] = {"TOKIO_WORKER_THREADS=3", "TOKIOD_LOG__LEVEL=debug", "TOKIOD_SOCKET=/x", nullptr};
  from.environment = config::from_environment(variables);
  from.command_line = {{"/runtime/worker_threads", {"4"}, "--workers"},
                       {"/plugins/dirs", {"/a", "/b"}, "--plugin-dir"}};
  const auto l = must_load(from);

  CHECK(l.values.log.level == "debug");
  CHECK(l.origin_of("/log/level") == "environment TOKIOD_LOG__LEVEL");
  CHECK(l.values.log.burst == 3);
  CHECK(l.origin_of("/log/burst") == dir / "etc/30-b.json:1:10");
  CHECK(l.values.control.max_clients == 9);
  CHECK(l.values.runtime.event_interval == 61);
  CHECK(l.origin_of("/runtime/event_interval") == "default");
  CHECK_FALSE(l.values.runtime.stuck_stacks);
  CHECK(l.values.runtime.worker_threads == 4);
  CHECK(l.origin_of("/runtime/worker_threads") == "command line --workers");
  CHECK(l.values.plugins.dirs == std::vector<std::string>{"/a", "/b"});
  CHECK(l.files.size() == 4);
}

TEST_CASE("TOKIO_WORKER_THREADS beats the file") {
  const test::temp_dir dir;
  dir.write("tokiod.json", R"({"runtime": {"worker_threads": 2}})");
  auto from = only(dir);
  const char* const variables[] = {"TOKIO_WORKER_THREADS=3", nullptr};
  from.environment = config::from_environment(variables);
  CHECK(must_load(from).values.runtime.worker_threads == 3);
}

TEST_CASE("a worker count that is no number, out of range or empty is one sentence that names the variable") {
  const std::string must = "environment TOKIO_WORKER_THREADS: TOKIO_WORKER_THREADS must be an integer 1..1024, got ";
  CHECK(fault_with_workers("0") == must + "0");
  CHECK(fault_with_workers("1025") == must + "1025");
  CHECK(fault_with_workers("-1") == must + "\"-1\"");
  CHECK(fault_with_workers("abc") == must + "\"abc\"");
  CHECK(fault_with_workers("") == must + "\"\"");
  CHECK(fault_with_workers("3 ") == must + "\"3 \"");
  CHECK(fault_with_workers("99999999999999999999") == must + "\"99999999999999999999\"");
}

TEST_CASE("the faults of all files are reported together") {
  const test::temp_dir dir;
  dir.write("usr/a.json", R"({"log": {"level": 1}})");
  dir.write("tokiod.json", "{ broken");
  dir.write("etc/b.json", R"({"nolog": {}})");
  auto from = only(dir);
  from.command_line = {{"/runtime/worker_threads", {"many"}, "--workers"}};
  const auto got = config::load(from);
  REQUIRE(!got);
  CHECK(got.error().size() == 4);
}

TEST_CASE("a file that was named must be there; the system's may be missing") {
  const test::temp_dir dir;
  auto from = only(dir);
  from.file_must_exist = true;
  CHECK(only_fault(config::load(from)) == from.file + " cannot be read: open: No such file or directory");
  from.file_must_exist = false;
  from.conf_dir_must_exist = true;
  CHECK(only_fault(config::load(from)) == from.conf_dir + " cannot be read: No such file or directory");
}

TEST_CASE("plugin instances, log targets and access rules reach the values") {
  const auto l = config::load_text("f", R"({
    "log": {"targets": {"plugin.echo": "debug"}},
    "control": {"access": [{"group": "root", "level": "operate", "allow": ["plugin.*"]}, {"uid": 7}]},
    "plugins": {"instances": {"one": {"plugin": "echo", "config": {"port": 7007}},
                              "two": {"plugin": "/x/y.so", "enabled": false}}}})");
  REQUIRE(l);
  CHECK(l->values.log.targets.at("plugin.echo") == "debug");
  REQUIRE(l->values.control.access.size() == 2);
  CHECK(l->values.control.access[0].group == "root");
  CHECK(l->values.control.access[0].allow == std::vector<std::string>{"plugin.*"});
  CHECK(l->values.control.access[1].uid == 7);
  CHECK(l->values.control.access[1].level == "observe");
  CHECK(l->values.plugins.instances.at("one").config == R"({"port":7007})");
  CHECK(l->values.plugins.instances.at("one").enabled);
  CHECK(!l->values.plugins.instances.at("two").enabled);
}

TEST_CASE("rules between settings: one sentence each, with the place of the value") {
  const auto got = config::load_text("f", R"({
    "runtime": {"flavor": "current_thread", "worker_threads": 2},
    "control": {"socket": "/a", "observe_socket": "/a", "access": [{"uid": 1, "gid": 2}]},
    "plugins": {"instances": {"Bad Name": {"plugin": "p"}, "ok": {"enabled": true}}}})");
  REQUIRE(!got);
  const std::vector<std::string> expected = {
      "f:2:45: /runtime/worker_threads is 2, but the flavor current_thread has exactly one",
      "f:3:33: /control/observe_socket is the path of the control socket too, /a",
      "f:3:68: /control/access/0 may name one of user, group, uid, gid, but names 2",
      "f:4:31: /plugins/instances/Bad Name must be named with 1..64 of a-z, 0-9, _ and -",
      "f:4:60: /plugins/instances/ok names no plugin: add \"plugin\": \"NAME\"",
  };
  check_faults(got.error(), expected);
}

TEST_CASE("a fault of one value hides no rule between others, and what was said wrongly is not missing") {
  const auto got = config::load_text("f", R"({
    "plugins": {"instances": {"bad name": {"plugin": "", "enabled": 3, "config": []}, "x": 5, "y": {"max_tasks": -1}}},
    "log": {"targets": {"a": 1}, "level": "loud"},
    "control": {"access": [{"uid": "x"}, {"uid": 1, "gid": 2}, 7], "socket": "/a", "observe_socket": "/a"}})");
  REQUIRE(!got);
  const std::vector<std::string> expected = {
      "f:2:44: /plugins/instances/bad name/plugin must be a text of 1..4096 bytes, got \"\"",
      "f:2:58: /plugins/instances/bad name/enabled must be true or false, got 3",
      "f:2:72: /plugins/instances/bad name/config must be an object, got an array",
      "f:2:87: /plugins/instances/x must be an object, got 5",
      "f:2:101: /plugins/instances/y/max_tasks must be an integer 1..18446744073709551615, got -1",
      "f:3:25: /log/targets/a must be one of trace, debug, info, warn, error, off, got 1",
      "f:3:34: /log/level must be one of trace, debug, info, warn, error, off, got \"loud\"",
      "f:4:29: /control/access/0/uid must be an integer 0..4294967295, got \"x\"",
      "f:4:64: /control/access/2 must be an object, got 7",
      "f:4:84: /control/observe_socket is the path of the control socket too, /a",
      "f:4:42: /control/access/1 may name one of user, group, uid, gid, but names 2",
      "f:2:31: /plugins/instances/bad name must be named with 1..64 of a-z, 0-9, _ and -",
  };
  check_faults(got.error(), expected);
}

TEST_CASE("a text that breaks off lacks nothing of what it did not come to say") {
  const auto got = config::load_text("f", R"({"plugins": {"instances": {"one": {)");
  CHECK(only_fault(got).starts_with("f:1:"));
}

TEST_CASE("an access rule names exactly one of user, group, uid, gid, and what it names is known") {
  const auto got = config::load_text("f", R"({"control": {"socket_group": "no-such-group", "access": [
    {"level": "admin"},
    {"user": null, "level": null, "allow": null},
    {"user": "no-such-user"},
    {"group": "no-such-group"},
    {"user": "root"}, {"group": "root"}, {"uid": 7}]}})");
  REQUIRE(!got);
  const std::vector<std::string> expected = {
      "f:1:14: /control/socket_group is \"no-such-group\", a group that this system does not know",
      "f:2:5: /control/access/0 names nobody: add one of user, group, uid, gid",
      "f:3:5: /control/access/1 names nobody: add one of user, group, uid, gid",
      "f:4:6: /control/access/2/user is \"no-such-user\", a user that this system does not know",
      "f:5:6: /control/access/3/group is \"no-such-group\", a group that this system does not know",
  };
  check_faults(got.error(), expected);
  CHECK(got.error()[1].why == kind::missing_param);
  CHECK(got.error()[3].why == kind::invalid_config);
}

TEST_CASE("an environment variable for a setting that does not exist is a fault") {
  const test::temp_dir dir;
  auto from = only(dir);
  const char* const twisted[] = {"TOKIOD_LOG__LEVEL=debug", "TOKIOD_LOG__LEVEL__X~=1", nullptr};
  from.environment = config::from_environment(twisted);
  CHECK(only_fault(config::load(from)).find("is not a setting") != std::string::npos);
  const char* const variables[] = {"TOKIOD_LOG__LEVLE=debug", nullptr};
  from.environment = config::from_environment(variables);
  CHECK(only_fault(config::load(from)) ==
        "environment TOKIOD_LOG__LEVLE: TOKIOD_LOG__LEVLE is not a setting; did you mean \"level\"?");
}

TEST_CASE("a text of the environment that is not UTF-8 is a fault: it would be shown as another than it is") {
  const test::temp_dir dir;
  auto from = only(dir);
  const char* const variables[] = {"TOKIOD_CONTROL__SOCKET=/\xff", nullptr};
  from.environment = config::from_environment(variables);
  CHECK(only_fault(config::load(from))
            .starts_with("environment TOKIOD_CONTROL__SOCKET: TOKIOD_CONTROL__SOCKET must be a text"));
}

TEST_CASE("what --print-config shows can be loaded again and means the same") {
  const auto l = config::load_text("f", R"({"runtime": {"worker_threads": 2}, "log": {"level": "warn"},
    "plugins": {"instances": {"one": {"plugin": "echo", "config": {"a": [1, {"b": null}]}}}}})");
  REQUIRE(l);
  const std::string text = config::printed(*l);
  CHECK(text.find("\"level\": \"warn\",  // f:1:") != std::string::npos);
  const auto again = config::load_text("g", text);
  REQUIRE(again);
  CHECK(again->document == l->document);
}
