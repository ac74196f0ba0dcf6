// Changes of the configuration of a running daemon, with tokioctl and over the socket: kept over a crash, taken back,
// refused, and never told to whom they are secret.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support/daemon_process.hpp"
#include "support/eventually.hpp"
#include "wire/parse.hpp"

using namespace tokiod;
using namespace tokiod::test;
using wire::json;

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

finished ctl(const daemon_process& d, std::vector<std::string> words, const std::vector<std::string>& variables = {}) {
  words.insert(words.begin(), {tokioctl_path(), "--socket", d.socket()});
  return run(d.dir(), std::move(words), variables);
}

// A daemon with a state directory, which a second one may have after it.
struct with_state {
  explicit with_state(const std::string& config = "{}") : daemon(config, {}, {"STATE_DIRECTORY=" + state.path()}) {}
  temp_dir state;
  daemon_process daemon;
};

json value(rpc_client& client, const char* path) { return client.call("config.get", {{"path", path}}).at("value"); }

std::string editor(const temp_dir& dir, const std::string& script) {
  const std::string file = dir.write("editor.sh", "#!/bin/sh\n" + script + "\n");
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  return "EDITOR=" + file;
}

}  // namespace

TEST_CASE("a change is applied, told to who listens, in the history, and taken back by a rollback") {
  const daemon_process d;
  auto client = d.connect();
  auto events = d.connect();
  events.call("event.subscribe", {{"topics", {"config.applied"}}});
  const auto set = ctl(d, {"config", "set", "log.level", "debug", "--reason", "to see more"});
  CHECK_MESSAGE(set.code == 0, set.err);
  CHECK(has(set.out, "live   /log/level"));
  CHECK(client.call("log.get").at("level") == "debug");
  const auto told = events.next_line().at("params").at("data");
  CHECK(told.at("changed") == json::array({"/log/level"}));
  CHECK(told.at("how") == "set");
  const auto newest = client.call("config.history").at("revisions").at(0);
  CHECK(newest.at("reason") == "to see more");
  CHECK(has(newest.at("by").get<std::string>(), "tokioctl"));
  CHECK(has(ctl(d, {"config", "get", "log.level", "--origin"}).out, "\"/log/level\": \"runtime\""));
  CHECK(ctl(d, {"config", "diff", "1", "2"}).out == "- /log/level: \"info\"\n+ /log/level: \"debug\"\n");
  CHECK(ctl(d, {"config", "rollback", "1"}).code == 0);
  CHECK(client.call("log.get").at("level") == "info");
  CHECK(client.call("config.history").at("revisions").size() == 3);
}

TEST_CASE("what is persisted outlives a crash, what is not does not, and the administrator's file is not touched") {
  const std::string text = R"({"shutdown": {"deadline_ms": 5000}})";
  temp_dir state;
  const std::vector<std::string> variables = {"STATE_DIRECTORY=" + state.path()};
  {
    daemon_process d(text, {}, variables);
    CHECK(ctl(d, {"config", "set", "log.level", "debug", "--persist"}).code == 0);
    CHECK(ctl(d, {"config", "set", "shutdown.deadline_ms", "7000"}).code == 0);
    CHECK(ctl(d, {"config", "drift"}).code == 2);
    struct stat about{};
    REQUIRE(::stat((state / "runtime.json").c_str(), &about) == 0);
    CHECK((about.st_mode & 07777) == 0600);
    d.child().signal(SIGKILL);
    REQUIRE(d.child().wait());
    std::ifstream in(d.dir() / "tokiod.json");
    CHECK(std::string(std::istreambuf_iterator<char>(in), {}) == text);
  }
  daemon_process d(text, {}, variables);
  auto client = d.connect();
  CHECK(client.call("log.get").at("level") == "debug");
  CHECK(value(client, "/shutdown/deadline_ms") == 5000);
  CHECK(ctl(d, {"config", "drift"}).code == 0);
  CHECK(ctl(d, {"config", "set", "shutdown.deadline_ms", "7000"}).code == 0);
  CHECK(ctl(d, {"config", "save"}).code == 0);
  CHECK(ctl(d, {"config", "drift"}).code == 0);
  CHECK(has(ctl(d, {"config", "layers"}).out, "persisted"));
  CHECK(ctl(d, {"config", "unset", "log.level", "--persist"}).code == 0);
  CHECK(client.call("log.get").at("level") == "info");
}

TEST_CASE("a faulty overlay keeps the daemon from starting, with one clear line and exit code 78") {
  const temp_dir dir;
  (void)dir.write("state/runtime.json", R"({"log": {"level": "loud"}})");
  const auto end =
      run(dir, {tokiod_path(), "--config", dir.write("tokiod.json", "{}")}, {"STATE_DIRECTORY=" + (dir / "state")});
  CHECK(end.code == 78);
  CHECK(has(end.err, "state/runtime.json:1:10: /log/level must be one of"));
  CHECK(has(end.err, "move it away to go on without"));
  CHECK(std::ranges::count(end.err, '\n') == 1);
}

TEST_CASE("a change that nobody confirms is taken back by itself; one that is confirmed stays") {
  const with_state s;
  auto client = s.daemon.connect();
  auto events = s.daemon.connect();
  events.call("event.subscribe", {{"topics", {"config.reverted"}}});
  const json patch = {{"log", {{"level", "debug"}}}};
  const auto first = client.call("config.apply", {{"patch", patch}, {"confirm_within_s", 0.5}, {"persist", true}});
  CHECK(first.at("confirm_within_s") == 0.5);
  CHECK(first.at("persisted") == false);
  const auto told = events.next_line().at("params").at("data");
  CHECK(told.at("ok") == true);
  CHECK(told.at("changed") == json::array({"/log/level"}));
  CHECK(client.call("log.get").at("level") == "info");
  CHECK_FALSE(std::filesystem::exists(s.state / "runtime.json"));

  const auto second = client.call("config.apply", {{"patch", patch}, {"confirm_within_s", 600}, {"persist", true}});
  const auto revision = second.at("revision");
  CHECK(client.call("config.status").at("pending_confirm").at("revision") == revision);
  CHECK(has(ctl(s.daemon, {"status"}).out, "is taken back unless config.confirm comes"));
  CHECK(client.error("config.set", {{"path", "log.level"}, {"value", "warn"}}).at("data").at("kind") == "conflict");
  CHECK(ctl(s.daemon, {"config", "confirm", revision.dump()}).code == 0);
  CHECK(std::filesystem::exists(s.state / "runtime.json"));
  CHECK(client.call("log.get").at("level") == "debug");
}

TEST_CASE("of clients that change the same revision one wins, and the others are told") {
  const daemon_process d;
  constexpr int clients = 4;
  std::vector<json> replies(clients);
  {
    std::vector<std::jthread> all;
    for (int i = 0; i < clients; ++i)
      all.emplace_back([&, i] {
        rpc_client client(d.socket());
        replies[static_cast<std::size_t>(i)] =
            client.reply("config.set", {{"path", "shutdown.deadline_ms"}, {"value", 1000 + i}, {"expect_revision", 1}});
      });
  }
  int won = 0;
  for (const auto& reply : replies) {
    if (reply.contains("result")) ++won;
    if (reply.contains("error")) {
      const auto kind = reply.at("error").at("data").at("kind");
      CHECK((kind == "revision_conflict" || kind == "busy"));
    }
  }
  CHECK(won == 1);
  auto client = d.connect();
  CHECK(client.call("config.get").at("revision") == 2);
}

TEST_CASE("refusals go by name: invalid_config, needs_restart, refused; nothing of them is in force") {
  daemon_process d;
  auto client = d.connect();
  const auto kind_of = [&](const json& patch) {
    return client.error("config.apply", {{"patch", patch}}).at("data").at("kind").get<std::string>();
  };
  CHECK(kind_of({{"log", {{"level", "loud"}}}}) == "invalid_config");
  CHECK(kind_of({{"runtime", {{"thread_stack_bytes", 131'072}}}}) == "needs_restart");
  const auto instance = [](const std::string& plugin) {
    return json{{"log", {{"level", "trace"}}},
                {"runtime", {{"worker_threads", 3}}},
                {"plugins", {{"instances", {{"good", {{"plugin", "hello_c"}}}, {"bad", {{"plugin", plugin}}}}}}}};
  };
  const auto before = client.call("runtime.info").at("workers").at("total");
  CHECK(kind_of(instance("no_such_plugin")) == "refused");
  const auto failed = client.error("config.apply", {{"patch", instance(fixture("init_fails"))}}).at("data");
  CHECK(failed.at("kind") == "refused");
  CHECK(failed.at("by") == json::array({"/plugins/instances/bad"}));
  CHECK(client.call("runtime.info").at("workers").at("total") == before);
  CHECK(client.call("log.get").at("level") == "info");
  CHECK(client.call("config.get").at("revision") == 1);
  const json listed = client.call("plugin.list").at("plugins");
  for (const auto& plugin : listed)
    for (const auto& each : plugin.at("instances")) CHECK(each.at("state") != "running");
  CHECK(ctl(d, {"config", "apply", R"({"log": {"level": "loud"}})"}).code == 78);
  CHECK(ctl(d, {"config", "apply", R"({"log": {"level": "debug"}})", "--dry-run"}).code == 0);
  CHECK(client.call("log.get").at("level") == "info");
}

TEST_CASE("instances come, change and go by config.set and plugin.config, each said beforehand") {
  daemon_process d;
  auto client = d.connect();
  const json one = {{"plugin", fixture("talker")}, {"config", {{"word", "first"}}}};
  client.call("config.set", {{"path", "/plugins/instances/one"}, {"value", one}});
  const auto state = [&] {
    const json listed = client.call("plugin.list").at("plugins");
    for (const auto& plugin : listed)
      for (const auto& each : plugin.at("instances"))
        if (each.at("instance") == "one") return each.at("state").get<std::string>();
    return std::string("none");
  };
  CHECK(state() == "running");
  const json change = {{"instance", "one"}, {"patch", {{"word", "second"}}}, {"dry_run", true}};
  const auto plan = client.call("plugin.config", change).at("plan");
  CHECK(plan.at(0).at("path") == "/plugins/instances/one");
  CHECK(plan.at(0).at("apply") == "live");  // this plugin takes another configuration while it runs
  auto now = change;
  now["dry_run"] = false;
  client.call("plugin.config", now);
  CHECK(value(client, "/plugins/instances/one/config/word") == "second");
  const auto quota = client.call("config.set", {{"path", "/plugins/instances/one/max_tasks"}, {"value", 7}});
  CHECK(quota.at("plan").at(0).at("apply") == "restart_plugin:one");
  CHECK(state() == "running");
  client.call("config.set", {{"path", "/plugins/instances/one"}, {"value", nullptr}});
  CHECK(state() == "stopped");
}

TEST_CASE("config edit applies what the editor changed, and keeps the text when it is refused") {
  const daemon_process d;
  auto client = d.connect();
  const std::vector<std::string> files = {"TMPDIR=" + d.dir().path()};
  const auto with = [&](const std::string& script) {
    return ctl(d, {"config", "edit"}, {files.front(), editor(d.dir(), script)});
  };
  const auto kept = [&] {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(d.dir().path()))
      count += entry.path().filename().string().starts_with("tokioctl-edit.");
    return count;
  };
  const auto changed = with(R"(sed -i 's/"level": "info"/"level": "debug"/' "$1")");
  CHECK_MESSAGE(changed.code == 0, changed.err);
  CHECK(client.call("log.get").at("level") == "debug");
  CHECK(with("true").out == "nothing was changed\n");
  CHECK(kept() == 0);
  const auto refused = with(R"(sed -i 's/"level": "debug"/"level": "loud"/' "$1")");
  CHECK(refused.code == 78);
  CHECK(has(refused.err, "your text is kept in " + d.dir().path() + "/tokioctl-edit."));
  CHECK(kept() == 1);
  CHECK(with("echo '{' > \"$1\"").code == 78);
  CHECK(with("exit 3").code == 1);
  CHECK(client.call("log.get").at("level") == "debug");
}

TEST_CASE("secrets and credentials leave on none of these ways") {
  const temp_dir credentials;
  (void)credentials.write("word", "planted-credential\n");
  const auto config = [](const std::string& word) {
    return json{{"plugin", fixture("talker")}, {"config", {{"word", word}, {"other", {{"$credential", "word"}}}}}};
  };
  const temp_dir state;
  daemon_process d("{}", {}, {"CREDENTIALS_DIRECTORY=" + credentials.path(), "STATE_DIRECTORY=" + state.path()});
  auto admin = d.connect();
  rpc_client observer(d.observe_socket());
  for (const auto* const word : {"planted-one", "planted-two"})
    CHECK(admin.reply("config.set", {{"path", "/plugins/instances/one"}, {"value", config(word)}, {"persist", true}})
              .dump()
              .find("planted") == std::string::npos);
  for (const auto* const method : {"config.get", "config.layers", "config.history", "config.drift", "config.status",
                                   "plugin.list", "daemon.status", "event.recent"})
    CHECK_MESSAGE(observer.reply(method).dump().find("planted") == std::string::npos, method);
  CHECK(admin.reply("config.diff", {{"from", "2"}, {"to", 3}}).dump().find("planted") == std::string::npos);
  CHECK(admin.reply("plugin.list").dump().find("planted-credential") == std::string::npos);
  CHECK(admin.reply("config.get").dump().find("planted-credential") == std::string::npos);
  CHECK(admin.reply("config.get").dump().find("planted-two") != std::string::npos);
  // The persisted file has to have what the plugin is to get, but credentials stay where they are.
  std::ifstream in(state / "runtime.json");
  const std::string text(std::istreambuf_iterator<char>(in), {});
  CHECK(has(text, "planted-two"));
  CHECK_FALSE(has(text, "planted-credential"));
  CHECK(d.stop() == 0);
  CHECK_FALSE(has(d.child().err(), "planted"));
}

// A setting that is flagged live, another value for it, and how the daemon shows that it follows.
namespace {

struct live_row {
  const char* path;
  json value;
  // True once it does; null: what it governs (limits of new connections, the end, the watchdog) is tested where it is,
  // and read from the configuration at each use.
  bool (*follows)(rpc_client& client, const json& value) = nullptr;
};

bool has_threads(rpc_client& client, const json& value) {
  return client.call("runtime.info").at("workers").at("total") == value;
}
bool has_level(rpc_client& client, const json& value) { return client.call("log.get").at("level") == value; }
bool has_target(rpc_client& client, const json& value) {
  return client.call("log.get").at("targets").at("host") == value;
}
bool has_instance(rpc_client& client, const json&) {
  return client.call("plugin.list").at("plugins").at(0).at("instances").at(0).at("state") == "running";
}

const std::vector<live_row> live_rows = {
    {"/runtime/worker_threads", 3, has_threads},
    {"/runtime/max_blocking_threads", 7},
    {"/runtime/thread_keep_alive_ms", 77},
    {"/runtime/event_interval", 7},
    {"/runtime/global_queue_interval", 7},
    {"/runtime/stuck_after_ms", 1234},
    {"/runtime/stuck_stacks", false},
    {"/control/max_clients", 33},
    {"/control/max_request_bytes", 100'000},
    {"/control/max_depth", 40},
    {"/control/max_values", 1000},
    {"/control/max_in_flight", 5},
    {"/control/idle_timeout_ms", 100'000},
    {"/control/read_timeout_ms", 5000},
    {"/control/max_output_bytes", 1'000'000},
    {"/control/max_events", 100},
    {"/control/kept_events", 100},
    {"/control/write_timeout_ms", 5000},
    {"/log/level", "debug", has_level},
    {"/log/targets/host", "warn", has_target},
    {"/log/sink", "json"},
    {"/log/burst", 300},
    {"/plugins/dirs", json::array({plugin_dir(), "/nowhere"})},
    {"/plugins/instances/one", {{"plugin", "hello_c"}}, has_instance},
    {"/plugins/instances/one/cpu_quota_percent", 50, has_instance},
    {"/plugins/instances/one/max_tasks", 50, has_instance},
    {"/plugins/instances/one/on_fault", "stop", has_instance},
    {"/plugins/init_timeout_ms", 20'000},
    {"/plugins/unload_deadline_ms", 4000},
    {"/plugins/abort_grace_ms", 4000},
    {"/plugins/call_timeout_ms", 20'000},
    {"/shutdown/deadline_ms", 4000},
    {"/watchdog/policy", "all_workers"},
    {"/watchdog/stuck_after_ms", 4000},
    {"/console/always", true},
    {"/console/retention_ms", 150'000},
    {"/console/never_yielded_ms", 7},
    {"/console/lost_waker_ms", 7},
    {"/console/allow", json::array({"all"})},
};

// Every leaf of the schema with its flag, by its path; what has names of its own is not followed.
void collect(const json& schema, const std::string& path, std::vector<std::pair<std::string, std::string>>& into) {
  if (schema.contains("x-apply")) into.emplace_back(path, schema.at("x-apply").get<std::string>());
  if (schema.contains("properties"))
    for (const auto& [name, below] : schema.at("properties").items()) collect(below, path + "/" + name, into);
}

}  // namespace

TEST_CASE("what is flagged as live is applied while the daemon runs, and everything else asks for a restart by name") {
  const with_state s;
  auto client = s.daemon.connect();
  std::vector<std::pair<std::string, std::string>> settings;
  collect(client.call("config.schema"), "", settings);
  REQUIRE(settings.size() > 40);
  for (const auto& [path, apply] : settings) {
    CAPTURE(path);
    const bool listed = std::ranges::any_of(live_rows, [&](const live_row& row) { return row.path == path; });
    CHECK(listed == (apply == "live"));
  }
  for (const auto& row : live_rows) {
    CAPTURE(row.path);
    const auto done = client.call("config.set", {{"path", row.path}, {"value", row.value}});
    const auto plan = done.at("plan");
    REQUIRE(plan.size() == 1);
    CHECK((plan.at(0).at("apply") == "live" || plan.at(0).at("apply") == "restart_plugin:one"));
    CHECK(value(client, row.path) == row.value);
    if (row.follows) eventually(row.path, [&] { return row.follows(client, row.value); });
  }
  for (const auto& [path, apply] : settings) {
    if (apply == "live") continue;
    CAPTURE(path);
    const auto now = value(client, path.c_str());
    const json other = now.is_boolean()  ? json(!now.get<bool>())
                       : now.is_number() ? json(now.get<std::uint64_t>() + 1)
                                         : json();
    if (other.is_null()) continue;
    const auto no = client.error("config.set", {{"path", path}, {"value", other}}).at("data");
    CHECK(no.at("kind") == "needs_restart");
    CHECK(no.at("needs_restart") == json::array({path}));
  }
  CHECK(ctl(s.daemon, {"status"}).code == 0);
}
