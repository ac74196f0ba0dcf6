#include "app/options.hpp"

#include <doctest/doctest.h>

using namespace tokiod;

namespace {

std::expected<app::options, app::early_exit> parse(std::vector<const char*> words) {
  words.insert(words.begin(), "tokiod");
  const char* const environment[] = {nullptr};
  return app::parse_options(static_cast<int>(words.size()), words.data(), environment);
}

std::string misuse(std::vector<const char*> words) {
  const auto got = parse(std::move(words));
  REQUIRE(!got);
  CHECK(got.error().code == 64);
  return got.error().text;
}

}  // namespace

TEST_CASE("without options the daemon serves with the system's configuration") {
  const auto o = parse({});
  REQUIRE(o);
  CHECK(o->what == app::command::serve);
  CHECK(o->sources.file == "/etc/tokiod/tokiod.json");
  CHECK(o->sources.conf_dir == "/etc/tokiod/conf.d");
  CHECK(!o->sources.file_must_exist);
}

TEST_CASE("a named file replaces the system's files and drop-ins, and must exist") {
  const auto o = parse({"--config", "/x.json", "--check-config"});
  REQUIRE(o);
  CHECK(o->what == app::command::check_config);
  CHECK(o->sources.file == "/x.json");
  CHECK(o->sources.file_must_exist);
  CHECK(o->sources.conf_dir.empty());
  CHECK(o->sources.vendor_dir.empty());
}

TEST_CASE("one of several daemons has its own files and sockets, which options still name otherwise") {
  const auto o = parse({"--instance", "second"});
  REQUIRE(o);
  CHECK(o->sources.file == "/etc/tokiod/instances/second/tokiod.json");
  CHECK(o->sources.conf_dir == "/etc/tokiod/instances/second/conf.d");
  CHECK(o->sources.vendor_dir == "/usr/lib/tokiod/conf.d");
  CHECK_FALSE(o->sources.file_must_exist);
  REQUIRE(o->sources.command_line.size() == 2);
  CHECK(o->sources.command_line[0].texts.front() == "/run/tokiod/instances/second/control.sock");
  CHECK(o->sources.command_line[1].texts.front() == "/run/tokiod/instances/second/observe.sock");
  const auto named = parse({"--instance", "second", "--config", "/x.json", "--socket", "/s"});
  REQUIRE(named);
  CHECK(named->sources.file == "/x.json");
  CHECK(named->sources.command_line.back().texts.front() == "/s");
}

TEST_CASE("options become the highest layer, under the name that was typed") {
  const auto o = parse({"--workers", "3", "--plugin-dir", "/a", "--plugin-dir", "/b", "--socket", "/s",
                        "--observe-socket", "/o", "--conf-dir", "/c"});
  REQUIRE(o);
  REQUIRE(o->sources.command_line.size() == 4);
  CHECK(o->sources.command_line[0].pointer == "/runtime/worker_threads");
  CHECK(o->sources.command_line[0].name == "--workers");
  CHECK(o->sources.command_line[3].texts == std::vector<std::string>{"/a", "/b"});
  CHECK(o->sources.conf_dir == "/c");
}

TEST_CASE("run takes a plugin and its configuration, and reads no system files") {
  const auto o = parse({"run", "/p.so", "--config-json", R"({"port": 1})", "--workers", "2"});
  REQUIRE(o);
  CHECK(o->what == app::command::run_plugin);
  CHECK(o->plugin == "/p.so");
  CHECK(o->plugin_config == R"({"port": 1})");
  CHECK(o->sources.file.empty());
  CHECK(o->sources.command_line.size() == 1);
}

TEST_CASE("--plugin-dir takes one word each time, and the next one is the plugin") {
  for (const std::vector<const char*>& words :
       {std::vector<const char*>{"run", "--plugin-dir", "/a", "--plugin-dir", "/b", "echo"},
        {"--plugin-dir", "/a", "--plugin-dir=/b", "run", "echo"}}) {
    const auto o = parse(words);
    REQUIRE(o);
    CHECK(o->plugin == "echo");
    REQUIRE(o->sources.command_line.size() == 1);
    CHECK(o->sources.command_line[0].texts == std::vector<std::string>{"/a", "/b"});
  }
}

TEST_CASE("misuse is one sentence and exit code 64") {
  CHECK(misuse({"--nonsense"}).find("--nonsense") != std::string::npos);
  CHECK(misuse({"run"}).find("PLUGIN") != std::string::npos);
  for (const char* const name : {"", "A", "../x", "a/b", "a b"})
    CHECK(misuse({"--instance", name}).find("--instance must be named with") != std::string::npos);
  CHECK(misuse({"run", "p", "--instance", "a"}).find("no meaning with it") != std::string::npos);
  CHECK(misuse({"--check-config", "--print-config"}).find("exclude") != std::string::npos);
  CHECK(misuse({"run", "p", "--socket", "/s"}).find("no control socket") != std::string::npos);
  CHECK(misuse({"run", "p", "--check-config"}).find("no meaning with run") != std::string::npos);
  CHECK(misuse({"run", "p", "--config-json", "{"}).find("--config-json is not JSON") != std::string::npos);
  CHECK(misuse({"run", "p", "--config-json", "[]"}).find("must be a JSON object") != std::string::npos);
}

TEST_CASE("help and version are not errors") {
  for (const char* const word : {"--help", "--version"}) {
    const auto got = parse({word});
    REQUIRE(!got);
    CHECK(got.error().code == 0);
    CHECK(got.error().text.find("tokiod") == 0);
  }
}
