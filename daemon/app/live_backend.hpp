// What the control methods see of the running daemon: the runtime, the plugins, the configuration, the main loop.
// Invariant: no function marked [control] in control/backend.hpp waits for a worker or a plugin.
// Threads:   as control/backend.hpp says for each function.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/live_config.hpp"
#include "app/notify.hpp"
#include "app/process_numbers.hpp"
#include "app/supervisor.hpp"
#include "app/task_console.hpp"
#include "control/backend.hpp"
#include "host/registry.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::app {

// What never changes while the process runs.
struct process_facts {
  std::vector<std::string> command_line;
  std::int64_t started_wall_ns = 0;
  instant_ns started = 0;
};

// Changes the number of workers, and tells the log and who subscribed.
using resizer =
    std::function<outcome<control::resize_report>(std::uint32_t workers, duration_ns timeout, std::string_view reason)>;

// The parts, all of which outlive the backend.
struct live_parts {
  const process_facts& facts;
  tokiod::runtime& rt;
  host::registry& plugins;
  live_config& config;
  supervisor& life;
  notifier& manager;
  const live_config::applier& apply;
  const resizer& resize;
  task_console& console;
};

class live_backend final : public control::backend {
 public:
  explicit live_backend(live_parts parts) : parts_(parts) {}

  [[nodiscard]] control::daemon_state state() const override;
  [[nodiscard]] control::daemon_info info() const override;
  [[nodiscard]] std::vector<control::health_check> health() const override;
  outcome<void> shutdown(const control::shutdown_order& order) override;

  [[nodiscard]] control::runtime_info runtime() const override;
  [[nodiscard]] std::vector<control::worker_info> workers() const override;
  outcome<control::resize_report> resize(std::uint32_t workers, duration_ns timeout, std::string_view reason) override {
    return parts_.resize(workers, timeout, reason);
  }
  [[nodiscard]] control::task_page tasks(const control::task_query& query) const override;
  [[nodiscard]] std::optional<control::task_info> task(std::uint64_t id) const override;
  outcome<void> cancel_task(std::uint64_t id) override;
  void listen_to_tasks(bool on) override { parts_.console.listen(on); }
  void watch_task(std::uint64_t id, bool on) override { parts_.console.watch(id, on); }
  bool pause_tasks(bool on) override { return parts_.console.pause(on); }
  [[nodiscard]] control::task_changes changes(const control::change_query& query) const override;
  [[nodiscard]] control::resource_page resources(const control::resource_query& query) const override;
  [[nodiscard]] std::optional<control::resource_detail> resource(std::uint64_t id) const override;
  [[nodiscard]] control::resource_changes changed_resources(const control::change_query& query) const override;
  [[nodiscard]] control::async_op_changes changed_ops(const control::change_query& query) const override;
  [[nodiscard]] std::vector<control::metric_family> metrics() const override;

  [[nodiscard]] control::config_status config() const override;
  [[nodiscard]] outcome<wire::json> config_get(std::string_view path, bool origin) const override;
  [[nodiscard]] wire::json config_check(const wire::json& document) const override;
  [[nodiscard]] outcome<wire::json> config_schema(std::string_view path) const override;
  outcome<wire::json> config_reload(std::string_view reason) override;

  [[nodiscard]] std::vector<host::image_view> plugins() const override;
  [[nodiscard]] outcome<host::image_info> plugin(std::string_view name) const override;
  [[nodiscard]] outcome<host::instance_view> instance(std::string_view name) const override;
  [[nodiscard]] outcome<host::inspection> inspect(const std::string& path_or_name) const override;
  [[nodiscard]] host::scan_result scan() const override;
  outcome<host::load_report> load(const host::load_request& request) override;
  outcome<host::unload_report> unload(std::string_view plugin, control::drain_time drain) override;
  outcome<host::reload_report> reload(std::string_view plugin, const std::string& path,
                                      control::drain_time drain) override;
  outcome<host::instance_view> start(const host::start_request& request) override;
  outcome<host::instance_view> start_again(std::string_view instance) override;
  outcome<host::stop_report> stop(std::string_view instance, control::drain_time drain) override;
  outcome<host::instance_view> restart(std::string_view instance, control::drain_time drain) override;
  outcome<host::call_id> call(std::string_view instance, std::string_view method, std::string params,
                              std::shared_ptr<host::call_listener> listener, duration_ns timeout) override;
  void cancel_call(host::call_id id) override;

 private:
  [[nodiscard]] std::vector<control::task_info> known_tasks() const;
  [[nodiscard]] bool ended_unseen(const host::trace::task_record& record) const;
  [[nodiscard]] control::page_facts facts_now(const control::change_query& query) const;

  const live_parts parts_;
  const process_numbers process_;
};

// One reload, told to the service manager and to the log: for SIGHUP and config.reload alike. Waits [any but a worker].
outcome<reload_report> reload_now(const live_parts& parts, std::string_view reason);

// True when every worker that is not retired has been inside one poll for `limit` or longer.
[[nodiscard]] bool all_workers_stuck(const runtime_view& view, duration_ns limit);

// One line for the service manager: "running, 2 workers, 14 tasks, plugins: echo, redis".
[[nodiscard]] std::string status_line(const live_parts& parts);

}  // namespace tokiod::app
