#include "app/daemon.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "app/config_carrier.hpp"
#include "app/confirm_timer.hpp"
#include "app/crash_loop.hpp"
#include "app/crash_report.hpp"
#include "app/diag/fault_policy.hpp"
#include "app/instance_lock.hpp"
#include "app/instances.hpp"
#include "app/kept_listeners.hpp"
#include "app/live_backend.hpp"
#include "app/passing_settings.hpp"
#include "app/stuck_report.hpp"
#include "app/task_console.hpp"
#include "app/upgrade.hpp"
#include "app/wiring.hpp"
#include "base/log_catalogue.hpp"
#include "base/log_change.hpp"
#include "base/log_sink.hpp"
#include "control/server.hpp"
#include "wire/get.hpp"

namespace tokiod::app {
namespace {

constexpr duration_ns resize_patience = 2 * second;   // for a worker that does not come back, at a reload
constexpr duration_ns claim_patience = 10 * second;   // for an instance that asks for its listening socket in a task
constexpr duration_ns control_patience = 2 * second;  // a control thread that did not turn for so long is not healthy

int say(int code, const std::string& sentence) {
  log::error("daemon", sentence);
  log::stop();
  return code;
}

// Ends a process in which a thread cannot be stopped: nothing may be destroyed under it.
[[noreturn]] void leave_threads_behind(int code) {
  log::stop();
  ::_exit(code);
}

std::uint64_t generation_in(const wire::json& state) {
  return static_cast<std::uint64_t>(wire::integer_or(state, "generation", 1));
}

wire::json event_of(const host::plugin_event& e) {
  return {{"plugin", e.plugin}, {"instance", e.instance}, {"from", e.previous}, {"to", e.state}, {"detail", e.reason}};
}

std::unique_ptr<log::sink> sink_of(const config::log_settings& s) {
  using form = log::stderr_sink::form;
  if (s.sink == "stderr") return std::make_unique<log::stderr_sink>(form::text);
  if (s.sink == "json") return std::make_unique<log::stderr_sink>(form::json);
  if (s.sink == "journald")
    if (auto journal = log::journald_sink::open()) return std::move(*journal);
  return log::automatic_sink();
}

// Everything that lives as long as the daemon serves, in the order in which it is built.
class daemon {
 public:
  daemon(const options& o, config::loaded values, std::vector<std::string> command_line,
         std::optional<inheritance> from)
      : from_(std::move(from)),
        facts_{std::move(command_line), wall_clock_ns(), time_.now(), from_ ? generation_in(from_->state) : 1},
        manager_(notifier::from_environment(time_)),
        life_(manager_, time_),
        config_(o.sources, std::move(values)),
        console_(config_.current()->values.console),
        crashes_(state_directory()) {}
  daemon(const daemon&) = delete;
  daemon& operator=(const daemon&) = delete;
  ~daemon() { tell_crash_report_workers(nullptr); }

  [[nodiscard]] outcome<void> build();
  [[nodiscard]] int run();
  [[nodiscard]] bool is_successor() const { return from_.has_value(); }
  // To whoever waits for us to take over.
  void say_failed(const std::string& why) const {
    if (from_) (void)from_->channel.say({{"failed", why}});
  }

 private:
  [[nodiscard]] config_carrier::followers followers();
  void follow(const std::vector<config::change>& changes, const config::config& next);
  [[nodiscard]] live_config::carrier hands();
  outcome<control::resize_report> resize(std::uint32_t workers, duration_ns timeout, std::string_view reason,
                                         const std::function<bool()>& given_up = nullptr);
  outcome<std::uint32_t> resize_for(const host::resize_order& order);
  [[nodiscard]] bool drain(const stop_order& order);
  void inherit_maintenance();
  void say_resumed(const char* why) const;
  [[nodiscard]] bool take_over_if_asked();
  void settle();
  void wait_for(const char* phase);
  [[nodiscard]] std::uint64_t remaining() const;
  void hurry();
  void stuck(const sched::stuck_poll& found);
  void recovered(std::uint32_t worker, std::uint64_t poll, duration_ns lasted);
  [[nodiscard]] const char* ask_for_ring(const config::runtime_settings& s);
  [[nodiscard]] bool healthy() const;
  [[nodiscard]] live_parts parts() {
    return {facts_,  *runtime_, *plugins_, config_, life_,   manager_, hands_,   resizer_, console_,
            teller_, crashes_,  *diag_,    slow_,   upkeep_, become_,  passing_, pausing_};
  }

  const steady_clock time_;
  std::optional<inheritance> from_;  // until it has let us go
  const process_facts facts_;
  notifier manager_;
  supervisor life_;
  live_config config_;
  task_console console_;
  crash_loop crashes_;  // looks in build(), and is asked afterwards
  const live_config::carrier hands_ = hands();
  maintenance upkeep_{time_};
  const upgrader become_ = [this](const auto& order, const auto& given_up) {
    return upgrade({facts_, *plugins_, *control_, *listeners_, lock_.get(), manager_, life_, upkeep_, teller_})
        .begin(order, given_up);
  };
  const resizer resizer_ = [this](auto workers, auto timeout, auto reason, const auto& given_up) {
    return resize(workers, timeout, reason, given_up);
  };
  const teller teller_ = [this](std::string_view topic, wire::json data) { control_->publish(topic, std::move(data)); };
  // No model: rises once, and publishes what was built before.
  std::atomic<bool> ready_{false};  // everything below is built
  // No model: text for the status line, of static life.
  std::atomic<const char*> phase_{nullptr};  // what the drain waits for
  instant_ns stuck_logged_ = 0;              // [monitor]
  std::uint64_t stuck_unlogged_ = 0;
  slow_polls slow_;
  unique_fd lock_;         // of the state directory
  handover_channel goes_;  // to the old process, until we run
  std::unique_ptr<kept_listeners> listeners_;
  os_thread settler_;
  std::unique_ptr<tokiod::runtime> runtime_;
  std::unique_ptr<host::registry> plugins_;
  std::unique_ptr<diagnosis> diag_;
  std::unique_ptr<live_backend> backend_;
  std::unique_ptr<control::server> control_;
  std::unique_ptr<config_carrier> carrier_;
  confirm_timer confirm_{[this] { revert_now(parts()); }};
  passing_settings passing_{time_, [this] { end_passing(parts()); }};
  pausing pausing_{[this] { say_resumed("its time is over"); }};
};

outcome<void> daemon::build() {
  const config::config& c = config_.current()->values;
  if (const auto opened = life_.open(); !opened) return refuse(kind::io_error, opened.error().text());
  auto passed = from_ ? std::move(from_->sockets) : passed_sockets();
  if (from_) {
    manager_.wait_to_speak();
    inherit_maintenance();
    lock_ = take_socket(passed, instance_lock_name);
  } else {
    auto locked = lock_instance(state_directory());
    if (!locked) return std::unexpected(locked.error());
    lock_ = std::move(*locked);
  }
  crashes_.look(c.plugins, wall_clock_ns() / static_cast<std::int64_t>(second));  // before anybody can ask
  listeners_ = std::make_unique<kept_listeners>(manager_, passed);
  auto options = runtime_options_of(c.runtime);
  options.on_stuck = [this](const sched::stuck_poll& found) { stuck(found); };
  options.on_stuck_over = [this](auto worker, auto poll, auto lasted) { recovered(worker, poll, lasted); };
  auto rt = tokiod::runtime::start(options);
  if (!rt) return std::unexpected(rt.error());
  runtime_ = std::move(*rt);
  tell_crash_report_workers(runtime_.get());
  auto plugins = registry_options_of(c.plugins);
  plugins.kept_descriptors = kept_descriptors_of(c.control);
  plugins.resize = [this](const host::resize_order& order) { return resize_for(order); };
  plugins.listeners = listeners_.get();
  plugins_ = std::make_unique<host::registry>(*runtime_, std::move(plugins));
  if (const auto fine = plugins_->usable(); !fine) return fine;
  plugins_->hold_back(crashes_.held_back());
  diag_ = std::make_unique<diagnosis>(*runtime_, *plugins_, console_, config_);
  backend_ = std::make_unique<live_backend>(parts());
  auto server = control::server::open(server_options_of(c.control, std::move(passed)), *backend_);
  if (!server) return std::unexpected(server.error());
  control_ = std::move(*server);
  carrier_ = std::make_unique<config_carrier>(*plugins_, followers());
  ready_.store(true, release);  // pairs with stuck()
  console_.tells([this](bool paused) { control_->publish("console.state", {{"paused", paused}}); });
  plugins_->listen([this](const host::plugin_event& e) { control_->publish("plugin.state", event_of(e)); });
  const auto on_fault = [this](const new_faults& of) {
    if (life_.state() == life::draining) return;  // it ends anyway
    answer_fault(of, config_.current()->values.plugins, *plugins_, crashes_);
  };
  if (const auto looks = diag_->start(teller_, on_fault); !looks)
    return refuse(kind::io_error, "no thread for the lints: ", looks.error().text());
  if (from_) return {};  // who is connected is still served, and only now and then is there something to say
  return control_->start();
}

// What files go through. The ring is made now, so that the log and runtime.info say what there is.
const char* daemon::ask_for_ring(const config::runtime_settings& s) {
  if (runtime_->files() != nullptr) return "io_uring";
  if (s.fs_backend == "io_uring")
    log::warn("daemon", "the kernel offers no ring for files: blocking threads take its place",
              {{"why", runtime_->why_no_files().value_or(error{}).text()}});
  return "blocking";
}

int daemon::run() {
  const stack_answers here(true);
  const auto values = config_.current();
  log::info("daemon", "started",
            {log::known::as(log::known::daemon_started),
             {"version", TOKIOD_VERSION},
             {"pid", ::getpid()},
             {"flavor", values->values.runtime.flavor},
             {"workers", values->values.runtime.worker_threads},
             {"workers_from", values->origin_of("/runtime/worker_threads")},
             {"files", ask_for_ring(values->values.runtime)}});
  supervisor::actions act;
  act.start = [this, values] {
    for (const std::string& problem : start_instances(*plugins_, values->values, crashes_.held_back()))
      log::error("host", problem);
    if (take_over_if_asked()) settle();
  };
  act.reload = [this](const std::string& reason) {
    change_order order;
    order.by = "tokiod";
    order.reason = reason;
    (void)reload_now(parts(), order);
  };
  act.drain = [this](const stop_order& order) { return drain(order); };
  act.hurry = [this] { hurry(); };
  act.healthy = [this] { return healthy(); };
  act.remaining = [this] { return remaining(); };
  act.status = [this] {
    const char* const phase = phase_.load(acquire);
    return status_line(parts()) + (phase == nullptr ? std::string() : std::string("; waits for ") + phase);
  };
  act.changed = [this](life now) {
    if (goes_.fd() >= 0) (void)goes_.say({{"runs", true}});
    goes_.take().reset();
    control_->publish("daemon.state", {{"state", now == life::draining ? "draining" : "running"}});
  };
  const auto end = life_.run(act);
  listeners_->freeze();
  if (end.threads_left) leave_threads_behind(end.exit_code);
  diag_->stop();
  if (from_) leave_threads_behind(end.exit_code);  // what is there of files belongs to the old process
  if (settler_.joinable()) settler_.join();
  control_->stop();
  log::info("daemon", "stopped", {log::known::as(log::known::daemon_stopped), {"exit_code", end.exit_code}});
  if (end.exit_code == exit_abandoned) leave_threads_behind(end.exit_code);
  return end.exit_code;
}

void daemon::inherit_maintenance() {
  const auto* const upkeep = wire::find(from_->state, "maintenance");
  if (upkeep == nullptr) return;
  const auto left = wire::integer_or(*upkeep, "left_ms", -1);
  (void)upkeep_.begin(left < 0 ? std::nullopt : std::optional(static_cast<duration_ns>(left) * millisecond),
                      wire::text_or(*upkeep, "reason"));
}

// Unless somebody has made the pause longer at this moment.
void daemon::say_resumed(const char* why) const {
  if (runtime_->paused_until() != 0) return;
  log::info("runtime", "the workers go on", {{"reason", why}});
  control_->publish("runtime.paused", {{"on", false}});
}

// On the start's thread. False: there was an old process, and it goes on instead of us.
bool daemon::take_over_if_asked() {
  if (!from_) return true;
  auto why = take_over(*from_, *plugins_);
  if (why.empty())
    if (const auto started = control_->start(); !started) why = started.error().sentence;
  if (!why.empty()) {
    life_.request_stop({false, {}, exit_unavailable, why});
    return false;
  }
  log::info("daemon", "took over", {{"from_pid", wire::integer_or(from_->state, "from_pid", 0)}});
  goes_ = std::move(from_->channel);
  from_.reset();
  manager_.speak();
  return true;
}

// Nobody waits for instances that have not asked for their listening sockets yet.
void daemon::settle() {
  const auto drop = [this] { listeners_->drop_unclaimed(claim_patience); };
  if (!listeners_->has_unclaimed()) return listeners_->drop_unclaimed(0);
  if (auto started = os_thread::start({.name = "tokiod-settle"}, drop)) settler_ = std::move(*started);
}

// On the monitor's thread. One that never yields is told of again and again, so the log takes one record a second.
void daemon::stuck(const sched::stuck_poll& found) {
  if (!ready_.load(acquire)) return;  // nothing of a plugin runs before
  const stuck_report report = stuck_report_of(found, *runtime_, *plugins_);
  control_->publish("runtime.stuck", report.event());
  slow_.found(found.worker, found.poll, found.taken_over, report.entry());
  const instant_ns now = time_.now();
  if (now - stuck_logged_ < second && stuck_logged_ != 0) {
    ++stuck_unlogged_;
    return;
  }
  log::warn("runtime",
            found.taken_over ? "a poll does not end: its worker goes on with another thread" : "a poll does not end",
            {log::known::as(log::known::poll_does_not_end),
             {"instance", report.instance},
             {"task", "t-" + std::to_string(found.task)},
             {"name", report.label.name},
             {"location", report.location()},
             {"worker", found.worker},
             {"os_thread", found.os_thread},
             {"lasted_ms", found.lasted / millisecond},
             {"stack", report.stack_line()},
             {"not_logged_before", std::exchange(stuck_unlogged_, 0)}});
  stuck_logged_ = now;
}

// On the monitor's thread.
void daemon::recovered(std::uint32_t worker, std::uint64_t poll, duration_ns lasted) {
  slow_.over(worker, poll, lasted);
  if (ready_.load(acquire))
    control_->publish("runtime.recovered", {{"worker", worker}, {"lasted_ms", lasted / millisecond}});
}

live_config::carrier daemon::hands() {
  live_config::carrier by;
  by.prepare = [this](const auto& changes, const auto& next, bool ask) {
    return carrier_->prepare(changes, next, ask);
  };
  by.commit = [this](const auto& changes, const auto& before, const auto& next) {
    return carrier_->commit(changes, before, next);
  };
  by.remind = [this](instant_ns due) { return confirm_.arm(due); };
  return by;
}

config_carrier::followers daemon::followers() {
  config_carrier::followers all;
  all.control = [this](const config::config& c) {
    return control_->reconfigure(limits_of(c.control), access_of(c.control));
  };
  all.workers = [this](std::uint32_t workers) -> outcome<void> {
    const auto done = resize(workers, resize_patience, "configuration");
    return done ? outcome<void>() : std::unexpected(done.error());
  };
  all.others = [this](const auto& changes, const auto& next) { follow(changes, next); };
  return all;
}

// Levels that log.set has changed stay as long as the configuration's are the same; only a reload ends them.
void daemon::follow(const std::vector<config::change>& changes, const config::config& next) {
  const auto changed = [&](std::string_view path) {
    return std::ranges::any_of(changes, [path](const config::change& c) { return c.path.starts_with(path); });
  };
  if (changed("/log/level") || changed("/log/targets")) log::set_levels(levels_of(next.log));
  if (changed("/log/sink")) log::set_sink(sink_of(next.log));
  log::set_burst(static_cast<std::uint32_t>(next.log.burst));
  console_.set(next.console);
  runtime_->limit_blocking(static_cast<std::uint32_t>(next.runtime.max_blocking_threads),
                           next.runtime.thread_keep_alive_ms * millisecond);
  (void)runtime_->follow(runtime_options_of(next.runtime));  // the intervals were checked with the configuration
}

// A refusal may come after some of the change.
outcome<control::resize_report> daemon::resize(std::uint32_t workers, duration_ns timeout, std::string_view reason,
                                               const std::function<bool()>& given_up) {
  runtime::worker_change made;
  const auto done = runtime_->resize(workers, time_.now() + timeout, given_up, &made);
  control::resize_report report{.before = made.before, .after = made.after, .retiring = std::move(made.retiring)};
  if (report.after != report.before) {
    const wire::json change{{"before", report.before}, {"after", report.after}, {"retiring", report.retiring}};
    log::info("runtime", "resized",
              {log::known::as(log::known::workers_resized),
               {"before", report.before},
               {"after", report.after},
               {"reason", reason}});
    control_->publish("runtime.resized", change);
  }
  if (!done) return std::unexpected(done.error());
  return report;
}

// On a thread of its own, while the instance runs.
outcome<std::uint32_t> daemon::resize_for(const host::resize_order& order) {
  const auto done = resize(order.workers, order.timeout, "instance " + std::string(order.instance), order.given_up);
  if (!done) return std::unexpected(done.error());
  return static_cast<std::uint32_t>(done->before);
}

// Steps 2 and 3 of the stop. The control thread answers meanwhile.
bool daemon::drain(const stop_order& order) {
  const auto configured = config_.current()->values.shutdown.deadline_ms * millisecond;
  const instant_ns deadline = time_.now() + (order.drain ? order.deadline.value_or(configured) : 0);
  confirm_.stop();  // what was not confirmed is not on disk, so the next start is without it
  passing_.stop();
  pausing_.stop();
  if (runtime_->resume()) say_resumed("the daemon drains");  // so that tasks can end
  listeners_->freeze();                                      // the manager keeps them for the next process
  wait_for("plugins");
  const bool plugins_gone = plugins_->stop_all(deadline);
  wait_for("tasks");
  const auto stopped = runtime_->stop(std::max(deadline, time_.now()) + runtime_grace);
  if (stopped != stop_result::drained) log::error("daemon", "tasks did not end in time and are left behind");
  return plugins_gone && stopped == stop_result::drained;
}

void daemon::wait_for(const char* phase) {
  phase_.store(phase, release);  // pairs with the status line
  log::info("daemon", "the drain waits", {{"for", phase}});
  control_->publish("daemon.state", {{"state", "draining"}, {"phase", phase}});
}

// Instances that have not ended, tasks, and blocking jobs.
std::uint64_t daemon::remaining() const {
  const auto now = runtime_->metrics();
  std::uint64_t count = now.all_tasks().live() + now.blocking_queued_jobs + now.blocking_threads -
                        std::min(now.blocking_threads, now.blocking_idle_threads);
  for (const auto& image : plugins_->list())
    count += static_cast<std::uint64_t>(std::ranges::count_if(image.instances, [](const host::instance_view& i) {
      return i.state == host::instance_state::running || i.state == host::instance_state::draining;
    }));
  return count;
}

void daemon::hurry() {
  (void)plugins_->stop_all(time_.now());
  (void)runtime_->stop(time_.now());
}

bool daemon::healthy() const {
  if (time_.now() - control_->last_turn() > control_patience) return false;
  const auto watchdog = config_.current()->values.watchdog;
  const duration_ns limit = watchdog.stuck_after_ms * millisecond;
  if (watchdog.policy == "any_worker") return !any_poll_stuck(*runtime_, limit);
  return watchdog.policy != "all_workers" || !all_workers_stuck(runtime_->snapshot(), limit);
}

}  // namespace

void start_log(const config::log_settings& settings) {
  log::options how;
  how.speak = levels_of(settings);
  how.burst = static_cast<std::uint32_t>(settings.burst);
  log::start(std::move(how), sink_of(settings));
}

int serve(const options& o, config::loaded values, std::vector<std::string> command_line,
          std::optional<inheritance> from) {
  if (from) (void)::dup2(from->standard_error.get(), STDERR_FILENO);  // what there is to hear now goes over the channel
  start_log(values.values.log);
  daemon d(o, std::move(values), std::move(command_line), std::move(from));
  if (const auto built = d.build(); !built) {
    d.say_failed(built.error().sentence);
    const int code = say(exit_unavailable, built.error().sentence);
    if (d.is_successor()) ::_exit(code);  // what there is of files belongs to the old process
    return code;
  }
  const int code = d.run();
  log::stop();
  return code;
}

}  // namespace tokiod::app
