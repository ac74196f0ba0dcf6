#include "ctl/run.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <streambuf>
#include <thread>

#include "ctl/verb.hpp"
#include "support/control_fixture.hpp"
#include "support/in_child.hpp"
#include "wire/method.hpp"

using namespace tokiod;
using namespace tokiod::test;
using ctl::exit_code;

namespace {

struct said {
  exit_code code;
  std::string out, err;
};

said run(std::vector<std::string> args, const std::string& input = {}, bool color = false) {
  std::istringstream in(input);
  std::ostringstream out, err;
  const auto code = ctl::run(args, {in, out, err, color});
  return {code, out.str(), err.str()};
}

said run_on(const control_fixture& daemon, std::vector<std::string> args, const std::string& input = {}) {
  args.insert(args.begin(), {"--socket", daemon.path()});
  return run(std::move(args), input);
}

// A disk that is full.
class takes_nothing : public std::streambuf {
  int_type overflow(int_type) override { return traits_type::eof(); }
};

exit_code run_on_full_disk(std::vector<std::string> args, std::string& err_text) {
  takes_nothing disk;
  std::istringstream in;
  std::ostringstream err;
  std::ostream out(&disk);
  const auto code = ctl::run(args, {in, out, err, false});
  err_text = err.str();
  return code;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("every verb reaches the daemon and shows something") {
  const control_fixture daemon;
  auto one = daemon.client();
  CHECK(one.call("control.ping").contains("result"));
  auto other = daemon.client();  // c-2, whom the example of control.kill means
  CHECK(other.call("control.ping").contains("result"));
  for (const auto& verb : ctl::verbs()) {
    CAPTURE(verb.words);
    std::vector<std::string> args;
    std::istringstream words{std::string(verb.words)};
    for (std::string word; words >> word;) args.push_back(word);
    const auto example = *wire::parse(wire::find_method(verb.method)->example);
    for (const auto name : verb.positional) {
      if (!example.contains(name)) continue;
      const auto& value = example[std::string(name)];
      args.push_back(name == "document" ? "-" : value.is_string() ? value.get<std::string>() : value.dump());
    }
    const auto seen = run_on(daemon, args, "{}");
    CHECK_MESSAGE((seen.code == exit_code::ok || seen.code == exit_code::finding), seen.err);
    CHECK_FALSE(seen.out.empty());
    CHECK(seen.out.ends_with('\n'));
    CHECK(seen.err.empty());
  }
}

TEST_CASE("every method has a verb of its own, or a reason") {
  for (const auto& row : wire::methods()) {
    const bool by_other_means = row.name == "rpc.discover" || row.name == "event.subscribe" ||
                                row.name == "event.unsubscribe" || row.name == "metrics.expose" ||
                                row.name == "control.drop" || row.name == "control.name";  // of one connection
    const auto found = std::ranges::find(ctl::verbs(), row.name, &ctl::verb::method) != ctl::verbs().end();
    CHECK_MESSAGE(found != by_other_means, row.name);
  }
}

TEST_CASE("a list is a table, --json is the daemon's own result, --quiet says nothing") {
  const control_fixture daemon;
  const auto shown = run_on(daemon, {"plugin", "list"}).out;
  CHECK(shown ==
        "PLUGIN  VERSION  IMAGE   INSTANCE  STATE    TASKS  FAULTS  REASON\n"
        "echo    1.0      loaded  echo      running      0       0  -\n");
  const auto workers = run_on(daemon, {"worker", "list"}).out;
  CHECK(has(workers, "running  t-7   echo    250.0ms"));
  const auto exact = wire::parse(run_on(daemon, {"--json", "task", "list", "--limit", "1"}).out);
  REQUIRE(exact);
  CHECK((*exact)["tasks"].size() == 1);
  CHECK((*exact)["next_cursor"] == "t-1");
  CHECK(run_on(daemon, {"-q", "status"}).out.empty());
}

TEST_CASE("[OB-12] tasks with their times, one in detail, what looks wrong, pause and resume") {
  const control_fixture daemon;
  const auto list = run_on(daemon, {"task", "list"}).out;
  CHECK(has(list, "TOTAL     BUSY    SCHED  IDLE  POLLS  LOCATION"));
  CHECK(has(list, "4.0s  500.0ms  250.0ms  3.2s      7  echo.cpp:3"));
  CHECK(has(list, "t-1"));  // nobody listens to it
  const auto brief = run_on(daemon, {"task", "show", "t-3"}).out;
  CHECK(has(brief, "stats.polls"));
  CHECK_FALSE(has(brief, "stats.poll_times"));
  CHECK(has(run_on(daemon, {"task", "show", "t-3", "--histograms"}).out, "stats.poll_times.longer.count"));
  const auto lint = run_on(daemon, {"lint"});
  CHECK(has(lint.out, "self_wakes  t-2"));
  CHECK(lint.code == exit_code::finding);
  CHECK(has(run_on(daemon, {"console", "pause"}).out, "paused  true"));
  CHECK(has(run_on(daemon, {"console", "resume"}).out, "paused  false"));
}

TEST_CASE("[OB-12] locks, channels and timers with their state, one with what waits for it") {
  const control_fixture daemon;
  const auto list = run_on(daemon, {"resource", "list"}).out;
  CHECK(has(list, "TOTAL  TYPE       VIS       LOCATION     ATTRIBUTES"));
  CHECK(has(list, "r-3  r-1     echo    Sync   4.0s  Semaphore  internal  echo.cpp:12  permits=7 duration=20ms"));
  CHECK_FALSE(has(list, "r-2"));  // it is gone
  const auto one = run_on(daemon, {"resource", "show", "r-1"}).out;
  CHECK(has(one, "Acquire::new"));
  CHECK(has(one, "t-1"));
}

TEST_CASE("colors only on a terminal that wants them") {
  const control_fixture daemon;
  CHECK(has(run({"-s", daemon.path(), "plugin", "list"}, {}, true).out, "\x1b[32mrunning\x1b[0m"));
  CHECK_FALSE(has(run({"-s", daemon.path(), "--no-color", "plugin", "list"}, {}, true).out, "\x1b"));
  CHECK_FALSE(has(run({"-s", daemon.path(), "plugin", "list"}, {}, false).out, "\x1b"));
}

TEST_CASE("options of a verb come from the method's parameters") {
  control_fixture daemon;
  CHECK(run_on(daemon, {"shutdown", "--mode", "now", "--exit-code", "3", "--deadline", "1.5", "--reason", "x"}).code ==
        exit_code::ok);
  const auto order = daemon.backend.ordered();
  REQUIRE(order);
  CHECK_FALSE(order->drain);
  CHECK(order->exit_code == 3);
  CHECK(order->deadline_s == 1.5);
  const auto loaded = run_on(daemon, {"plugin", "load", "echo", "--no-start", "--json"});
  CHECK_FALSE(has(loaded.out, "instance"));
  CHECK(run_on(daemon, {"plugin", "load", "echo", "--instance", "e2", "--config", R"({"port":1})"}).code ==
        exit_code::ok);
}

TEST_CASE("call takes key=value words, a file and standard input") {
  const control_fixture daemon;
  const temp_dir dir;
  const auto file = dir.write("params.json", R"({"echo": {"from": "file"} /* why not */})");
  CHECK(has(run_on(daemon, {"call", "control.ping", "echo=5", "--json"}).out, R"({"echo":5,)"));
  CHECK(has(run_on(daemon, {"call", "control.ping", "echo=word", "--json"}).out, R"({"echo":"word",)"));
  CHECK(has(run_on(daemon, {"call", "control.ping", "@" + file, "--json"}).out, R"({"from":"file"})"));
  CHECK(has(run_on(daemon, {"call", "control.ping", "-", "--json"}, R"({"echo":"in"})").out, R"({"echo":"in",)"));
  // A task id looks like no number, but a name may: the parameter's own type decides.
  CHECK(has(run_on(daemon, {"call", "plugin.info", "plugin=7"}).err, "no plugin 7 is loaded"));
  CHECK(has(run_on(daemon, {"plugin", "call", "echo", "stats", "a=1", "--json"}).out, R"({"connections":3})"));
}

TEST_CASE("a plugin file is named as seen from here, a plugin by its bare name") {
  const control_fixture daemon;
  const auto here = std::filesystem::current_path().string();
  const auto seen = run_on(daemon, {"--json", "plugin", "load", "./x/../echo.so", "--no-start"});
  CHECK(has(seen.out, "\"plugin\":\"" + here + "/echo.so\""));
  CHECK(has(run_on(daemon, {"--json", "plugin", "load", "echo", "--no-start"}).out, R"("plugin":"echo")"));
  CHECK(has(run_on(daemon, {"--json", "plugin", "inspect", "../echo.so"}).out, R"("path":"/)"));
}

TEST_CASE("exit codes tell why") {
  control_fixture daemon;
  CHECK(run_on(daemon, {"plugin", "info", "nope"}).code == exit_code::failed);
  CHECK(run_on(daemon, {"call", "no.such"}).code == exit_code::usage);
  CHECK(run_on(daemon, {"task", "list", "--limit", "0"}).code == exit_code::bad_input);
  CHECK(run_on(daemon, {"task", "list", "--limit", "many"}).code == exit_code::usage);
  CHECK(run_on(daemon, {"task", "list", "--what"}).code == exit_code::usage);
  CHECK(run_on(daemon, {"call", "control.ping", "{"}).code == exit_code::usage);
  CHECK(run_on(daemon, {"plugin", "load", "x", "--config", "{"}).code == exit_code::bad_input);
  CHECK(run({"--socket", daemon.dir / "nobody.sock", "status"}).code == exit_code::unreachable);
  CHECK(run({"--socket", daemon.path("observe"), "plugin", "stop", "echo"}).code == exit_code::permission);
  CHECK(run({"status", "--timeout", "soon"}).code == exit_code::usage);
  CHECK(run_on(daemon, {"health"}).code == exit_code::ok);
  daemon.backend.be_unready("echo failed");
  const auto health = run_on(daemon, {"health"});
  CHECK(health.code == exit_code::finding);
  CHECK(has(health.out, "plugins  false  echo failed"));
  const temp_dir dir;
  CHECK(run_on(daemon, {"config", "check", dir.write("good.json", "{} // fine")}).code == exit_code::ok);
  const auto faulty = run_on(daemon, {"config", "check", dir.write("bad.json", R"({"x":1})")});
  CHECK(faulty.code == exit_code::configuration);
  CHECK(has(faulty.out, "no such setting"));
  CHECK(run_on(daemon, {"config", "check", dir / "missing.json"}).code == exit_code::bad_input);
}

TEST_CASE("config check takes a file by its bare name or with @, JSON text, and standard input") {
  const control_fixture daemon;
  const temp_dir dir;
  const auto file = dir.write("bad.json", R"({"x":1})");
  for (const std::string& word :
       {file, "@" + file, std::string(R"({"x":1})"), std::string(" \n{\"x\": 1}"), std::string("-")}) {
    const auto seen = run_on(daemon, {"config", "check", word}, R"({"x":1})");
    CHECK_MESSAGE(seen.code == exit_code::configuration, word, seen.err);
    CHECK(has(seen.out, "no such setting"));
  }
  CHECK(run_on(daemon, {"config", "check", "{"}).code == exit_code::bad_input);
  CHECK(has(run({"config", "check", "--help"}).out, "(FILE, @FILE, JSON text or -)"));
}

TEST_CASE("internal: a socket that others may not use" * doctest::skip()) {
  test::child_begins();
  control_fixture daemon;
  REQUIRE(::chmod(daemon.path().c_str(), 0600) == 0);
  if (::geteuid() == 0) {
    REQUIRE(::seteuid(65534) == 0);  // nobody
  } else {
    REQUIRE(::chmod(daemon.path().c_str(), 0) == 0);
  }
  const auto seen = run_on(daemon, {"status"});
  CHECK(seen.code == exit_code::permission);
  CHECK(has(seen.err, "you may not connect to " + daemon.path()));
  if (::getuid() == 0) REQUIRE(::seteuid(0) == 0);
}

TEST_CASE("a socket that the user may not connect to is told apart from none") {
  CHECK(test::passes_in_child("internal: a socket that others may not use"));
}

TEST_CASE("what cannot be printed is no success, and nothing goes on for nobody") {
  const control_fixture daemon;
  std::string err;
  CHECK(run_on_full_disk({"--socket", daemon.path(), "metrics", "--prometheus"}, err) == exit_code::failed);
  CHECK(has(err, "cannot be written"));
  CHECK(run_on_full_disk({"methods"}, err) == exit_code::failed);
  CHECK(run_on_full_disk({"nonsense"}, err) == exit_code::usage);
  CHECK_FALSE(has(err, "cannot be written"));
  // Without an end of their own.
  CHECK(run_on_full_disk({"--socket", daemon.path(), "events", "--interval-ms", "100", "metrics"}, err) ==
        exit_code::failed);
  CHECK(run_on_full_disk({"--socket", daemon.path(), "top", "--batch", "--interval", "100ms"}, err) ==
        exit_code::failed);
}

TEST_CASE("waiting ends by the clock") {
  control_fixture daemon;
  daemon.backend.hold_operations();
  const auto began = steady_clock().now();
  const auto seen = run_on(daemon, {"--timeout", "50ms", "plugin", "reload", "echo"});
  CHECK(seen.code == exit_code::temporary);
  CHECK(steady_clock().now() - began >= 50 * millisecond);
  daemon.backend.release_operations();
}

TEST_CASE("a misspelt command is named, and what was meant") {
  CHECK(has(run({"plugin", "lod"}).err, "there is no command plugin lod; did you mean plugin load?"));
  CHECK(has(run({"--socket", "x", "stauts"}).err, "did you mean status?"));
  CHECK(run({"stauts"}).code == exit_code::usage);
  CHECK(run({}).code == exit_code::usage);
  CHECK(run({"plugin"}).code == exit_code::usage);
  CHECK(run({"plugin", "info"}).code == exit_code::usage);
}

TEST_CASE("help and version end well, without a daemon") {
  const auto help = run({"plugin", "load", "--help"});
  CHECK(help.code == exit_code::ok);
  CHECK(has(help.out, "Loads a plugin file"));
  CHECK(has(help.out, "--no-start"));
  CHECK(has(run({"--version"}).out, "tokioctl"));
  CHECK(has(run({"methods"}).out, "plugin.load"));
}

TEST_CASE("version shows both ends, metrics the Prometheus text") {
  const control_fixture daemon;
  CHECK(has(run_on(daemon, {"version"}).out, "tokiod 9.9.9"));
  CHECK(has(run_on(daemon, {"metrics", "--prometheus"}).out, "# TYPE tokiod_control_connections gauge"));
  CHECK(has(run_on(daemon, {"metrics", "tokiod_control_conn*"}).out, "tokiod_control_connections{socket=control} 1"));
}

TEST_CASE("completion scripts are there for three shells, and ask tokioctl") {
  for (const auto shell : {"bash", "zsh", "fish"}) CHECK(has(run({"completion", shell}).out, "__complete"));
  CHECK(run({"completion", "tcsh"}).code == exit_code::usage);
}

TEST_CASE("a result is a table, plain lines, JSON, or JSON lines") {
  const control_fixture daemon;
  const auto plain = run_on(daemon, {"-o", "plain", "plugin", "list"}).out;
  CHECK(plain == "echo\t1.0\tloaded\techo\trunning\t0\t0\t-\n");
  CHECK(has(run_on(daemon, {"--output", "plain", "worker", "list"}).out, "\trunning\tt-7\techo\t0.25\t"));
  CHECK(has(run_on(daemon, {"--output", "plain", "info"}).out, "uptime_seconds\t12.5\n"));
  const auto lines = run_on(daemon, {"--output", "jsonl", "task", "list", "--limit", "2"}).out;
  CHECK(std::ranges::count(lines, '\n') == 2);
  CHECK(lines.starts_with("{"));
  CHECK(has(lines, R"("id":"t-2")"));
  CHECK_FALSE(has(lines, "next_cursor"));
  CHECK(run_on(daemon, {"--output", "json", "info"}).out == run_on(daemon, {"--json", "info"}).out);
  CHECK(has(run({"--output", "xml", "info"}).err, "--output must be table, plain, json or jsonl, got xml"));
}

TEST_CASE("an unknown option is named, and what was meant") {
  const auto seen = run({"task", "list", "--stat", "idle"});
  CHECK(seen.code == exit_code::usage);
  CHECK(has(seen.err, "there is no option --stat; did you mean --state?"));
  CHECK(has(run({"status", "--jsno"}).err, "did you mean --json?"));
}

TEST_CASE("help is a command, too") {
  CHECK(run({"help", "plugin", "load"}).out == run({"plugin", "load", "--help"}).out);
}

TEST_CASE("what cannot be taken back is asked about, where there is somebody to ask") {
  const auto asked = [](const std::vector<std::string>& more, const std::string& answer, bool person) {
    control_fixture daemon;
    std::vector<std::string> args = {"--socket", daemon.path(), "plugin", "unload", "echo"};
    args.insert(args.end(), more.begin(), more.end());
    std::istringstream in(answer);
    std::ostringstream out, err;
    const auto code = ctl::run(args, {in, out, err, false, person});
    return std::tuple(code, err.str(), daemon.backend.unloaded());
  };
  using answer = std::tuple<exit_code, std::string, std::string>;
  const std::string question = "tokioctl: unload the plugin echo? [y/N] ";
  CHECK(asked({}, "y\n", true) == answer(exit_code::ok, question, "echo"));
  CHECK(asked({}, "n\n", true) == answer(exit_code::failed, question, ""));
  CHECK(asked({}, "", true) == answer(exit_code::failed, question, ""));
  CHECK(asked({"--yes"}, "", true) == answer(exit_code::ok, "", "echo"));
  CHECK(asked({}, "", false) == answer(exit_code::ok, "", "echo"));
}

TEST_CASE("whoever calls a method by its name is asked as for its verb, and nobody is asked about a dry run") {
  const auto asked = [](const std::vector<std::string>& words) {
    control_fixture daemon;
    std::vector<std::string> args = {"--socket", daemon.path()};
    args.insert(args.end(), words.begin(), words.end());
    std::istringstream in("n\n");
    std::ostringstream out, err;
    const auto code = ctl::run(args, {in, out, err, false, true});
    CHECK((code == exit_code::ok) == err.str().empty());
    return err.str();
  };
  CHECK(asked({"call", "plugin.unload", "plugin=echo"}) == "tokioctl: unload the plugin echo? [y/N] ");
  CHECK(asked({"call", "runtime.pause", "for_s=5"}) == "tokioctl: let no task run for seconds: 5? [y/N] ");
  CHECK(asked({"call", "--yes", "plugin.unload", "plugin=echo"}).empty());
  CHECK(asked({"call", "plugin.list"}).empty());
  CHECK(asked({"config", "rollback", "1"}) == "tokioctl: go back to the configuration of revision 1? [y/N] ");
  CHECK(asked({"config", "rollback", "1", "--dry-run"}).empty());
}

TEST_CASE("a batch is asked about before any of it is done, and not where its lines come from standard input") {
  const temp_dir dir;
  const auto script = dir.write("script", "control.ping\nplugin.unload plugin=echo\nplugin.unload plugin=chat\n");
  const auto answered = [&](const std::vector<std::string>& words, const std::string& input) {
    control_fixture daemon;
    std::vector<std::string> args = {"--socket", daemon.path(), "batch", "-k"};
    args.insert(args.end(), words.begin(), words.end());
    std::istringstream in(input);
    std::ostringstream out, err;
    (void)ctl::run(args, {in, out, err, false, true});
    return std::tuple(err.str(), std::ranges::count(out.str(), '\n'));
  };
  using answer = std::tuple<std::string, std::ptrdiff_t>;
  const std::string about_echo = "tokioctl: line 2: unload the plugin echo? [y/N] ",
                    about_chat = "tokioctl: line 3: unload the plugin chat? [y/N] ";
  CHECK(answered({script}, "y\ny\n") == answer(about_echo + about_chat, 3));
  CHECK(answered({script}, "y\nn\n") == answer(about_echo + about_chat, 0));
  CHECK(answered({script}, "") == answer(about_echo, 0));
  CHECK(answered({"--yes", script}, "") == answer("", 3));
  CHECK(answered({"-"}, "plugin.unload plugin=echo\n") == answer("", 1));
}

TEST_CASE("a batch calls one method after the other and ends with the first refusal") {
  const control_fixture daemon;
  const auto lines = [](const said& seen) { return std::ranges::count(seen.out, '\n'); };
  const std::string script =
      "# what is there\n\ncontrol.ping echo=1\n{\"method\": \"plugin.info\", \"params\": {\"plugin\": "
      "\"nope\"}}\ntask.list "
      "limit=1\n";
  const auto stopped = run_on(daemon, {"batch", "-"}, script);
  CHECK(stopped.code == exit_code::failed);
  CHECK(lines(stopped) == 2);
  CHECK(has(stopped.out, R"({"line":3,"method":"control.ping","result":{"echo":1,)"));
  CHECK(has(stopped.out, R"("message":"no plugin nope is loaded")"));
  const auto whole = run_on(daemon, {"batch", "--keep-going", "-"}, script);
  CHECK(whole.code == exit_code::failed);
  CHECK(lines(whole) == 3);
  const temp_dir dir;
  CHECK(run_on(daemon, {"batch", dir.write("good", "control.ping")}).code == exit_code::ok);
  CHECK(run_on(daemon, {"batch", dir / "missing"}).code == exit_code::bad_input);
  const auto faulty = run_on(daemon, {"batch", "-"}, "control.ping\ntask.list limit\n");
  CHECK(faulty.code == exit_code::bad_input);
  CHECK(has(faulty.err, "line 2: a parameter is written key=value, got limit"));
  CHECK(faulty.out.empty());
}

TEST_CASE("schema prints the methods without a daemon, or one of them") {
  CHECK(has(run({"schema"}).out, "\"openrpc\""));
  CHECK(has(run({"schema", "task.get", "--json"}).out, R"("schema":{"$ref":"#/components/schemas/task"})"));
  CHECK(run({"schema", "no.such"}).code == exit_code::usage);
}

TEST_CASE("events are printed as they come, until the count is reached") {
  control_fixture daemon;
  said seen;
  std::thread watcher([&] { seen = run_on(daemon, {"events", "plugin.state", "--count", "2", "--json"}); });
  // The subscription begins when its reply is written; what is published before is not for it.
  auto client = daemon.client();
  const auto subscribed = [&] {
    const auto page = client.call("metrics.expose")["result"]["text"].get<std::string>();
    return has(page, "tokiod_control_subscriptions 1");
  };
  while (!subscribed()) std::this_thread::yield();
  daemon.server->publish("plugin.state", {{"plugin", "one"}});
  daemon.server->publish("plugin.state", {{"plugin", "two"}});
  watcher.join();
  CHECK(seen.code == exit_code::ok);
  CHECK(has(seen.out, R"("data":{"plugin":"one"})"));
  CHECK(has(seen.out, R"("data":{"plugin":"two"})"));
}

TEST_CASE("what a plugin says cannot move the cursor") {
  control_fixture daemon;
  daemon.backend.fail_plugin_work({kind::init_failed,
                                   "bad\x1b[2J\nname\xc2\x9b"
                                   "2J",
                                   {},
                                   {}});
  const auto seen = run_on(daemon, {"plugin", "start", "echo"});
  CHECK(seen.code == exit_code::failed);
  CHECK_FALSE(has(seen.err, "\x1b"));
  CHECK_FALSE(has(seen.err, "\xc2\x9b"));
}

TEST_CASE("a daemon that is full is reported as such") {
  control_fixture daemon([](auto& options) {
    options.bounds.max_clients = 0;
    options.bounds.reserved_for_root = 0;
  });
  const auto seen = run_on(daemon, {"status"});
  CHECK(seen.code == exit_code::temporary);
  CHECK(has(seen.err, "at most 0 clients"));
}

TEST_CASE("config drift says by its exit code whether a restart would change something") {
  control_fixture daemon;
  const auto none = run_on(daemon, {"config", "drift"});
  CHECK(none.code == exit_code::ok);
  CHECK(none.out == "no difference\n");
  daemon.backend.drift = true;
  const auto some = run_on(daemon, {"config", "drift"});
  CHECK(some.code == exit_code::finding);
  CHECK(some.out == "+ /log/burst: 1\n");
}

TEST_CASE("config apply takes a file, text and standard input, and says what it is asked to") {
  const control_fixture daemon;
  const temp_dir dir;
  const auto file = dir.write("patch.json", R"({"log": {"level": "debug"}} // fine)");
  const auto seen = run_on(daemon, {"config", "apply", file, "--dry-run", "--expect-revision", "3", "--json"});
  CHECK_MESSAGE(seen.code == exit_code::ok, seen.err);
  const auto asked = *wire::parse(seen.out);
  CHECK(asked["plan"][0]["to"] == json({{"log", {{"level", "debug"}}}}));
  CHECK(asked["applied"] == false);
  CHECK(asked["revision"] == 3);
  CHECK(run_on(daemon, {"config", "apply", "-"}, "{}").code == exit_code::ok);
  CHECK(run_on(daemon, {"config", "apply", R"({"refused": 1})"}).code == exit_code::configuration);
  CHECK(run_on(daemon, {"config", "apply"}).code == exit_code::bad_input);
  const auto set = run_on(daemon, {"config", "set", "log.level", "debug", "--json"});
  CHECK((*wire::parse(set.out))["plan"][0]["to"] == json({{"log", {{"level", "debug"}}}}));
  const auto number = run_on(daemon, {"config", "set", "log.burst", "7", "--persist", "--json"});
  CHECK((*wire::parse(number.out))["plan"][0]["to"]["log"]["burst"] == 7);
  CHECK((*wire::parse(number.out))["persisted"] == true);
}
