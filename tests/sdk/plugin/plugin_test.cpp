// What TOKIO_PLUGIN makes of a type: start, run, stop, live configuration, end.
#include "tokio/plugin/plugin.hpp"

#include "tokio/plugin.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <stdexcept>

#include "tokio/task.hpp"
#include "tokio/test.hpp"
#include "tokio/time.hpp"

using namespace std::chrono_literals;
using tokio::task;
using tokio::plugin::describe;
using tokio::test::fake_host;
using tokio::test::fake_plugin;

namespace {

std::vector<std::string> events;

struct server {
  explicit server(std::string_view config) { events.push_back("made with " + std::string(config)); }
  ~server() { events.push_back("destroyed"); }
  task<> run(tokio::cancellation_token stop) {
    events.push_back("running");
    co_await stop.cancelled();
    co_await tokio::time::sleep(10ms);
    events.push_back("drained");
  }
  static constexpr const char* description = "a test";
};

struct job {
  task<int> run() { co_return 3; }
};
struct failing_job {
  task<> run() {
    co_await tokio::yield_now();
    throw std::runtime_error("no more work");
  }
};
struct refusing {
  explicit refusing(std::string_view) { throw std::runtime_error("port must be 1..65535, got 0"); }
};
struct spawner {
  spawner() {
    tokio::spawn([]() -> task<> { co_await tokio::time::sleep(1h); }).detach();
  }
};
struct with_stop {
  with_stop() = default;
  task<> stop() {
    events.push_back("stopping");
    co_return;
  }
};
struct configurable {
  std::string check(std::string_view text) { return text == "{}" ? "" : "unknown key \"x\""; }
  void apply(std::string_view) { events.push_back("applied"); }
};

}  // namespace

TOKIO_PLUGIN(server, "org.tokiod.test", "1.2.3");

TEST_CASE("the macro fills the descriptor that the host reads") {
  CHECK(std::strcmp(tokio_plugin_v0.id, "org.tokiod.test") == 0);
  CHECK(std::strcmp(tokio_plugin_v0.version, "1.2.3") == 0);
  CHECK(std::strcmp(tokio_plugin_v0.description, "a test") == 0);
  CHECK(tokio_plugin_v0.size == sizeof(tokio_plugin_desc));
  CHECK(tokio_plugin_v0.abi_fingerprint == TOKIO_ABI_FINGERPRINT);
  CHECK(tokio_plugin_v0.flags == (TOKIO_PF_UNLOADABLE | TOKIO_PF_MULTI));
  CHECK(std::strcmp(tokio_note_.id, "org.tokiod.test") == 0);
}

TEST_CASE("a plugin is made, runs, drains when it is asked to stop, has finished, and is destroyed") {
  fake_host host;
  events.clear();
  {
    fake_plugin plugin(tokio_plugin_v0, "{\"port\":1}");
    REQUIRE(plugin.status() == TOKIO_OK);
    host.run_until_stalled();
    CHECK(events == std::vector<std::string>{"made with {\"port\":1}", "running"});
    plugin.stop();
    host.run_until_idle();
    CHECK(events.back() == "drained");
    CHECK(plugin.state().finished == 0);
    CHECK(plugin.state().failed.empty());
  }
  CHECK(events.back() == "destroyed");
}

TEST_CASE("several instances of one image live side by side") {
  fake_host host;
  events.clear();
  fake_plugin first(tokio_plugin_v0, "1"), second(tokio_plugin_v0, "2");
  host.run_until_stalled();
  first.stop();
  host.run_until_idle();
  CHECK(first.state().finished == 0);
  CHECK(second.state().finished == -1);
}

TEST_CASE("the value of run is the status of the process that ran it") {
  fake_host host;
  static constexpr auto desc = describe<job>("org.tokiod.job", "1");
  fake_plugin plugin(desc);
  host.run_until_idle();
  CHECK(plugin.state().finished == 3);
  CHECK_FALSE(static_cast<bool>(desc.stop));
}

TEST_CASE("[TK-11] an exception out of run fails the instance with its sentence") {
  fake_host host;
  static constexpr auto desc = describe<failing_job>("org.tokiod.job", "1");
  fake_plugin plugin(desc);
  host.run_until_idle();
  CHECK(plugin.state().failed == "no more work");
  CHECK(plugin.state().finished == -1);
}

TEST_CASE("an exception of the constructor refuses the start with its sentence") {
  fake_host host;
  static constexpr auto desc = describe<refusing>("org.tokiod.refusing", "1");
  fake_plugin plugin(desc);
  CHECK(plugin.status() == TOKIO_EINVAL);
  CHECK(plugin.state().failed == "port must be 1..65535, got 0");
  CHECK(host.panics.empty());
}

TEST_CASE("a plugin without run and stop has its tasks aborted") {
  fake_host host;
  static constexpr auto desc = describe<spawner>("org.tokiod.spawner", "1");
  CHECK_FALSE(static_cast<bool>(desc.stop));
  fake_plugin plugin(desc);
  host.run_until_stalled();
  CHECK(host.live_tasks() == 1);
  plugin.stop();
  CHECK(host.live_tasks() == 0);
}

TEST_CASE("a stop coroutine runs as a task of the instance") {
  fake_host host;
  events.clear();
  static constexpr auto desc = describe<with_stop>("org.tokiod.with-stop", "1");
  fake_plugin plugin(desc);
  plugin.stop();
  host.run_until_stalled();
  CHECK(events == std::vector<std::string>{"stopping"});
}

TEST_CASE("a new configuration is checked before it is applied, and can be read") {
  fake_host host;
  events.clear();
  static constexpr auto desc = describe<configurable>("org.tokiod.configurable", "1");
  fake_plugin plugin(desc, "{\"a\":1}");
  CHECK(plugin.configure("{\"x\":1}") == "unknown key \"x\"");
  CHECK(events.empty());
  CHECK(plugin.configure("{}").empty());
  CHECK(events == std::vector<std::string>{"applied"});
  tokio::instance_scope inside(plugin.raw());
  CHECK(tokio::config::text() == "{\"a\":1}");
}
