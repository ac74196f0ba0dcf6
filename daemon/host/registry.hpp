// The only owner of plugins: images (mapped .so files) and instances (one configured plugin in one image), by name.
// control/ asks it for plugin.* methods, app/ fills it from the configuration and drains it at the end.
//
//   file --load--> image --start--> instance running --stop--> stopped | failed | quarantined
//                    '--unload (stops its instances first)--> unloaded | resident | quarantined
//
// Names. A plugin's name is its file's name without ".so" ("redis"); its id ("org.tokiod.redis") names it too. The name
// of an instance is the configuration's, and by default the plugin's.
// Invariant: an image is unmapped only when nothing of its instances is live, no thread is inside it, and every thread
//            that ran it is gone (if it needs that). Every refusal is one sentence with a stable kind.
// Threads:   every function is [any thread], never a worker. list, info, scan, inspect and metrics never wait for a
//            plugin or for an operation in progress. load, start, stop, restart, unload, reload and stop_all wait, up
//            to their deadlines; operations on one plugin run one after another, on different plugins side by side.
//            Listeners are called on the thread of the operation, without a lock held, and must return soon.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "host/elf_gate.hpp"
#include "host/plugin_state.hpp"

struct tokio_plugin_desc;
struct tokio_plugin;
struct tokio_host;

namespace tokiod {
class runtime;
}

namespace tokiod::host {

struct registry_options {
  std::vector<std::string> dirs;  // where names are looked up and scan() looks, in this order
  std::string runtime_dir;        // for private copies of images; created 0700; empty = copies live in memfds
  std::string daemon_version = "0.1.0";
  duration_ns init_timeout = 30 * second;     // an init that has not returned by then leaves its instance quarantined
  duration_ns stop_deadline = 10 * second;    // where a call gives no deadline of its own
  duration_ns abort_grace = 2 * second;       // after the deadline tasks are aborted; what lives on then is quarantined
  duration_ns call_timeout = 30 * second;     // of plugin.call
  std::uint32_t max_images_left_behind = 32;  // resident and quarantined ones together; beyond it load refuses
};

struct instance_limits {
  std::uint64_t max_tasks = UINT64_MAX;
  std::uint64_t max_bytes = UINT64_MAX;  // of task memory
};

// ---- what the registry shows: plain values

// What an instance holds, by kind: what must be zero, or is taken back, before its image can go.
struct held {
  std::string kind;  // "tasks", "sockets", "timers", "operations", "jobs", "registrations", "calls", ...
  std::uint64_t count = 0;
};

struct usage_view {
  std::uint64_t tasks_live = 0, tasks_spawned = 0, tasks_panicked = 0;
  std::uint64_t polls = 0, poll_ns = 0, wakes = 0, slow_polls = 0, forced_yields = 0;
  std::uint64_t memory_bytes = 0, sockets = 0, timers = 0, operations = 0, jobs = 0;
  std::uint64_t leases = 0, registrations = 0, calls = 0, metrics = 0;
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
  std::uint64_t faults = 0;  // panics and misuse
  usage_view usage;
};

struct image_view {
  std::string name, id, version, description;
  std::string path;              // the file it was loaded from
  std::string mapped_path;       // the private copy
  std::uint64_t generation = 0;  // counts loads in this process; two images of one name differ in it
  std::uint32_t abi_major = 0, abi_minor = 0;
  std::uint64_t flags = 0;  // TOKIO_PF_*
  std::string build_id;
  image_state state = image_state::loading;
  std::int64_t since_wall_ns = 0;
  std::string reason;  // of resident, quarantined and failed
  std::vector<instance_view> instances;
};

struct image_info {
  image_view image;
  std::string config_schema;  // JSON Schema text, or empty
  std::vector<std::string> required_extensions, optional_extensions;
  std::vector<finding> findings;                                          // of the ELF gate
  std::vector<std::pair<std::string, std::vector<method_view>>> methods;  // by instance
  std::vector<std::pair<std::string, std::vector<held>>> holds;           // by instance
  std::vector<std::string> unload_blockers;  // sentences: why an unload now would not unmap at once
  std::vector<std::string> mappings;         // "7f..-7f.. r-xp" of the private copy
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
  std::string instance, name, help, unit;
  type kind = type::counter;
  std::vector<std::pair<std::string, std::string>> labels;
  double value = 0;                                       // counter, gauge
  std::vector<std::pair<double, std::uint64_t>> buckets;  // histogram: upper bound, cumulative count
  std::uint64_t count = 0;
  double sum = 0;
};

class registry {
 public:
  // `rt` outlives the registry.
  registry(runtime& rt, registry_options options);
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;
  ~registry();  // stop_all(now) unless it was called

  // ---- looking
  [[nodiscard]] std::vector<image_view> list() const;
  [[nodiscard]] outcome<image_info> info(std::string_view plugin) const;  // by plugin name or id
  [[nodiscard]] outcome<instance_view> instance(std::string_view name) const;
  [[nodiscard]] outcome<inspection> inspect(const std::string& path_or_name) const;
  [[nodiscard]] scan_result scan() const;
  [[nodiscard]] std::vector<metric_sample> metrics() const;
  [[nodiscard]] std::vector<std::string> dirs() const;
  void set_dirs(std::vector<std::string> dirs);  // the configuration changed

  // ---- images
  [[nodiscard]] outcome<load_report> load(const load_request& request);
  // Stops its instances, then unmaps. `drain`: for all of them together.
  [[nodiscard]] outcome<unload_report> unload(std::string_view plugin, std::optional<duration_ns> drain = {});
  // A new image of the same file (or of `path`), its instances restarted in it with their configuration; a refusal
  // leaves the old ones running.
  [[nodiscard]] outcome<reload_report> reload(std::string_view plugin, const std::string& path = {},
                                              std::optional<duration_ns> drain = {});

  // ---- instances
  [[nodiscard]] outcome<instance_view> start(const start_request& request);
  [[nodiscard]] outcome<instance_view> start_again(std::string_view instance);  // stopped or failed, same config
  [[nodiscard]] outcome<stop_report> stop(std::string_view instance, std::optional<duration_ns> drain = {});
  [[nodiscard]] outcome<instance_view> restart(std::string_view instance, std::optional<duration_ns> drain = {});
  // Live configuration: check, then apply. needs_restart when the plugin cannot.
  [[nodiscard]] outcome<void> configure(std::string_view instance, std::string config, bool dry_run = false);

  // ---- control methods of plugins. Returns at once; `listener` hears the rest.
  [[nodiscard]] outcome<call_id> call(std::string_view instance, std::string_view method, std::string params,
                                      std::shared_ptr<call_listener> listener, std::optional<duration_ns> timeout = {});
  void cancel(call_id id);  // the client went away: the plugin is told, done() hears `cancelled`

  // ---- a plugin that is linked into this program, without a file: embedding and tests. `d` is static.
  [[nodiscard]] outcome<load_report> add_linked(const tokio_plugin_desc& d, std::string name);
  [[nodiscard]] tokio_plugin* handle_of(std::string_view instance) const;  // null unless running
  [[nodiscard]] const tokio_host* table() const;

  // ---- the end of an instance's work (instance_finish): its status, or nothing at the deadline. Failed: 70.
  [[nodiscard]] std::optional<std::int32_t> wait_finished(std::string_view instance, instant_ns deadline);

  // ---- events
  using listener = std::function<void(const plugin_event&)>;
  void listen(listener l);  // at most one, before the first load

  // ---- the end: drains all instances side by side until the deadline, unloads all images. False: something was left
  // behind, and named in the log. A second call from another thread shortens the deadline.
  bool stop_all(instant_ns deadline);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace tokiod::host
