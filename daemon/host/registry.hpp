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
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "host/descriptor_line.hpp"
#include "host/registry_views.hpp"
#include "host/task_dump.hpp"

struct tokio_plugin_desc;
struct tokio_plugin;
struct tokio_host;

namespace tokiod {
class runtime;
struct task_view;
}  // namespace tokiod

namespace tokiod::host {

class listener_keeper;

// How long it waits for plugins.
struct patience {
  duration_ns init_timeout = 30 * second;   // an init that has not returned by then leaves its instance quarantined
  duration_ns stop_deadline = 10 * second;  // where a call gives no deadline of its own
  duration_ns abort_grace = 2 * second;     // after the deadline tasks are aborted; what lives on then is quarantined
  duration_ns call_timeout = 30 * second;   // of plugin.call
};

struct registry_options {
  std::vector<std::string> dirs;  // where names are looked up and scan() looks, in this order
  std::string runtime_dir;        // for private copies of images; created 0700; empty = copies live in memfds
  std::string daemon_version = "0.1.0";
  patience waits = {};
  std::uint32_t max_images_left_behind = 32;  // resident and quarantined ones together; beyond it load refuses
  std::uint32_t kept_descriptors = 100;       // that plugins do not get, see host/descriptor_line.hpp
  // Changes the number of workers for an instance that may: how many there were. Null: the registry does. [several]
  std::function<outcome<std::uint32_t>(const resize_order&)> resize = nullptr;
  listener_keeper* listeners = nullptr;  // outlives the registry; null: listening sockets end with their instances
};

class registry {
 public:
  // `rt` outlives the registry.
  registry(runtime& rt, registry_options options);
  registry(const registry&) = delete;
  registry& operator=(const registry&) = delete;
  ~registry();  // stop_all(now) unless it was called
  // Refuses when a thread could not be had at its construction: then it must not be used.
  [[nodiscard]] outcome<void> usable() const;

  // ---- looking
  [[nodiscard]] std::vector<image_view> list() const;
  [[nodiscard]] outcome<image_info> info(std::string_view plugin) const;  // by plugin name or id
  [[nodiscard]] outcome<instance_view> instance(std::string_view name) const;
  [[nodiscard]] outcome<inspection> inspect(const std::string& path_or_name) const;
  [[nodiscard]] scan_result scan() const;
  [[nodiscard]] std::vector<metric_sample> metrics() const;
  [[nodiscard]] descriptor_line::view descriptors() const;
  // Names for what runtime::tasks() and snapshot() show; empty where an image is on its way out.
  [[nodiscard]] std::vector<task_label> label(const std::vector<task_view>& tasks) const;
  // What they wait at, in the same order, as far as their plugins say so within `at_most`.
  [[nodiscard]] std::vector<task_dump> dump(const std::vector<task_view>& tasks, duration_ns at_most) const;
  // Of a run, as runtime::jobs() shows it; empty: it is over, or was no plugin's.
  [[nodiscard]] std::string instance_of(const void* run) const;
  [[nodiscard]] std::string instance_of(std::uint16_t owner) const;  // empty: the runtime's own
  // The file that was loaded, for what the loader calls its private copy; anything else as it is.
  [[nodiscard]] std::string file_behind(const std::string& mapped_path) const;
  [[nodiscard]] std::vector<std::string> dirs() const;
  void set_dirs(std::vector<std::string> dirs);  // the configuration changed
  void set_patience(const patience& waits);      // it did; what has begun to wait goes on as it was

  // Plugins that somebody has decided not to load, by name, with the reason: list() shows them as quarantined, of
  // generation 0, for as long as no file of that name is loaded. [before the first load]
  void hold_back(const std::map<std::string, std::string>& plugins);
  void hold_back(const std::string& plugin, const std::string& why);  // one more [any]
  [[nodiscard]] bool holds_back(std::string_view plugin) const;
  void release(std::string_view plugin);  // it is not shown any more

  // ---- images
  [[nodiscard]] outcome<load_report> load(const load_request& request);
  // Stops its instances, then unmaps. `drain`: for all of them together.
  [[nodiscard]] outcome<unload_report> unload(std::string_view plugin, const drain_order& drain = {});
  // A new image of the same file (or of `path`), its instances restarted in it with their configuration; a refusal
  // leaves the old ones running.
  [[nodiscard]] outcome<reload_report> reload(std::string_view plugin, const std::string& path = {},
                                              const drain_order& drain = {});

  // ---- instances
  [[nodiscard]] outcome<instance_view> start(const start_request& request);
  [[nodiscard]] outcome<instance_view> start_again(std::string_view instance);  // stopped or failed, same config
  [[nodiscard]] outcome<stop_report> stop(std::string_view instance, const drain_order& drain = {});
  // As if its plugin gave up: it is stopped meanwhile, and then shown as failed. wrong_state: it does not run.
  [[nodiscard]] outcome<void> fail(std::string_view instance, std::string why);
  [[nodiscard]] outcome<instance_view> restart(std::string_view instance, const drain_order& drain = {});
  // Live configuration: check, then apply. needs_restart when the plugin cannot.
  [[nodiscard]] outcome<void> configure(std::string_view instance, std::string config, bool dry_run = false);
  // Another CPU quota, in percent of one CPU, for an instance that runs; 0: none.
  [[nodiscard]] outcome<void> limit_cpu(std::string_view instance, std::uint32_t percent);

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

  // ---- the end: stops all instances, in reverse order of their starts, until the deadline, and unloads all images.
  // One is told to stop when those before it have ended; who takes more than its equal share of the time goes on beside
  // those that follow, so that nobody is cut short by another. False: something was left behind, and named in the log.
  // A second call from another thread shortens the deadline.
  bool stop_all(instant_ns deadline);

  struct parts;  // internal to registry*.cpp

 private:
  std::unique_ptr<parts> parts_;
};

}  // namespace tokiod::host
