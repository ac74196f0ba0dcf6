#include "support/in_process_host.hpp"

#include <cstdlib>
#include <ctime>
#include <stdexcept>
#include <string_view>

#include "base/os_thread.hpp"
#include "host/drain.hpp"
#include "host/export/tables.hpp"
#include "host/orphans.hpp"
#include "host/plugin.hpp"
#include "runtime/runtime.hpp"
#include "support/deny_call.hpp"

namespace tokiod::test {
namespace {

tokio_status nothing_to_init(tokio_plugin*, const tokio_host*, tokio_str, void** state) noexcept {
  *state = nullptr;
  return TOKIO_OK;
}
void nothing_to_stop(void*, std::uint64_t) noexcept {}

constexpr tokio_plugin_desc empty_plugin = {
    .size = sizeof(tokio_plugin_desc),
    .abi_major = TOKIO_ABI_MAJOR,
    .abi_minor = TOKIO_ABI_MINOR,
    .abi_minor_min = TOKIO_ABI_MINOR,
    .abi_fingerprint = TOKIO_ABI_FINGERPRINT,
    .flags = TOKIO_PF_UNLOADABLE,
    .id = "test.in-process",
    .version = "0",
    .description = "what a test spawns into",
    .req_exts = nullptr,
    .opt_exts = nullptr,
    .init = nothing_to_init,
    .stop = nothing_to_stop,
    .fini = nullptr,
    .config_check = nullptr,
    .config_apply = nullptr,
    .get_ext = nullptr,
    .config_schema = nullptr,
};

// Keeps what the plugin says of its end. Threads: written by whoever runs the plugin's init, read after it.
class kept_events final : public host::plugin_events {
 public:
  void gave_up(tokio_plugin&, std::string why) override { said = std::move(why); }
  void finished(tokio_plugin&, std::int32_t) override {}
  std::string said;
};

std::vector<std::string> texts(const std::vector<host::held>& list) {
  std::vector<std::string> all;
  for (const auto& one : list) all.push_back(std::to_string(one.count) + " " + one.kind);
  return all;
}

// What the whole program is run with: TOKIOD_TEST_FILES is "ring", "denied" or not there.
bool wants_ring() {
  const char* const said = std::getenv("TOKIOD_TEST_FILES");
  if (said == nullptr || *said == '\0') return false;
  if (std::string_view(said) == "denied") [[maybe_unused]]
    static const bool once = (deny_ring(), true);
  return true;
}

// TOKIOD_TEST_CHILDREN is "by_number" where the kernel is to have no descriptors of processes.
void deny_what_is_not_wanted() {
  const char* const said = std::getenv("TOKIOD_TEST_CHILDREN");
  if (said != nullptr && std::string_view(said) == "by_number") [[maybe_unused]]
    static const bool once = (deny_pidfds(), true);
}

void pause() {
  const timespec moment{0, 200'000};
  ::nanosleep(&moment, nullptr);
}

}  // namespace

struct in_process_host::parts {
  manual_clock manual;
  kept_events events;
  host::descriptor_line descriptors{16};
  host::own_threads threads;
  host_options options;
  std::unique_ptr<runtime> rt;
  std::unique_ptr<tokio_plugin> plugin;
  std::string refusal;
  bool running = false;
  leftovers left;

  [[nodiscard]] bool driven() const { return options.workers == 0; }

  void start(const tokio_plugin_desc& d) {
    deny_what_is_not_wanted();
    runtime_options with;
    with.kind = driven() ? flavor::current_thread : flavor::multi_thread;
    with.worker_threads = driven() ? 1 : options.workers;
    with.max_blocking_threads = options.blocking_threads;
    if (options.virtual_time) with.time = &manual;
    with.file_ring = wants_ring();
    auto made = runtime::start(with);
    TOKIOD_ASSERT(made);
    rt = std::move(*made);
    auto owner = rt->add_owner("test", options.max_bytes);
    TOKIOD_ASSERT(owner);
    plugin =
        std::make_unique<tokio_plugin>(host::plugin_ground{*rt, **owner, descriptors, threads, events}, d,
                                       host::plugin_origin{"test", options.config, options.max_tasks, options.max_bytes,
                                                           options.max_jobs, options.may_resize});
    const auto begun = host::initialise(*plugin, steady_clock().now() + 30 * second, second);
    running = begun.has_value();
    if (!begun) refusal = events.said.empty() ? begun.error().why.sentence : events.said;
  }

  bool run(const std::function<bool()>& done, std::uint64_t limit_ms) {
    const auto limit = steady_clock().now() + limit_ms * millisecond;
    bool seen = false;  // true once is enough: a job that begins after the last task ended makes it false again
    const auto over = [&] { return (seen = seen || done()) || steady_clock().now() >= limit; };
    if (driven()) {
      const auto hook = options.virtual_time ? auto_advance(manual) : sched::current_thread::idle_hook{};
      (void)rt->run_until(over, options.virtual_time ? never : limit, hook);
    } else {
      while (!over()) pause();
    }
    return seen;
  }

  leftovers stop(std::uint64_t drain_ms) {
    if (!running) return left;
    running = false;
    const auto abort_at = steady_clock().now() + drain_ms * millisecond;
    host::stop_report report;
    std::atomic<bool> drained{false};
    auto drainer = os_thread::start({.name = "drain"}, [&] {
      report = host::drain(*plugin, {nullptr, abort_at, 2 * second});
      drained.store(true);
      rt->nudge();
    });
    TOKIOD_ASSERT(drainer);
    if (driven()) (void)rt->run_until([&] { return drained.load(); });
    drainer->join();
    left.leaked = texts(report.leaked);
    left.aborted = texts(report.aborted);
    left.panics = static_cast<std::uint64_t>(plugin->book.sum(host::entry::panics));
    for (const auto& why : report.blockers) left.refused += (left.refused.empty() ? "" : "; ") + why;
    return left;
  }
};

in_process_host::in_process_host(host_options options) : in_process_host(empty_plugin, std::move(options)) {}

in_process_host::in_process_host(const tokio_plugin_desc& d, host_options options) : parts_(std::make_unique<parts>()) {
  parts_->options = std::move(options);
  parts_->start(d);
}

in_process_host::~in_process_host() {
  (void)parts_->stop(1'000);
  (void)parts_->rt->stop(steady_clock().now() + 5 * second);
}

bool in_process_host::running() const { return parts_->running; }
const std::string& in_process_host::refusal() const { return parts_->refusal; }
void in_process_host::make_what_stays() {
  deny_what_is_not_wanted();
  if (auto made = host::orphans::prepare(); !made) throw std::runtime_error(made.error().text());
}

tokio_plugin* in_process_host::plugin() const { return parts_->plugin.get(); }
const tokio_host* in_process_host::table() { return &host::host_table; }

bool in_process_host::wait_idle(std::uint64_t limit_ms) {
  // The second half makes what the tasks did visible here: it reads what each thread stored when it left the plugin.
  return parts_->run([&] { return live_tasks() == 0 && host::threads_inside(*plugin()) == 0; }, limit_ms);
}
bool in_process_host::run_until(bool (*done)(void*), void* user, std::uint64_t limit_ms) {
  return parts_->run([&] { return done(user); }, limit_ms);
}
std::uint64_t in_process_host::live_tasks() const {
  return parts_->running ? parts_->rt->live(parts_->plugin->owner) : 0;
}
std::uint64_t in_process_host::live_sources() const { return parts_->running ? parts_->rt->metrics().sources : 0; }
leftovers in_process_host::stop(std::uint64_t drain_ms) { return parts_->stop(drain_ms); }

}  // namespace tokiod::test
