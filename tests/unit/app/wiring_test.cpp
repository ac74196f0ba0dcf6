#include "app/wiring.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

using namespace tokiod;

namespace {

// Passed sockets, as far as the wiring looks at them: a name and some descriptor.
std::vector<app::passed_socket> passed(std::vector<std::string> names) {
  std::vector<app::passed_socket> all;
  for (auto& name : names) all.push_back({std::move(name), unique_fd(::dup(0))});
  return all;
}

}  // namespace

TEST_CASE("without passed sockets both control sockets are made, with their modes and ceilings") {
  config::control_settings s;
  s.socket_group = "adm";
  const auto o = app::server_options_of(s, {});
  REQUIRE(o.sockets.size() == 2);
  CHECK(o.sockets[0].path == "/run/tokiod/control.sock");
  CHECK(o.sockets[0].mode == 0660);
  CHECK(o.sockets[0].group == "adm");
  CHECK(o.sockets[0].ceiling == wire::level::admin);
  CHECK(o.sockets[1].mode == 0666);
  CHECK(o.sockets[1].ceiling == wire::level::observe);
}

TEST_CASE("an empty observe socket is none, unless one was passed") {
  config::control_settings s;
  s.observe_socket.clear();
  CHECK(app::server_options_of(s, {}).sockets.size() == 1);
  CHECK(app::server_options_of(s, passed({"control-ro"})).sockets.size() == 2);
}

TEST_CASE("passed sockets are taken by name whatever their order, and an unknown name does no harm") {
  for (const auto& names :
       {std::vector<std::string>{"control", "control-ro", "news"}, {"news", "control-ro", "control"}}) {
    auto sockets = passed(names);
    const auto control_fd = std::ranges::find(sockets, "control", &app::passed_socket::name)->fd.get();
    const auto o = app::server_options_of({}, std::move(sockets));
    REQUIRE(o.sockets.size() == 2);
    CHECK(o.sockets[0].passed.get() == control_fd);
    CHECK(o.sockets[1].passed);
  }
}

TEST_CASE("limits, access rules and levels reach their parts in their units") {
  config::control_settings s;
  s.idle_timeout_ms = 1500;
  s.max_output_bytes = 1 << 20;
  s.max_events = 64;
  s.kept_events = 100;
  s.access.push_back({.user = {}, .group = {}, .uid = 7, .gid = -1, .level = "operate", .allow = {"a.*"}, .deny = {}});
  CHECK(app::limits_of(s).idle_timeout == 1500 * millisecond);
  CHECK(app::limits_of(s).disconnect_output_bytes == 2 << 20);
  CHECK(app::limits_of(s).ring_messages == 64);
  CHECK(app::limits_of(s).ring_bytes == 64 * 1024);
  CHECK(app::limits_of(s).kept_events == 100);
  CHECK(app::limits_of(s).kept_event_bytes == 42'000);
  const auto rules = app::access_of(s);
  REQUIRE(rules.size() == 1);
  CHECK(rules[0].uid == 7u);
  CHECK(!rules[0].gid);
  CHECK(rules[0].grants == wire::level::operate);
  config::log_settings l;
  l.level = "warn";
  l.targets["plugin.echo"] = "trace";
  CHECK(app::levels_of(l) == log::levels{log::level::warn, {{"plugin.echo", log::level::trace}}});
}

TEST_CASE("the runtime's numbers are those of the configuration") {
  config::runtime_settings s;
  s.flavor = "current_thread";
  s.worker_threads = 5;
  s.thread_keep_alive_ms = 20;
  s.stuck_after_ms = 7;
  s.stuck_stacks = false;
  const auto o = app::runtime_options_of(s);
  CHECK(o.kind == flavor::current_thread);
  CHECK(o.worker_threads == 5);
  CHECK(o.thread_keep_alive == 20 * millisecond);
  CHECK(o.stuck_after == 7 * millisecond);
  CHECK_FALSE(o.stuck_stacks);
}

TEST_CASE("plugins are waited for as long as the configuration says, each in its own way") {
  config::plugins_settings s;
  s.init_timeout_ms = 1;
  s.unload_deadline_ms = 2;
  s.abort_grace_ms = 3;
  s.call_timeout_ms = 4;
  const auto waits = app::patience_of(s);
  CHECK(waits.init_timeout == millisecond);
  CHECK(waits.stop_deadline == 2 * millisecond);
  CHECK(waits.abort_grace == 3 * millisecond);
  CHECK(waits.call_timeout == 4 * millisecond);
}

TEST_CASE("plugins leave a descriptor for each control client, those reserved for root, and some more") {
  config::control_settings s;
  s.max_clients = 200;
  CHECK(app::kept_descriptors_of(s) > 200 + control::limits().reserved_for_root);
}
