// What the host does when the system gives no thread: an instance still ends, its image still goes, and nobody waits
// for what cannot happen. Each case is a process of its own.
#include <doctest/doctest.h>

#include <atomic>
#include <string>

#include "host/registry.hpp"
#include "runtime/runtime.hpp"
#include "support/in_child.hpp"
#include "support/temp_dir.hpp"
#include "tokio/abi.h"

using namespace tokiod;
using namespace tokiod::host;

namespace {

// ---- a plugin whose task ends when stop() says so, and not before

const tokio_host* table = nullptr;
tokio_waker task_key;
std::atomic<bool> told{false}, over{false};
std::atomic<bool> hold_init{false};  // init does not return until it is false

tokio_poll wait_for_stop(void*, tokio_cx*) noexcept { return told.load() ? TOKIO_POLL_READY : TOKIO_POLL_PENDING; }
void nothing(void*) noexcept {}
constexpr tokio_task_vt kind_of_task = {
    sizeof(tokio_task_vt), 0, wait_for_stop, nothing, {"patient", 7}, {nullptr, 0}, 0, 0, nullptr, nullptr};

tokio_status init(tokio_plugin* plugin, const tokio_host* host, tokio_str, void**) noexcept {
  while (hold_init.load()) ::usleep(500);
  table = host;
  tokio_task* made = nullptr;
  if (const auto status = host->task_alloc(plugin, 8, 8, &made); status != TOKIO_OK) return status;
  return host->task_spawn(made, &kind_of_task, 0, &task_key);
}
void stop(void*, std::uint64_t) noexcept {
  told.store(true);
  table->task_wake(task_key);
}
void fini(void*) noexcept { over.store(true); }

tokio_plugin_desc descriptor() {
  tokio_plugin_desc d{};
  d.size = sizeof d;
  d.abi_major = TOKIO_ABI_MAJOR;
  d.abi_minor = d.abi_minor_min = TOKIO_ABI_MINOR;
  d.abi_fingerprint = TOKIO_ABI_FINGERPRINT;
  d.flags = TOKIO_PF_UNLOADABLE | TOKIO_PF_MULTI;
  d.id = "test.patient";
  d.version = "1";
  d.description = "";
  d.init = init;
  d.stop = stop;
  d.fini = fini;
  return d;
}
const tokio_plugin_desc patient = descriptor();

struct bench {
  explicit bench(duration_ns init_timeout = 20 * second) {
    runtime_options with;
    with.worker_threads = 2;
    rt = std::move(*runtime::start(with));
    registry_options options;
    options.dirs = {TOKIOD_FIXTURES};
    options.waits.init_timeout = init_timeout;
    options.waits.abort_grace = 10 * second;
    plugins = std::make_unique<registry>(*rt, options);
    REQUIRE(plugins->usable());
    REQUIRE(plugins->add_linked(patient, "patient"));
  }
  void start(const std::string& plugin, const std::string& instance) {
    const auto started = plugins->start({.plugin = plugin, .instance = instance, .config = "{}", .limits = {}});
    REQUIRE_MESSAGE(started.has_value(), (started ? std::string() : started.error().sentence));
  }

  std::unique_ptr<runtime> rt;
  std::unique_ptr<registry> plugins;
};

constexpr duration_ns an_hour = 3600 * second;

}  // namespace

TEST_CASE("internal: without threads an instance hears stop and ends and its image is unmapped" * doctest::skip()) {
  test::child_begins();
  bench b;
  b.start("patient", "p");
  REQUIRE(b.plugins->load({.path = {}, .name = "quiet"}));
  b.start("quiet", "q");
  const test::without_threads alone(true);
  const auto stopped = b.plugins->stop("p", an_hour);
  REQUIRE(stopped);
  CHECK(stopped->state == instance_state::stopped);
  CHECK(stopped->aborted.empty());
  CHECK(told.load());
  CHECK(over.load());
  const auto gone = b.plugins->unload("quiet", 0);
  REQUIRE(gone);
  CHECK(gone->unmapped);
  const auto again = b.plugins->load({.path = {}, .name = "quiet"});
  CHECK_MESSAGE(again.has_value(), (again ? std::string() : again.error().sentence));
}

TEST_CASE("internal: without any thread a drain aborts at once and ends when there is one" * doctest::skip()) {
  test::child_begins();
  bench b(second);
  b.start("patient", "p");
  hold_init.store(true);
  test::without_threads alone;
  // An init that does not return keeps the spare.
  CHECK(b.plugins->start({.plugin = "patient", .instance = "stuck", .config = "{}", .limits = {}}).error().why ==
        kind::timeout);
  // What follows would take an hour, did it wait for tasks that have not heard that they are to stop.
  const auto stopped = b.plugins->stop("p", an_hour);
  REQUIRE(stopped);
  CHECK(stopped->state == instance_state::quarantined);
  CHECK_FALSE(stopped->aborted.empty());
  REQUIRE(stopped->blockers.size() == 1);
  CHECK(stopped->blockers[0] == "there is no thread to call fini on");
  CHECK_FALSE(over.load());
  alone.end();
  const auto ended = b.plugins->stop("p", an_hour);
  REQUIRE(ended);
  CHECK(ended->state == instance_state::stopped);
  CHECK(over.load());
  hold_init.store(false);
}

TEST_CASE("internal: without any thread an image is not unmapped and says why" * doctest::skip()) {
  test::child_begins();
  bench b(second);
  REQUIRE(b.plugins->load({.path = {}, .name = "quiet"}));
  hold_init.store(true);
  test::without_threads alone;
  CHECK_FALSE(b.plugins->start({.plugin = "patient", .instance = "stuck", .config = "{}", .limits = {}}));
  const auto kept = b.plugins->unload("quiet", 0);
  REQUIRE(kept);
  CHECK_FALSE(kept->unmapped);
  CHECK(kept->state == image_state::quarantined);
  REQUIRE(kept->blockers.size() == 1);
  CHECK(kept->blockers[0] == "there is no thread to unmap quiet on");
  alone.end();
  CHECK(b.plugins->unload("quiet", 0)->unmapped);
  hold_init.store(false);
}

TEST_CASE("internal: a registry whose threads cannot be had says so" * doctest::skip()) {
  test::child_begins();
  runtime_options with;
  with.worker_threads = 1;
  auto rt = std::move(*runtime::start(with));
  const test::without_threads alone;
  const registry plugins(*rt, {});
  const auto usable = plugins.usable();
  REQUIRE_FALSE(usable);
  CHECK(usable.error().sentence.starts_with("cannot start the threads that plugins need: pthread_create: "));
}

TEST_CASE("without threads an instance ends and its image goes; without the spare it is aborted and named") {
  if (::geteuid() == 0)  // for anybody else the system does not tell how many threads there are
    CHECK(test::passes_in_child("internal: without threads an instance hears stop and ends and its image is unmapped"));
  CHECK(test::passes_in_child("internal: without any thread a drain aborts at once and ends when there is one"));
  CHECK(test::passes_in_child("internal: without any thread an image is not unmapped and says why"));
  CHECK(test::passes_in_child("internal: a registry whose threads cannot be had says so"));
}
