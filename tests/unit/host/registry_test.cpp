#include "host/registry_parts.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <span>
#include <thread>

#include "base/fd.hpp"
#include "host/image.hpp"
#include "host/registry.hpp"
#include "runtime/runtime.hpp"
#include "support/eventually.hpp"
#include "support/temp_dir.hpp"
#include "tokio/abi.h"

using namespace tokiod;
using namespace tokiod::host;

namespace {

instant_ns from_now(duration_ns span) { return steady_clock().now() + span; }

std::unique_ptr<runtime> start_runtime() {
  runtime_options with;
  with.worker_threads = 2;
  auto made = runtime::start(with);
  REQUIRE(made);
  return std::move(*made);
}

struct bench {
  explicit bench(std::vector<std::string> dirs = {TOKIOD_FIXTURES}, duration_ns abort_grace = 20 * second)
      : plugins(*rt,
                registry_options{
                    .dirs = std::move(dirs),
                    .runtime_dir = dir / "run",
                    .waits = {.stop_deadline = second, .abort_grace = abort_grace, .call_timeout = 20 * second}}) {}
  test::temp_dir dir;
  std::unique_ptr<runtime> rt = start_runtime();
  registry plugins;

  void run(const std::string& name, const std::string& instance = {}, const std::string& config = "{}") {
    if (!plugins.info(name)) REQUIRE(plugins.load({.path = {}, .name = name}));
    const auto started = plugins.start({.plugin = name, .instance = instance, .config = config, .limits = {}});
    REQUIRE_MESSAGE(started.has_value(), (started ? std::string() : started.error().sentence));
  }
};

// What a client of plugin.call sees.
class answer final : public call_listener {
 public:
  void event(std::string json) override {
    const std::lock_guard hold(mutex_);
    events.push_back(std::move(json));
  }
  void done(outcome<std::string> json) override {
    const std::lock_guard hold(mutex_);
    result = std::move(json);
    ++times;
    ready_.notify_all();
  }
  bool wait() {
    std::unique_lock hold(mutex_);
    return ready_.wait_for(hold, std::chrono::seconds(20), [&] { return times > 0; });
  }
  std::vector<std::string> events;
  outcome<std::string> result;
  int times = 0;

 private:
  std::mutex mutex_;
  std::condition_variable ready_;
};

std::size_t entries(const char* dir) {
  std::size_t n = 0;
  for (const auto& one : std::filesystem::directory_iterator(dir)) n += one.path().empty() ? 0 : 1;
  return n;
}
std::size_t mappings() {
  std::ifstream maps("/proc/self/maps");
  std::size_t n = 0;
  for (std::string line; std::getline(maps, line);) ++n;
  return n;
}

}  // namespace

TEST_CASE("a file dropped into a directory is found and loadable by name, a rejected one says why") {
  test::temp_dir dir;
  bench b({dir.path()});
  CHECK(b.plugins.scan().found.empty());
  std::filesystem::copy(std::string(TOKIOD_FIXTURES) + "/quiet.so", dir / "dropped.so");
  std::filesystem::copy(std::string(TOKIOD_FIXTURES) + "/no_entry.so", dir / "bad.so");
  std::filesystem::copy(std::string(TOKIOD_FIXTURES) + "/quiet.so", dir / "open.so");
  REQUIRE(::chmod((dir / "open.so").c_str(), 0777) == 0);
  auto seen = b.plugins.scan();
  REQUIRE(seen.found.size() == 1);
  CHECK(seen.found[0].name == "dropped");
  CHECK(seen.found[0].id == "test.quiet");
  CHECK_FALSE(seen.found[0].loaded);
  REQUIRE(seen.rejected.size() == 2);
  CHECK(seen.rejected[1].why.find("everybody may write it") != std::string::npos);
  REQUIRE(b.plugins.load({.path = {}, .name = "dropped"}));
  CHECK(b.plugins.scan().found[0].loaded);
  CHECK(b.plugins.load({.path = {}, .name = "dropped"}).error().why == kind::conflict);
  CHECK(b.plugins.load({.path = dir / "open.so", .name = {}}).error().why == kind::not_trusted);
  CHECK(b.plugins.inspect("bad")->refused()->rule == "no_entry");
}

TEST_CASE("an instance runs, stops, starts again and restarts; every move is told") {
  bench b;
  std::mutex mutex;
  std::vector<std::string> told;
  b.plugins.listen([&](const plugin_event& e) {
    const std::lock_guard hold(mutex);
    const auto from = e.state == "starting" ? "(" + e.previous + ")" : "";
    told.push_back((e.instance.empty() ? e.plugin : "-" + e.instance) + ":" + e.state + from);
  });
  b.run("quiet");
  CHECK(b.plugins.instance("quiet")->usage.tasks_live == 1);
  CHECK(b.plugins.stop("quiet", 0)->state == instance_state::stopped);
  CHECK(b.plugins.stop("quiet").error().why == kind::wrong_state);
  CHECK(b.plugins.start_again("quiet")->state == instance_state::running);
  CHECK(b.plugins.restart("quiet", 0)->starts == 3);
  CHECK(b.plugins.unload("quiet", 0)->unmapped);
  CHECK(b.plugins.instance("quiet").error().why == kind::not_found);
  CHECK(told == std::vector<std::string>{"quiet:loaded", "-quiet:starting()", "-quiet:running", "-quiet:draining",
                                         "-quiet:stopped", "-quiet:starting(stopped)", "-quiet:running",
                                         "-quiet:draining", "-quiet:stopped", "-quiet:starting(stopped)",
                                         "-quiet:running", "quiet:unloading", "-quiet:draining", "-quiet:stopped",
                                         "quiet:unloaded"});
}

TEST_CASE("several instances share an image that allows it, and only then") {
  bench b;
  b.run("quiet", "a");
  b.run("quiet", "b");
  CHECK(b.plugins.info("test.quiet")->image.instances.size() == 2);
  CHECK(b.plugins.start({.plugin = "quiet", .instance = "a", .config = "{}", .limits = {}}).error().why ==
        kind::conflict);
  b.run("talker", "t1");
  const auto refused = b.plugins.start({.plugin = "talker", .instance = "t2", .config = "{}", .limits = {}});
  CHECK(refused.error().why == kind::in_use);
  CHECK(b.plugins.unload("quiet", 0)->unmapped);
}

TEST_CASE("a control method answers, streams, fails, times out and hears of a cancel") {
  bench b;
  b.run("talker");
  const auto call = [&](const char* method, std::optional<duration_ns> timeout = {}) {
    auto to = std::make_shared<answer>();
    const auto id = b.plugins.call("talker", method, "{\"x\":1}", to, timeout);
    REQUIRE(id);
    return std::pair(*id, to);
  };
  auto [_, echo] = call("echo");
  CHECK(echo->wait());
  CHECK(echo->result == "{\"x\":1}");
  CHECK(echo->events == std::vector<std::string>{"\"begun\""});
  auto [id2, failing] = call("fail");
  CHECK(failing->wait());
  CHECK(failing->result.error().why == kind::plugin_error);
  CHECK(failing->result.error().sentence == "not today");
  CHECK(failing->result.error().path == "42");
  auto [id3, late] = call("never", millisecond);
  CHECK(late->wait());
  CHECK(late->result.error().why == kind::timeout);
  b.plugins.set_patience({.call_timeout = millisecond});
  auto [unlimited, as_configured] = call("never");
  CHECK(as_configured->wait());
  CHECK(as_configured->result.error().why == kind::timeout);
  b.plugins.set_patience({.call_timeout = 20 * second});
  auto [id4, cancelled] = call("never");
  b.plugins.cancel(id4);
  CHECK(cancelled->wait());
  CHECK(cancelled->result.error().why == kind::cancelled);
  CHECK(b.plugins.call("talker", "nothing", "{}", echo).error().why == kind::not_found);
  CHECK(b.plugins.info("talker")->methods.at(0).second.size() == 3);
  auto [id5, open] = call("never");
  CHECK(b.plugins.stop("talker", 0)->state == instance_state::stopped);
  CHECK(open->wait());
  CHECK(open->times == 1);
  CHECK(b.plugins.unload("talker")->unmapped);
}

TEST_CASE("a new configuration is checked, then applied; a plugin that cannot needs a restart") {
  bench b;
  b.run("talker");
  CHECK(b.plugins.configure("talker", "bad").error().sentence ==
        "instance talker: the new configuration was refused: a configuration is {}");
  CHECK(b.plugins.configure("talker", "{}", true));
  CHECK(b.plugins.configure("talker", "{} "));
  CHECK(b.plugins.instance("talker")->config == "{} ");
  b.run("quiet");
  CHECK(b.plugins.configure("quiet", "{}").error().why == kind::needs_restart);
}

TEST_CASE("a reload brings a new image and moves the instances; a refusal leaves the old one running") {
  bench b;
  b.run("quiet", "a");
  const auto moved = b.plugins.reload("quiet", {}, 0);
  REQUIRE_MESSAGE(moved.has_value(), (moved ? std::string() : moved.error().sentence));
  CHECK(moved->to > moved->from);
  CHECK(moved->old_image.unmapped);
  CHECK(b.plugins.instance("a")->state == instance_state::running);
  CHECK(b.plugins.list().size() == 1);
  const auto refused = b.plugins.reload("quiet", std::string(TOKIOD_FIXTURES) + "/no_entry.so", 0);
  CHECK(refused.error().why == kind::bad_plugin);
  CHECK(b.plugins.instance("a")->state == instance_state::running);
}

TEST_CASE("a reload of what cannot live twice stops the old one first, and starts it again when the new one refuses") {
  bench b;
  // An abstract name is free as soon as its socket is closed, unlike a path.
  const std::string name = std::string("\0tokiod-reload-", 15) + std::to_string(::getpid());
  b.run("listener", "l", name);
  const auto moved = b.plugins.reload("listener", {}, 0);
  REQUIRE_MESSAGE(moved.has_value(), (moved ? std::string() : moved.error().sentence));
  CHECK(moved->old_image.unmapped);
  CHECK(b.plugins.instance("l")->state == instance_state::running);
  const auto refused = b.plugins.reload("listener", std::string(TOKIOD_FIXTURES) + "/listener_broken.so", 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().why == kind::init_failed);
  CHECK(b.plugins.instance("l")->state == instance_state::running);
  CHECK(b.plugins.list().size() == 1);
  CHECK(b.plugins.reload("listener", std::string(TOKIOD_FIXTURES) + "/quiet.so").error().why == kind::bad_plugin);
  CHECK(b.plugins.unload("listener")->unmapped);
}

TEST_CASE("limits of an instance refuse the spawn and the memory past them") {
  bench b;
  REQUIRE(b.plugins.load({.path = {}, .name = "quiet"}));
  const auto started = b.plugins.start({.plugin = "quiet", .instance = {}, .config = "{}", .limits = {.max_tasks = 0}});
  REQUIRE_FALSE(started);
  CHECK(started.error().sentence.find("may have 0 tasks") != std::string::npos);
  CHECK(
      b.plugins.start({.plugin = "quiet", .instance = {}, .config = "{}", .limits = {.max_tasks = 1, .max_jobs = 7}}));
  CHECK(b.plugins.instance("quiet")->limits.max_tasks == 1);
  CHECK(b.plugins.instance("quiet")->limits.max_jobs == 7);
}

TEST_CASE("a reload takes stopped instances along, and nothing of their last run outlives the old image") {
  bench b;
  b.run("quiet", "a");
  b.run("quiet", "b", "{ }");
  CHECK(b.plugins.stop("b", 0));
  REQUIRE(b.plugins.reload("quiet", {}, 0));
  CHECK(b.plugins.instance("b")->state == instance_state::stopped);
  CHECK(b.plugins.instance("b")->config == "{ }");
  CHECK(b.plugins.info("quiet")->holds.size() == 1);
  CHECK(b.plugins.start_again("b"));
  CHECK(b.plugins.instance("b")->state == instance_state::running);
}

TEST_CASE("what a plugin says of its end in the init of a reload is heard") {
  bench b;
  const auto next = std::string(TOKIOD_FIXTURES) + "/quiet_picky.so";
  b.run("quiet", "a", "give up after a reload");
  const auto before = b.plugins.list().at(0).generation;
  const auto refused = b.plugins.reload("quiet", next, 0);  // so the old one stays
  REQUIRE_FALSE(refused);
  CHECK(refused.error().why == kind::init_failed);
  CHECK(refused.error().sentence == "instance a gave up in its init: no licence");
  CHECK(b.plugins.instance("a")->state == instance_state::running);
  REQUIRE(b.plugins.list().size() == 1);
  CHECK(b.plugins.list().at(0).generation == before);
  REQUIRE(b.plugins.stop("a", 0));

  b.run("quiet", "b", "finish after a reload");
  REQUIRE(b.plugins.reload("quiet", next, 0));
  CHECK(b.plugins.wait_finished("b", from_now(20 * second)) == 5);
  CHECK(b.plugins.instance("b")->state == instance_state::stopped);
  CHECK(b.plugins.instance("b")->finished == 5);
}

TEST_CASE("a reload that one instance refuses leaves all of them running in the old image") {
  bench b;
  test::temp_dir dir;
  const auto path = dir / "quiet.so";
  std::filesystem::copy_file(std::string(TOKIOD_FIXTURES) + "/quiet.so", path);
  const auto loaded = b.plugins.load({.path = path, .name = {}});
  REQUIRE_MESSAGE(loaded.has_value(), (loaded ? std::string() : loaded.error().sentence));
  b.run("quiet", "a");
  b.run("quiet", "b", "refuse after a reload");
  b.run("quiet", "c");
  CHECK(b.plugins.stop("c", 0));
  const auto refused = b.plugins.reload("quiet", std::string(TOKIOD_FIXTURES) + "/quiet_picky.so", 0);
  REQUIRE(!refused);
  CHECK(refused.error().why == kind::init_failed);
  CHECK(b.plugins.instance("a")->state == instance_state::running);
  CHECK(b.plugins.instance("b")->state == instance_state::running);
  CHECK(b.plugins.instance("c")->state == instance_state::stopped);
  CHECK(b.plugins.list().size() == 1);
  CHECK(b.plugins.list().front().generation == loaded->generation);
}

TEST_CASE("a plugin's metrics are read, and gone with its instance") {
  bench b;
  b.run("talker");
  const auto samples = b.plugins.metrics();
  REQUIRE(samples.size() == 3);
  CHECK(samples[0].name == "talks_total");
  CHECK(samples[0].plugin == "talker");
  CHECK(samples[0].value == 2);
  CHECK(samples[1].value == 1.5);
  CHECK(samples[2].count == 1);
  CHECK(samples[2].sum == 0.25);
  CHECK(b.plugins.stop("talker", 0));
  CHECK(b.plugins.metrics().empty());
}

TEST_CASE("an instance that gives up is failed with its reason, one that finishes has its status") {
  bench b;
  b.run("talker", "one", "{\"give_up\":1}");
  CHECK(b.plugins.wait_finished("one", from_now(20 * second)) == 70);
  CHECK(b.plugins.instance("one")->state == instance_state::failed);
  CHECK(b.plugins.instance("one")->reason == "the sea is rough");
  b.run("talker", "two", "{\"finish\":7}");
  CHECK(b.plugins.wait_finished("two", from_now(20 * second)) == 7);
  CHECK(b.plugins.wait_finished("quiet", from_now(0)) == 0);
}

TEST_CASE("fini that is not back in time is called once, also when the unload that follows comes to it again") {
  bench b({TOKIOD_FIXTURES}, second);
  REQUIRE(::mkfifo((b.dir / "go").c_str(), 0600) == 0);
  const unique_fd go(::open((b.dir / "go").c_str(), O_RDWR | O_CLOEXEC));  // both ends: opening does not wait
  b.run("slow_fini", "slow", b.dir.path());
  const auto stopped = b.plugins.stop("slow", 0);
  REQUIRE(stopped);
  CHECK(stopped->state == instance_state::quarantined);
  CHECK(stopped->blockers == std::vector<std::string>{"fini has not returned"});
  REQUIRE(write_all(go.get(), std::as_bytes(std::span("g", 1))));
  const auto gone = b.plugins.unload("slow_fini");
  REQUIRE(gone);
  CHECK(gone->unmapped);
  CHECK(read_file(b.dir / "said", 100) == std::string("fini\n"));
}

// A sanitizer's allocator does not say what is in use.
#if !defined(TOKIOD_ASAN) && !defined(TOKIOD_TSAN)
TEST_CASE("restarts without end do not add up, also when the plugin stays loaded") {
  bench b;
  b.run("quiet", "a");
  b.run("quiet", "stopped");
  CHECK(b.plugins.stop("stopped", 0));
  const auto in_use_after = [&](std::size_t restarts) {
    for (std::size_t i = 0; i < restarts; ++i) REQUIRE(b.plugins.restart("a", 0));
    return ::mallinfo2().uordblks;
  };
  const auto before = in_use_after(ended_runs_kept + 50);
  CHECK(in_use_after(500) < before + 100'000);  // a run takes about 1,900 bytes
  CHECK(b.plugins.instance("stopped")->usage.tasks_spawned == 1);
  CHECK(b.plugins.unload("quiet", 0)->unmapped);
}
#endif

TEST_CASE("a thousand times loaded, started, stopped and unloaded: mappings, descriptors and threads stay") {
  bench b;
#if defined(TOKIOD_ASAN) || defined(TOKIOD_TSAN)
  constexpr int rounds = 60;
#else
  constexpr int rounds = 1000;
#endif
  std::size_t maps = 0, fds = 0, threads = 0;
  for (int i = 0; i < rounds; ++i) {
    if (i == rounds / 10) maps = mappings(), fds = entries("/proc/self/fd"), threads = entries("/proc/self/task");
    b.run("quiet");
    const auto gone = b.plugins.unload("quiet", 0);
    REQUIRE(gone);
    REQUIRE(gone->unmapped);
  }
  CHECK(mappings() <= maps + rounds / 10);  // the allocator may have taken a few regions
  CHECK(test::becomes_true([&] { return entries("/proc/self/fd") <= fds; }));
  CHECK(
      test::becomes_true([&] { return entries("/proc/self/task") <= threads; }));  // a thread that ended stays a moment
  CHECK(std::filesystem::is_empty(b.dir / "run"));
}

namespace {
// Who has been told to stop, in order, and how many were on their way out at that moment; and who has ended.
struct witness {
  explicit witness(registry& plugins) {
    plugins.listen([this, &plugins](const plugin_event& e) {
      if (e.instance.empty()) return;
      std::size_t draining = 0;
      for (const auto& image : plugins.list())
        draining += static_cast<std::size_t>(
            std::ranges::count(image.instances, instance_state::draining, &instance_view::state));
      const std::lock_guard hold(mutex);
      seen.push_back(e.instance + " " + e.state);
      if (e.state == "draining") stops.push_back(e.instance + " " + std::to_string(draining));
      changed.notify_all();
    });
  }
  [[nodiscard]] bool comes(const std::string& what) {
    std::unique_lock hold(mutex);
    return changed.wait_for(hold, std::chrono::seconds(60), [&] { return std::ranges::count(seen, what) != 0; });
  }
  void forget() {
    const std::lock_guard hold(mutex);
    stops.clear();
  }
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> seen, stops;
};
}  // namespace

TEST_CASE(
    "the end stops instances in reverse order of their starts, across files, each when the one before has ended") {
  bench b;
  witness w(b.plugins);
  b.run("quiet", "z");
  b.run("talker", "t");
  b.run("quiet", "a");
  CHECK(b.plugins.stop("z", 0));
  CHECK(b.plugins.start_again("z"));  // the last one now
  b.run("quiet", "m");
  w.forget();
  CHECK(b.plugins.stop_all(from_now(60 * second)));
  CHECK(w.stops == std::vector<std::string>{"m 1", "z 1", "a 1", "t 1"});
}

TEST_CASE("an instance that takes more than its share of the end does not keep the others from it") {
  bench b;
  witness w(b.plugins);
  b.run("quiet", "first");
  b.run("slow_fini", "slow", b.dir.path());
  REQUIRE(::mkfifo((b.dir / "go").c_str(), 0600) == 0);
  std::thread lets_go([&] {
    CHECK(w.comes("first stopped"));  // long before the deadline, and beside the slow one
    const unique_fd go(::open((b.dir / "go").c_str(), O_WRONLY));
    CHECK(write_some(go.get(), std::as_bytes(std::span("x", 1))));
  });
  const bool clean = b.plugins.stop_all(from_now(2 * second));
  lets_go.join();
  CHECK(w.comes(clean ? "slow stopped" : "slow quarantined"));
  CHECK(std::ranges::find(w.seen, "slow draining") < std::ranges::find(w.seen, "first draining"));
}

TEST_CASE("the end drains all instances and unloads all images, and refuses what comes after") {
  bench b;
  b.run("quiet", "a");
  b.run("talker");
  CHECK(b.plugins.stop_all(from_now(100 * millisecond)));
  CHECK(b.plugins.list().empty());
  CHECK(b.plugins.load({.path = {}, .name = "quiet"}).error().why == kind::draining);
}
