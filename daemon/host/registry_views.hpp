// The values that go in and out of the registry: what it shows, what it is asked, what it reports.
// Threads: plain values; call_listener says its own.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "host/elf_gate.hpp"
#include "host/plugin_state.hpp"

namespace tokiod::host {

struct instance_limits {
  std::uint64_t max_tasks = UINT64_MAX;
  std::uint64_t max_bytes = UINT64_MAX;  // of task memory
  std::uint64_t max_jobs = UINT64_MAX;   // blocking ones
  std::uint32_t cpu_percent = 0;         // of one CPU; 0: any amount
  bool may_resize = false;               // the workers of the runtime
};

// What an instance asks for that may resize.
struct resize_order {
  std::string_view instance;
  std::uint32_t workers = 0;
  duration_ns timeout = 0;
  std::function<bool()> given_up = nullptr;  // it is closed; asked while somebody waits
};

// How long tasks are waited for before they are aborted, and whether somebody has had enough of waiting meanwhile.
struct drain_order {
  drain_order() = default;
  drain_order(duration_ns at_most) : limit(at_most) {}
  drain_order(std::optional<duration_ns> at_most, std::function<bool()> has_had_enough = nullptr)
      : limit(at_most), enough(std::move(has_had_enough)) {}

  std::optional<duration_ns> limit{};      // absent: as configured
  std::function<bool()> enough = nullptr;  // asked now and then, by the thread that waits
};

// ---- what the registry shows: plain values

// What an instance holds, by kind: what must be zero, or is taken back, before its image can go.
struct held {
  std::string kind;  // "tasks", "sockets", "timers", "operations", "files", "jobs", "registrations", "calls", ...
  std::uint64_t count = 0;
};

struct usage_view {
  std::uint64_t tasks_live = 0, tasks_spawned = 0, tasks_panicked = 0;
  std::uint64_t polls = 0, poll_ns = 0, wakes = 0, slow_polls = 0, forced_yields = 0;
  std::uint64_t throttled_ns = 0;  // that its tasks waited for the CPU quota
  std::uint64_t memory_bytes = 0, sockets = 0, timers = 0, operations = 0, children = 0, signals = 0, files = 0;
  std::uint64_t jobs = 0;
  std::uint64_t leases = 0, registrations = 0, calls = 0, metrics = 0;
  std::uint64_t job_cpu_ns = 0;  // CPU time of its blocking jobs, counted when they return
  std::uint64_t read_bytes = 0, written_bytes = 0;
};

struct method_view {
  std::string name, summary, params_schema;
};

struct instance_view {
  std::string name, plugin;  // plugin: the image's name
  instance_state state = instance_state::stopped;
  std::int64_t since_wall_ns = 0;        // of the state
  std::string reason;                    // of failed and quarantined: one sentence
  std::string config;                    // JSON text, as given to init
  std::optional<std::int32_t> finished;  // status given to instance_finish
  std::uint32_t starts = 0;
  std::uint64_t faults = 0;    // panics and misuse
  std::uint64_t panics = 0;    // of them
  duration_ns start_took = 0;  // until the last init that succeeded had returned; 0: none has
  usage_view usage;
  instance_limits limits;
};

struct image_view {
  std::string name, id, version, description;
  std::string path;              // the file it was loaded from
  std::string sha256;            // of that file as it was loaded; empty: linked in
  std::string mapped_path;       // the private copy
  std::uint64_t generation = 0;  // counts loads in this process; two images of one name differ in it
  std::uint32_t abi_major = 0, abi_minor = 0;
  std::uint64_t flags = 0;  // TOKIO_PF_*
  std::string build_id;
  std::string config_schema;  // of its instances' configuration: JSON Schema text, or empty
  image_state state = image_state::loading;
  std::int64_t since_wall_ns = 0;
  std::string reason;  // of resident, quarantined and failed
  std::vector<instance_view> instances;
};

struct image_info {
  image_view image;
  std::vector<std::string> required_extensions, optional_extensions;
  std::vector<finding> findings;                                          // of the ELF gate
  std::vector<std::pair<std::string, std::vector<method_view>>> methods;  // by instance
  std::vector<std::pair<std::string, std::vector<held>>> holds;           // by instance
  std::vector<std::string> unload_blockers;  // sentences: why an unload now would not unmap at once
  std::vector<std::string> mappings;         // "7f..-7f.. r-xp" of the private copy
};

// What a task is, as its plugin named it.
struct task_label {
  std::string instance, name, file;
  std::uint32_t line = 0;
};

struct found_plugin {
  std::string name, path, id, version;
  bool loaded = false;
};
struct rejected_file {
  std::string path, why;
};
struct scan_result {
  std::vector<found_plugin> found;
  std::vector<rejected_file> rejected;
};

// ---- requests and reports

struct load_request {
  std::string path;  // of a .so ...
  std::string name;  // ... or the name of one in the plugin directories; exactly one of them
};
struct start_request {
  std::string plugin;    // name or id of a loaded image
  std::string instance;  // empty: the plugin's name
  std::string config = "{}";
  instance_limits limits;
};
struct load_report {
  std::string plugin;
  std::uint64_t generation = 0;
  image_state state = image_state::loaded;
  std::vector<std::string> warnings;
};
struct stop_report {
  instance_state state = instance_state::stopped;
  std::vector<held> aborted;          // tasks that had to be aborted at the deadline
  std::vector<held> leaked;           // handles that the plugin left open and the host took back
  std::vector<std::string> blockers;  // of quarantined: sentences by kind
};
struct unload_report {
  bool unmapped = false;
  image_state state = image_state::unloaded;
  std::vector<std::string> blockers;  // why it is not unmapped
};
struct reload_report {
  std::uint64_t from = 0, to = 0;  // generations
  std::string from_version, to_version;
  unload_report old_image;
};

// What plugin.call delivers. done() is called exactly once, by the thread that answers: a worker, a thread of the
// plugin, the registry's own thread (timeout, cancel). event() may be called before that, never after.
class call_listener {
 public:
  virtual ~call_listener() = default;
  virtual void event(std::string json) = 0;
  virtual void done(outcome<std::string> json) = 0;  // see below
};
// The refusal of a failed call has kind plugin_error, the plugin's message as sentence, and its data as `hint` when it
// gave some (JSON text); `path` holds the plugin's numeric code as text.
using call_id = std::uint64_t;

struct plugin_event {            // topic plugin.state
  std::string plugin, instance;  // instance empty: the image itself
  std::uint64_t generation = 0;
  std::string state, previous;
  std::string reason;
  std::int64_t wall_ns = 0;
};

// One sample of what plugins publish through tokio.metrics/1.
struct metric_sample {
  enum class type : std::uint8_t { counter, gauge, histogram };
  std::string plugin, instance, name, help, unit;  // plugin: the image's name
  type kind = type::counter;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;                                       // counter, gauge
  std::vector<std::pair<double, std::uint64_t>> buckets;  // histogram: upper bound, cumulative count
  std::uint64_t count = 0;
  double sum = 0;
};

}  // namespace tokiod::host
