// A daemon that is only a backend: fixed answers, and switches that a test turns to make things slow, wrong or late.
// Invariant: every answer is plausible, so that each method's example succeeds.
// Threads:   any; the switches are guarded.
#pragma once
#include <condition_variable>
#include <map>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "control/backend.hpp"

namespace tokiod::test {

using namespace control;

class fake_backend final : public backend {
 public:
  // ---- switches
  void be(daemon_state now) {
    change([&] { state_ = now; });
  }
  void be_unready(std::string why) {
    change([&] { unready_ = std::move(why); });
  }
  void hold_operations() {
    change([&] { held_ = true; });
  }
  void release_operations() {
    change([&] { held_ = false; });
    changed_.notify_all();
  }
  void wait_for_operation() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return operations_ > 0; });
  }
  void answer_calls(outcome<std::string> with) {
    change([&] { call_answer_ = std::move(with); });
  }
  void keep_calls_open() {
    change([&] { call_answer_.reset(); });
  }
  std::shared_ptr<host::call_listener> wait_for_call() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !open_calls_.empty(); });
    return open_calls_.begin()->second;
  }
  void wait_for_cancel() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return cancelled_ > 0; });
  }
  void fail_plugin_work(refusal why) {
    change([&] { failure_ = std::move(why); });
  }
  std::optional<shutdown_order> ordered() const {
    const std::lock_guard lock(mutex_);
    return ordered_;
  }
  std::string unloaded() const {
    const std::lock_guard lock(mutex_);
    return unloaded_;
  }
  void publish_metrics(std::vector<metric_family> families) {
    change([&] { metrics_ = std::move(families); });
  }
  void have_tasks(std::uint64_t count) {
    change([&] { tasks_ = count; });
  }

  // The next call of that function throws.
  void run_out_of_memory_in(std::string function) {
    change([&] { throws_in_ = std::move(function); });
  }

  // ---- the daemon
  [[nodiscard]] daemon_state state() const override {
    const std::lock_guard lock(mutex_);
    throw_if_told("state");
    return state_;
  }
  [[nodiscard]] daemon_info info() const override {
    const std::lock_guard lock(mutex_);
    throw_if_told("info");
    daemon_info about;
    about.version = "9.9.9";
    about.abi = "0.1";
    about.pid = 4711;
    about.uptime_seconds = 12.5;
    about.config_files = {"/etc/tokiod/tokiod.json"};
    return about;
  }
  [[nodiscard]] std::vector<health_check> health() const override {
    const std::lock_guard lock(mutex_);
    return {{"control", true, "", true}, {"plugins", unready_.empty(), unready_, false}};
  }
  outcome<void> shutdown(const shutdown_order& order) override {
    change([&] { ordered_ = order; });
    return {};
  }

  // ---- the runtime
  [[nodiscard]] runtime_info runtime() const override {
    runtime_info about;
    about.flavor = "multi_thread";
    about.workers = 2;
    about.tasks_live = 3;
    return about;
  }
  [[nodiscard]] std::vector<worker_info> workers() const override {
    worker_info busy;
    busy.state = "running";
    busy.task_id = 7;
    busy.task_name = "serve";
    busy.plugin = "echo";
    busy.poll_seconds = 0.25;
    busy.schedule_latency = {.num_buckets = 3,
                             .count = 5,
                             .sum_seconds = 7,
                             .p50_seconds = 0.5,
                             .p99_seconds = 2,
                             .buckets = {{0.5, 1, 4}, {2, std::nullopt, 1}}};
    worker_info parked;
    parked.worker = 1;
    parked.state = "parked";
    return {busy, parked};
  }
  outcome<resize_report> resize(std::uint32_t workers, duration_ns timeout, std::string_view) override {
    work();
    if (timeout == 0) return refuse(kind::timeout, "worker 1 does not come back from its poll; workers that run: 2");
    return resize_report{2, workers};
  }
  [[nodiscard]] task_page tasks(const task_query& query) const override {
    const std::lock_guard lock(mutex_);
    task_page page;
    page.total = tasks_;
    for (std::uint64_t id = query.after_id + 1; id <= tasks_; ++id) {
      if (page.tasks.size() == query.limit) {
        page.more = true;
        break;
      }
      page.tasks.push_back(task_of(id));
    }
    return page;
  }
  [[nodiscard]] std::optional<task_info> task(std::uint64_t id) const override {
    const std::lock_guard lock(mutex_);
    return id >= 1 && id <= tasks_ ? std::optional(task_of(id)) : std::nullopt;
  }
  void listen_to_tasks(bool on) override {
    change([&] { on ? ++listeners_ : --listeners_; });
  }
  int listeners() const {
    const std::lock_guard lock(mutex_);
    return listeners_;
  }
  void watch_task(std::uint64_t id, bool on) override {
    change([&] { watched_ += on ? static_cast<int>(id) : -static_cast<int>(id); });
  }
  int watched() const {
    const std::lock_guard lock(mutex_);
    return watched_;
  }
  bool pause_tasks(bool on) override {
    change([&] { paused_ = on; });
    return on;
  }
  // Each task has changed once, at the moment of its number.
  [[nodiscard]] task_changes changes(const change_query& query) const override {
    const std::lock_guard lock(mutex_);
    task_changes seen{facts_of(query), {}};
    for (const auto id : changed_ids(query, seen)) {
      auto& told = seen.tasks.emplace_back(task_of(id));
      if (!told.stats) told.stats.emplace().kind = "task";
      if (id == 2) told.stats->warnings = {{"self_wakes", "75 % of its wakes"}};
    }
    return seen;
  }
  // As many resources as tasks, each changed once, at the moment of its number; every other one is gone. Each has an
  // operation of the task with its number.
  [[nodiscard]] resource_page resources(const resource_query& query) const override {
    const std::lock_guard lock(mutex_);
    resource_page page;
    for (std::uint64_t id = 1; id <= tasks_; ++id) {
      if ((id % 2 == 0) != query.dropped) continue;
      ++page.total;
      if (id <= query.after_id) continue;
      page.more = page.resources.size() == query.limit;
      if (!page.more) page.resources.push_back(resource_of(id));
    }
    return page;
  }
  [[nodiscard]] std::optional<resource_detail> resource(std::uint64_t id) const override {
    const std::lock_guard lock(mutex_);
    if (id < 1 || id > tasks_) return std::nullopt;
    return resource_detail{resource_of(id), {op_of(id)}, false};
  }
  [[nodiscard]] resource_changes changed_resources(const change_query& query) const override {
    const std::lock_guard lock(mutex_);
    resource_changes seen{facts_of(query), {}};
    for (const auto id : changed_ids(query, seen)) seen.resources.push_back(resource_of(id));
    return seen;
  }
  [[nodiscard]] async_op_changes changed_ops(const change_query& query) const override {
    const std::lock_guard lock(mutex_);
    async_op_changes seen{facts_of(query), {}};
    for (const auto id : changed_ids(query, seen)) seen.ops.push_back(op_of(id));
    return seen;
  }
  outcome<void> cancel_task(std::uint64_t id) override {
    if (!task(id)) return refuse(kind::not_found, "there is no live task t-", id);
    return {};
  }
  [[nodiscard]] std::vector<metric_family> metrics() const override {
    const std::lock_guard lock(mutex_);
    throw_if_told("metrics");
    return metrics_;
  }

  // ---- configuration
  [[nodiscard]] config_status config() const override { return {3, false, true, 0, {}}; }
  [[nodiscard]] outcome<json> config_get(std::string_view path, bool) const override {
    if (path == "/nothing") return refuse(kind::not_found, "there is no setting ", path);
    return json{{"revision", 3}, {"value", {{"worker_threads", 2}}}};
  }
  [[nodiscard]] json config_check(const json& document) const override {
    if (document.empty()) return {{"valid", true}, {"problems", json::array()}};
    return {{"valid", false},
            {"problems", {{{"path", "/x"}, {"kind", "unknown_param"}, {"message", "no such setting"}}}}};
  }
  [[nodiscard]] outcome<json> config_schema(std::string_view) const override { return json{{"type", "object"}}; }
  outcome<json> config_reload(std::string_view) override {
    work();
    return json{{"revision", 4}, {"changed", json::array()}, {"needs_restart", json::array()}};
  }

  // ---- plugins
  [[nodiscard]] std::vector<host::image_view> plugins() const override { return {image()}; }
  [[nodiscard]] outcome<host::image_info> plugin(std::string_view name) const override {
    if (name != "echo") return refuse(kind::not_found, "no plugin ", name, " is loaded");
    host::image_info info;
    info.image = image();
    info.methods = {{"echo", {{"stats", "numbers", "{}"}}}};
    info.holds = {{"echo", {{"tasks", 3}}}};
    info.unload_blockers = {"3 tasks live"};
    return info;
  }
  [[nodiscard]] outcome<host::instance_view> instance(std::string_view name) const override {
    if (name != "echo") return refuse(kind::not_found, "there is no instance ", name);
    return instance_of("echo");
  }
  [[nodiscard]] outcome<host::inspection> inspect(const std::string& path) const override {
    if (path == "bad") return refuse(kind::bad_plugin, path, ": no symbol tokio_plugin_v0");
    host::inspection seen;
    seen.path = path;
    return seen;
  }
  [[nodiscard]] host::scan_result scan() const override {
    return {{{"echo", "/lib/echo.so", "org.tokiod.echo", "1.0", true}}, {{"/lib/x.so", "no note"}}};
  }
  outcome<host::load_report> load(const host::load_request& request) override {
    if (auto failed = work(); !failed) return std::unexpected(failed.error());
    return host::load_report{request.name.empty() ? request.path : request.name, 1, host::image_state::loaded, {}};
  }
  outcome<host::unload_report> unload(std::string_view plugin, drain_time) override {
    if (auto failed = work(); !failed) return std::unexpected(failed.error());
    change([&] { unloaded_ = plugin; });
    return host::unload_report{true, host::image_state::unloaded, {}};
  }
  outcome<host::reload_report> reload(std::string_view, const std::string&, drain_time) override {
    if (auto failed = work(); !failed) return std::unexpected(failed.error());
    return host::reload_report{1, 2, "1.0", "1.1", {true, host::image_state::unloaded, {}}};
  }
  outcome<host::instance_view> start(const host::start_request& request) override {
    if (auto failed = work(); !failed) return std::unexpected(failed.error());
    if (request.instance == "refuses") return refuse(kind::init_failed, "refuses: init said no");
    return instance_of(request.instance.empty() ? request.plugin : request.instance);
  }
  outcome<host::instance_view> start_again(std::string_view instance) override {
    if (auto failed = work(); !failed) return std::unexpected(failed.error());
    return instance_of(std::string(instance));
  }
  outcome<host::stop_report> stop(std::string_view, drain_time) override {
    if (auto failed = work(); !failed) return std::unexpected(failed.error());
    return host::stop_report{host::instance_state::stopped, {{"tasks", 1}}, {}, {}};
  }
  outcome<host::instance_view> restart(std::string_view instance, drain_time) override {
    if (auto failed = work(); !failed) return std::unexpected(failed.error());
    return instance_of(std::string(instance));
  }

  outcome<host::call_id> call(std::string_view instance, std::string_view, std::string params,
                              std::shared_ptr<host::call_listener> listener, duration_ns) override {
    if (instance != "echo") return refuse(kind::not_found, "there is no instance ", instance);
    const std::lock_guard lock(mutex_);
    throw_if_told("call");
    last_call_params_ = std::move(params);
    const auto id = ++last_call_;
    if (call_answer_)
      listener->done(*call_answer_);
    else
      open_calls_[id] = std::move(listener);
    changed_.notify_all();
    return id;
  }
  void cancel_call(host::call_id) override {
    change([&] { ++cancelled_; });
  }

 private:
  template <class Change>
  void change(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  outcome<void> work() {
    std::unique_lock lock(mutex_);
    throw_if_told("work");
    ++operations_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
    if (failure_) return std::unexpected(*failure_);
    return {};
  }

  void throw_if_told(std::string_view function) const {
    if (throws_in_ != function) return;
    throws_in_.clear();
    throw std::bad_alloc();
  }

  // [under the lock]
  page_facts facts_of(const change_query& query) const {
    return {.last_id = 0,
            .began = query.after_id == 0 ? tasks_ + 1 : query.began,
            .more = false,
            .listening = listeners_ != 0,
            .paused = paused_,
            .dropped = 4};
  }
  std::vector<std::uint64_t> changed_ids(const change_query& query, page_facts& facts) const {
    std::vector<std::uint64_t> ids;
    for (std::uint64_t id = std::max<std::uint64_t>({query.since, query.after_id + 1, 1}); id <= tasks_; ++id) {
      facts.more = ids.size() == query.limit;
      if (facts.more) break;
      ids.push_back(facts.last_id = id);
    }
    return ids;
  }
  static resource_info resource_of(std::uint64_t id) {
    resource_info resource;
    resource.id = id;
    resource.parent = id == 3 ? 1 : 0;
    resource.internal = id == 3;
    resource.plugin = "echo";
    resource.type = "Semaphore";
    resource.kind = "Sync";
    resource.location = "echo.cpp:12";
    resource.total_seconds = 4;
    resource.attributes = {{"permits", "", std::uint64_t{7}}, {"duration", "ms", std::uint64_t{20}}};
    if (id % 2 == 0) resource.dropped = 1000;
    return resource;
  }
  static async_op_info op_of(std::uint64_t id) {
    async_op_info op;
    op.id = id;
    op.resource = id;
    op.task = id;
    op.plugin = "echo";
    op.source = "Acquire::new";
    op.poll_name = "poll_acquire";
    op.polls = 2;
    op.busy_seconds = 0.5;
    op.idle_seconds = 3.5;
    return op;
  }
  static task_info task_of(std::uint64_t id) {
    task_info task;
    task.id = id;
    task.plugin = "echo";
    task.name = "serve";
    task.state = "idle";
    if (id == 3) {  // somebody listens to it
      task.stats.emplace();
      task.stats->kind = "task";
      task.stats->total_seconds = 4;
      task.stats->busy_seconds = 0.5;
      task.stats->scheduled_seconds = 0.25;
      task.stats->idle_seconds = 3.25;
      task.stats->polls = 7;
      task.stats->poll_times.counted.count = 7;
      task.stats->poll_times.longer = 1;
    }
    return task;
  }
  static host::instance_view instance_of(const std::string& name) {
    host::instance_view view;
    view.name = name;
    view.plugin = "echo";
    view.state = host::instance_state::running;
    view.config = R"({"port":7007})";
    return view;
  }
  static host::image_view image() {
    host::image_view view;
    view.name = "echo";
    view.id = "org.tokiod.echo";
    view.version = "1.0";
    view.path = "/lib/echo.so";
    view.state = host::image_state::loaded;
    view.instances = {instance_of("echo")};
    return view;
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  daemon_state state_ = daemon_state::running;
  std::string unready_, unloaded_, last_call_params_;
  mutable std::string throws_in_;
  bool held_ = false;
  int operations_ = 0, cancelled_ = 0;
  std::optional<refusal> failure_;
  std::optional<outcome<std::string>> call_answer_ = outcome<std::string>(R"({"connections":3})");
  std::map<host::call_id, std::shared_ptr<host::call_listener>> open_calls_;
  host::call_id last_call_ = 0;
  std::optional<shutdown_order> ordered_;
  std::vector<metric_family> metrics_;
  std::uint64_t tasks_ = 3;
  int listeners_ = 0, watched_ = 0;  // watched: the sum of the ids
  bool paused_ = false;
};

}  // namespace tokiod::test
