// Plugins from the shelf and from a folder: hello_c logs, a finished plugin ends `tokiod run`, a file that is dropped
// into a plugin directory is found.
#include <doctest/doctest.h>

#include <filesystem>

#include "acceptance/instances.hpp"
#include "support/daemon_process.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

// The entry with this name in the list, or null.
wire::json named(const wire::json& list, const std::string& name) {
  for (const auto& one : list)
    if (one.at("name") == name) return one;
  return nullptr;
}

}  // namespace

TEST_CASE("hello_c says hello from C, again and again") {
  daemon_process d(R"({"plugins": {"instances": {"greetings": {"plugin": "hello_c"}}}})");
  eventually("two lines", [&] { return d.child().err().find("hello from C, greeting 2") != std::string::npos; });
  CHECK(d.child().err().find("plugin.greetings") != std::string::npos);
  CHECK(d.stop() == 0);
}

TEST_CASE("a configuration that a C plugin refuses is its sentence") {
  daemon_process d;
  const auto refused = d.connect().error("plugin.load", {{"plugin", "hello_c"}, {"config", {{"port", 1}}}});
  CHECK(refused.at("message") == "instance hello_c: init failed: hello_c takes no configuration");
}

TEST_CASE("tokiod run ends with the status of the plugin that finishes") {
  const temp_dir dir;
  const auto ended = run(dir, {tokiod_path(), "run", TOKIOD_FIXTURES "/blocks.so", "--config-json", R"({"ms": 1})"});
  CHECK_MESSAGE(ended.code == 3, ended.err);
}

TEST_CASE("tokiod run of a file that is no plugin says so and fails") {
  const temp_dir dir;
  const auto file = dir.write("nothing.so", "not an ELF file");
  const auto ended = run(dir, {tokiod_path(), "run", file});
  CHECK(ended.code == 1);
  CHECK_MESSAGE(ended.err.find(file + ": ") != std::string::npos, ended.err);
}

TEST_CASE("a file that is copied into a plugin directory is found by a scan and loaded by its name") {
  const temp_dir plugins;
  daemon_process d("{}", {"--plugin-dir", plugins.path()});
  auto control = d.connect();
  CHECK(named(control.call("plugin.scan").at("found"), "dropped").is_null());
  CHECK(control.error("plugin.load", {{"plugin", "dropped"}}).at("data").at("kind") == "not_found");

  std::filesystem::copy_file(plugin_dir() + "/hello_c.so", plugins / "dropped.so");
  (void)plugins.write("broken.so", "not an ELF file");
  const auto scanned = control.call("plugin.scan");
  const auto found = named(scanned.at("found"), "dropped");
  REQUIRE(!found.is_null());
  CHECK(found.at("id") == "dev.tokiod.hello-c");
  CHECK(found.at("loaded") == false);
  CHECK(scanned.at("rejected").at(0).at("path") == plugins / "broken.so");

  CHECK(control.call("plugin.load", {{"plugin", "dropped"}}).at("instance").at("state") == "running");
  CHECK(named(control.call("plugin.scan").at("found"), "dropped").at("loaded") == true);
  CHECK(control.call("plugin.unload", {{"plugin", "dropped"}}).at("unmapped") == true);
  CHECK(d.stop() == 0);
}
