// What the daemon does with each sin: the exact state, the kind of the refusal, and that everything else goes on.
#include "support/in_child.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "host/registry.hpp"
#include "runtime/runtime.hpp"
#include "support/temp_dir.hpp"
#include "tokio/abi.h"

using namespace tokiod;
using namespace tokiod::host;

namespace {

instant_ns from_now(duration_ns span) { return steady_clock().now() + span; }

std::string fixture(const std::string& name) { return std::string(TOKIOD_FIXTURES) + "/" + name + ".so"; }

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// A daemon's worth of host in this process.
struct bench {
  explicit bench(unsigned workers = 2, duration_ns abort_grace = 10 * second) {
    runtime_options with;
    with.worker_threads = workers;
    auto made = runtime::start(with);
    REQUIRE(made);
    rt = std::move(*made);
    plugins = std::make_unique<registry>(*rt, registry_options{.dirs = {TOKIOD_FIXTURES},
                                                               .runtime_dir = dir / "run",
                                                               .waits = {.init_timeout = 20 * second,
                                                                         .stop_deadline = 200 * millisecond,
                                                                         .abort_grace = abort_grace}});
  }

  image_view image(const std::string& name) {
    for (auto& one : plugins->list())
      if (one.name == name) return one;
    FAIL("no image " << name);
    return {};
  }
  // The sinner is loaded and started.
  void run(const std::string& name, const std::string& config = "{}") {
    const auto loaded = plugins->load({.path = {}, .name = name});
    REQUIRE_MESSAGE(loaded.has_value(), (loaded ? std::string() : loaded.error().sentence));
    const auto started = plugins->start({.plugin = name, .instance = {}, .config = config, .limits = {}});
    REQUIRE_MESSAGE(started.has_value(), (started ? std::string() : started.error().sentence));
  }
  refusal refused_load(const std::string& name) {
    const auto loaded = plugins->load({.path = fixture(name), .name = {}});
    REQUIRE_FALSE(loaded);
    CHECK(plugins->list().empty());
    return loaded.error();
  }
  // Whatever happened before, a plugin without a fault loads, runs, stops and leaves.
  void others_go_on() {
    run("quiet");
    CHECK(plugins->instance("quiet")->usage.tasks_live == 1);
    const auto gone = plugins->unload("quiet", 0);
    REQUIRE(gone);
    CHECK(gone->unmapped);
  }

  test::temp_dir dir;
  std::unique_ptr<runtime> rt;
  std::unique_ptr<registry> plugins;
};

template <class Done>
bool eventually(Done done) {
  for (const auto limit = from_now(20 * second); steady_clock().now() < limit;) {
    if (done()) return true;
    ::usleep(500);
  }
  return false;
}

}  // namespace

TEST_CASE("no entry, no note, wrong ABI, wrong fingerprint, executable stack: refused before any code of them runs") {
  bench b;
  CHECK(b.refused_load("no_entry").why == kind::bad_plugin);
  CHECK(contains(b.refused_load("no_entry").sentence, "does not export tokio_plugin_v0"));
  CHECK(contains(b.refused_load("no_note").sentence, "has no note .note.tokiod"));
  CHECK(b.refused_load("wrong_abi").why == kind::abi_mismatch);
  CHECK(contains(b.refused_load("wrong_abi").sentence, "is built for ABI 7.3"));
  CHECK(b.refused_load("wrong_fingerprint").why == kind::abi_mismatch);
  CHECK(contains(b.refused_load("executable_stack").sentence, "executable stack"));
  b.others_go_on();
}

TEST_CASE("a descriptor that is not what was inspected, or needs what is not served, is refused and unmapped") {
  bench b;
  CHECK(contains(b.refused_load("two_names").sentence,
                 "its note says test.two-names, its descriptor says test.another-name"));
  const auto missing = b.refused_load("missing_extension");
  CHECK(missing.why == kind::missing_dependency);
  CHECK(contains(missing.sentence, "com.example.teleport/1"));
  CHECK(std::filesystem::is_empty(b.dir / "run"));
}

TEST_CASE("garbage and truncated files are refused with a sentence") {
  bench b;
  const auto garbage = b.dir.write("garbage.so", std::string(5000, 'g'));
  CHECK(b.plugins->load({.path = garbage, .name = {}}).error().sentence == garbage + ": is not an ELF file");
  std::ifstream whole(fixture("quiet"), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(whole)), {});
  for (const std::size_t length : {std::size_t{100}, bytes.size() / 4, bytes.size() / 2}) {
    const auto cut = b.dir.write("cut.so", bytes.substr(0, length));
    const auto loaded = b.plugins->load({.path = cut, .name = {}});
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().why == kind::bad_plugin);
  }
  b.others_go_on();
}

TEST_CASE("init fails: the refusal says why, what it spawned is gone, the image can go") {
  bench b;
  REQUIRE(b.plugins->load({.path = {}, .name = "init_fails"}));
  const auto started = b.plugins->start({.plugin = "init_fails", .instance = {}, .config = "{}", .limits = {}});
  REQUIRE_FALSE(started);
  CHECK(started.error().why == kind::init_failed);
  CHECK(started.error().sentence == "instance init_fails: init failed: Address already in use");
  const auto view = b.plugins->instance("init_fails");
  REQUIRE(view);
  CHECK(view->state == instance_state::failed);
  CHECK(view->usage.tasks_live == 0);
  CHECK(view->usage.tasks_spawned == 1);
  CHECK(b.plugins->unload("init_fails")->unmapped);
}

TEST_CASE("init throws: the message is in the refusal, the daemon goes on") {
  bench b;
  REQUIRE(b.plugins->load({.path = {}, .name = "init_throws"}));
  const auto started = b.plugins->start({.plugin = "init_throws", .instance = {}, .config = "{}", .limits = {}});
  REQUIRE_FALSE(started);
  CHECK(started.error().sentence == "instance init_throws: init failed: no such table: users");
  CHECK(b.plugins->unload("init_throws")->unmapped);
  b.others_go_on();
}

TEST_CASE("a task throws, another returns nonsense: each ends alone, their neighbour lives") {
  bench b;
  b.run("task_throws");
  CHECK(eventually([&] { return b.plugins->instance("task_throws")->usage.tasks_live == 1; }));
  const auto view = *b.plugins->instance("task_throws");
  CHECK(view.state == instance_state::running);
  CHECK(view.usage.tasks_panicked == 2);
  CHECK(view.faults == 2);
  CHECK(b.plugins->unload("task_throws")->unmapped);
}

TEST_CASE("a task that never yields is named, its image quarantined, a new one loads beside it; later it can go") {
  bench b(2, 500 * millisecond);
  const auto gate = b.dir / "gate";
  b.run("never_yields", gate);
  CHECK(eventually([&] { return b.plugins->instance("never_yields")->usage.polls == 1; }));
  const auto stuck = b.plugins->unload("never_yields", 10 * millisecond);
  REQUIRE(stuck);
  CHECK_FALSE(stuck->unmapped);
  CHECK(stuck->state == image_state::quarantined);
  REQUIRE_FALSE(stuck->blockers.empty());
  CHECK(contains(stuck->blockers.front(), " spin has been polled on worker "));
  CHECK(b.image("never_yields").state == image_state::quarantined);
  CHECK_FALSE(b.plugins->info("never_yields")->unload_blockers.empty());
  b.others_go_on();  // on the other worker

  const auto again = b.plugins->load({.path = {}, .name = "never_yields"});
  REQUIRE(again);
  CHECK(again->generation > b.image("never_yields").generation);
  CHECK(b.plugins->unload("never_yields")->unmapped);

  std::ofstream(gate) << "open";
  CHECK(eventually([&] { return b.plugins->unload("never_yields")->unmapped; }));
  CHECK(b.plugins->list().empty());
}

TEST_CASE("leaked tasks are aborted at the deadline, a leaked join handle is taken back, the image goes") {
  bench b;
  b.run("leaks_task");
  REQUIRE(eventually([&] { return b.plugins->instance("leaks_task")->usage.tasks_live == 3; }));
  const auto stopped = b.plugins->stop("leaks_task", 50 * millisecond);
  REQUIRE(stopped);
  CHECK(stopped->state == instance_state::stopped);
  REQUIRE(stopped->aborted.size() == 1);
  CHECK(stopped->aborted[0].count == 3);
  REQUIRE(stopped->leaked.size() == 1);
  CHECK(stopped->leaked[0].kind == "join_handles");
  CHECK(b.plugins->unload("leaks_task")->unmapped);
}

TEST_CASE("wakes after stop and stale wakers do nothing, the image goes") {
  bench b;
  b.run("wakes_after_stop");
  CHECK(eventually([&] { return b.plugins->instance("wakes_after_stop")->usage.tasks_live == 1; }));
  const auto gone = b.plugins->unload("wakes_after_stop", 20 * millisecond);
  REQUIRE(gone);
  CHECK(gone->unmapped);
}

TEST_CASE("an own thread makes the image resident, and its calls are answered EGONE after the end") {
  std::atomic<int> seen{0};
  char address[32];
  std::snprintf(address, sizeof address, "%llx",
                static_cast<unsigned long long>(reinterpret_cast<std::uintptr_t>(&seen)));
  bench b;
  b.run("own_thread", address);
  const auto gone = b.plugins->unload("own_thread");
  REQUIRE(gone);
  CHECK_FALSE(gone->unmapped);
  CHECK(gone->state == image_state::resident);
  CHECK(contains(gone->blockers.front(), "creates threads of its own"));
  CHECK(eventually([&] { return seen.load() == 1; }));
  CHECK(b.plugins->unload("own_thread").error().why == kind::wrong_state);
  b.others_go_on();
}

TEST_CASE("a poll that blocks delays only its own end, and a finished instance stops with its status") {
  bench b;
  b.run("blocks", "100");
  b.others_go_on();
  CHECK(b.plugins->wait_finished("blocks", from_now(20 * second)) == 3);
  CHECK(b.plugins->instance("blocks")->state == instance_state::stopped);
  CHECK(b.plugins->unload("blocks")->unmapped);
}

TEST_CASE("a GNU-unique symbol and -z nodelete make an image resident, with the reason") {
  bench b;
  b.run("gnu_unique");
  auto gone = b.plugins->unload("gnu_unique");
  REQUIRE(gone);
  CHECK(gone->state == image_state::resident);
  CHECK(contains(gone->blockers.front(), "only_one_of_me"));
  REQUIRE(b.plugins->load({.path = {}, .name = "no_delete"}));
  gone = b.plugins->unload("no_delete");
  REQUIRE(gone);
  CHECK(contains(gone->blockers.front(), "-z nodelete"));
}

TEST_CASE("live thread_locals with destructors: the threads are replaced and the image goes") {
  bench b;
  b.run("thread_local");
  CHECK(eventually([&] { return b.plugins->instance("thread_local")->usage.polls >= 16; }));
  const auto gone = b.plugins->unload("thread_local");
  REQUIRE(gone);
  for (const auto& why : gone->blockers) MESSAGE(why);
  CHECK(gone->unmapped);
  b.others_go_on();
}

TEST_CASE("a crash takes the process down: plugins share it") {
  const int status = test::in_child("internal: runs the crashing plugin");
  CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) != 0));
  CHECK_FALSE((WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 127)));
}

TEST_CASE("internal: runs the crashing plugin" * doctest::skip()) {
  test::child_begins();
  for (const int signal : {SIGSEGV, SIGABRT}) ::signal(signal, SIG_DFL);
  bench b;
  b.run("crashes");
  (void)b.plugins->wait_finished("crashes", from_now(20 * second));
  ::_exit(0);  // it did not crash: the parent sees success and fails
}
