// Instances: start, stop, restart, live configuration, and what they say of themselves.
#include <algorithm>

#include "base/log.hpp"
#include "host/guard.hpp"
#include "host/own_thread.hpp"
#include "host/registry_parts.hpp"

namespace tokiod::host {

// ---- the steps

// Before another one is added: restarts without end must not add up.
void registry::parts::forget_oldest_run(image& in) const {
  if (in.runs.size() < ended_runs_kept || in.seen.resident() != nullptr) return;
  const auto shown = [&](const tokio_plugin* run) {
    return std::ranges::any_of(instances, [&](const auto& pair) { return pair.second.run == run; });
  };
  const auto oldest = std::ranges::find_if(in.runs, [&](const auto& run) { return run->ended() && !shown(run.get()); });
  if (oldest != in.runs.end()) in.runs.erase(oldest);
}

// A run in `in` with the configuration of `like`, initialised; it is nobody's current run yet.
std::expected<tokio_plugin*, start_failure> registry::parts::make_run(guarded& lock, image& in,
                                                                      const instance_slot& like) {
  auto owner = rt.add_owner(like.name);
  if (!owner) return std::unexpected(start_failure{owner.error(), false});
  (*owner)->heap().set_limit_bytes(like.limits.max_bytes);
  if (auto limited = rt.limit_cpu(**owner, like.limits.cpu_percent); !limited) {
    rt.close_owner(**owner);
    (void)rt.remove_owner(**owner);  // it has had no task
    return std::unexpected(start_failure{limited.error(), false});
  }
  auto made = std::make_unique<tokio_plugin>(
      plugin_ground{rt, **owner, descriptors, threads, *this}, *in.descriptor,
      plugin_origin{like.name, like.config, like.limits.max_tasks, like.limits.max_bytes, like.limits.max_jobs,
                    like.limits.may_resize, in.code ? in.code->path() : std::string(), in.path});
  auto* run = made.get();
  forget_oldest_run(in);
  in.runs.push_back(std::move(made));
  const auto deadline = std::min(steady_now() + options.waits.init_timeout, hurry.load(relaxed));
  const auto grace = options.waits.abort_grace;
  lock.unlock();
  const instant_ns since = steady_now();
  const auto begun = initialise(*run, deadline, grace);
  const duration_ns took = steady_now() - since;
  lock.lock();
  if (begun) {
    run->init_took = took;
    return run;
  }
  auto failed = begun.error();
  if (failed.why.why == kind::init_failed && !run->said_failed.empty())  // it said more than its status does
    failed.why = init_refusal(like.name, run->said_failed);
  return std::unexpected(std::move(failed));
}

outcome<void> registry::parts::start(guarded& lock, instance_slot& which) {
  set(which, instance_state::starting);
  which.finished.reset();
  which.gave_up.clear();
  which.run = nullptr;
  ++which.starts;
  which.turn = ++turns;
  const auto newest = [&] { return which.in->runs.empty() ? nullptr : which.in->runs.back().get(); };
  const auto* const before = newest();
  const auto run = make_run(lock, *which.in, which);
  if (!run) {
    if (newest() != before) which.run = newest();  // to show what it did
    set(which, run.error().quarantined ? instance_state::quarantined : instance_state::failed,
        run.error().why.sentence);
    return std::unexpected(run.error().why);
  }
  runs_now(which, **run);
  return {};
}

void registry::parts::runs_now(instance_slot& which, tokio_plugin& run) {
  which.run = &run;
  set(which, instance_state::running);
  heed(which);
}

// What the instance's run has said of its own end, once it is the instance's.
void registry::parts::heed(instance_slot& which) {
  which.finished = which.run->said_finished;
  which.gave_up = which.run->said_failed;
  if (which.state != instance_state::running || (!which.finished && which.gave_up.empty())) return;
  ending.emplace_back(which.name, which.run);
  end_asked.notify_one();
}

stop_report registry::parts::stop(guarded& lock, instance_slot& which, instant_ns abort_at) {
  set(which, instance_state::draining);
  tell(lock);
  auto* run = which.run;
  const drain_limits limits(&hurry, abort_at, options.waits.abort_grace, which.in->enough);
  lock.unlock();
  auto report = drain(*run, limits);
  lock.lock();
  std::string reason;
  for (const auto& one : report.blockers) reason += (reason.empty() ? "" : "; ") + one;
  if (report.state == instance_state::stopped && !which.gave_up.empty()) {
    report.state = instance_state::failed;
    reason = which.gave_up;
  }
  for (const auto& one : report.leaked)
    log::warn("host", "instance " + which.name + " left handles open", {{"kind", one.kind}, {"count", one.count}});
  set(which, report.state, reason);
  return report;
}

// ---- the face

outcome<instance_view> registry::start(const start_request& request) {
  guarded lock(parts_->mutex);
  auto& all = *parts_;
  if (all.stopping) return refuse(kind::draining, "the daemon is stopping: it starts nothing");
  const auto found = all.loaded(request.plugin);
  if (!found) return std::unexpected(found.error());
  const auto& in = *found;
  if (const auto begun = all.begin(lock, in, "start"); !begun) return std::unexpected(begun.error());
  const auto give_up = [&](std::unexpected<refusal> why) -> outcome<instance_view> {
    all.end(lock, *in);
    return why;
  };
  if (in->state != image_state::loaded)
    return give_up(
        refuse(kind::wrong_state, "plugin ", in->name, " is ", tokiod::host::name(in->state), ", not loaded"));
  const auto name = request.instance.empty() ? in->name : request.instance;
  const auto known = all.instances.find(name);
  if (known != all.instances.end() && parts::active(known->second))
    return give_up(
        refuse(kind::conflict, "instance ", name, " is ", tokiod::host::name(known->second.state), " already"));
  for (const auto* other : all.slots_of(*in))
    if (!in->multi() && parts::active(*other))
      return give_up(refuse(kind::in_use, "plugin ", in->name, " allows one instance at a time, and ", other->name,
                            " is ", tokiod::host::name(other->state)));
  auto& slot = all.instances[name];
  const auto starts = slot.starts;
  const auto before = slot.state;  // of the run that ended; a new slot has none
  slot = {};
  slot.state = before;
  slot.name = name;
  slot.in = in;
  slot.config = request.config;
  slot.limits = request.limits;
  slot.starts = starts;
  const auto begun = all.start(lock, slot);
  const auto view = all.view_of(slot);
  all.end(lock, *in);
  if (!begun) return std::unexpected(begun.error());
  return view;
}

outcome<instance_view> registry::start_again(std::string_view instance) {
  start_request request;
  {
    const std::lock_guard hold(parts_->mutex);
    const auto slot = parts_->slot(instance);
    if (!slot) return std::unexpected(slot.error());
    request = {(*slot)->in->name, (*slot)->name, (*slot)->config, (*slot)->limits};
  }
  return start(request);
}

outcome<stop_report> registry::stop(std::string_view instance, const drain_order& drain) {
  guarded lock(parts_->mutex);
  auto& all = *parts_;
  const auto found = all.slot(instance);
  if (!found) return std::unexpected(found.error());
  const auto in = (*found)->in;
  if (const auto begun = all.begin(lock, in, "stop"); !begun) return std::unexpected(begun.error());
  const auto slot = all.slot(instance);  // it may have gone meanwhile
  if (!slot || (*slot)->in != in || !allowed((*slot)->state, instance_state::draining)) {
    const auto state = slot ? tokiod::host::name((*slot)->state) : std::string_view("unloaded");
    all.end(lock, *in);
    return refuse(kind::wrong_state, "instance ", instance, " is ", state, ", not running");
  }
  in->enough = drain.enough;
  auto report = all.stop(lock, **slot, all.abort_time(drain.limit));
  all.end(lock, *in);
  return report;
}

outcome<instance_view> registry::restart(std::string_view instance, const drain_order& drain) {
  const auto stopped = stop(instance, drain);
  if (!stopped && stopped.error().why != kind::wrong_state) return std::unexpected(stopped.error());
  if (stopped && stopped->state == instance_state::quarantined)
    return refuse(kind::drain_timeout, "instance ", instance,
                  " did not end: ", stopped->blockers.empty() ? "" : stopped->blockers.front());
  return start_again(instance);
}

namespace {

// On a thread of its own, which may be left behind: it owns what it uses.
struct reconfiguration {
  std::string config;
  bool dry_run = false;
  tokio_status status = TOKIO_OK;
  std::string why;

  void run(tokio_plugin& p) {
    const auto& d = p.descriptor;
    const tokio_str text{config.data(), config.size()};
    tokio_buf reason{};
    status = d.config_check != nullptr ? d.config_check(p.state, text, &reason) : TOKIO_OK;
    if (status != TOKIO_OK && reason.ptr != nullptr) why.assign(reinterpret_cast<const char*>(reason.ptr), reason.len);
    tokio_buf_release(&reason);
    if (status == TOKIO_OK && !dry_run) status = d.config_apply(p.state, text);
  }
};

}  // namespace

outcome<void> registry::configure(std::string_view instance, std::string config, bool dry_run) {
  guarded lock(parts_->mutex);
  auto& all = *parts_;
  const auto found = all.slot(instance);
  if (!found) return std::unexpected(found.error());
  const auto in = (*found)->in;
  if (const auto begun = all.begin(lock, in, "configure"); !begun) return std::unexpected(begun.error());
  const auto slot = all.slot(instance);
  const auto give_up = [&](std::unexpected<refusal> why) -> outcome<void> {
    all.end(lock, *in);
    return why;
  };
  if (!slot || (*slot)->state != instance_state::running)
    return give_up(refuse(kind::wrong_state, "instance ", instance, " is not running"));
  auto* run = (*slot)->run;
  if (run->descriptor.config_apply == nullptr)
    return give_up(refuse(kind::needs_restart, "plugin ", in->name, " takes a new configuration only at a restart"));
  const auto deadline = steady_clock().now() + all.options.waits.init_timeout;
  const auto it = std::make_shared<reconfiguration>(reconfiguration{config, dry_run, TOKIO_OK, {}});
  lock.unlock();
  const auto called = ctl_call(*run, "tokio-config", deadline, [run, it] { it->run(*run); });
  lock.lock();
  if (!called.fine())
    return give_up(refuse(kind::timeout, "instance ", instance, ": the new configuration has not been taken in time"));
  if (it->status != TOKIO_OK)
    return give_up(refuse(kind::invalid_config, "instance ", instance, ": the new configuration was refused: ",
                          it->why.empty() ? text_of_status(it->status) : it->why));
  if (!dry_run) {
    run->set_config(config);
    if (const auto still = all.slot(instance)) (*still)->config = std::move(config);
  }
  all.end(lock, *in);
  return {};
}

outcome<void> registry::limit_cpu(std::string_view instance, std::uint32_t percent) {
  guarded lock(parts_->mutex);
  auto& all = *parts_;
  const auto found = all.slot(instance);
  if (!found) return std::unexpected(found.error());
  const auto in = (*found)->in;
  if (const auto begun = all.begin(lock, in, "limit"); !begun) return std::unexpected(begun.error());
  const auto slot = all.slot(instance);
  outcome<void> done = refuse(kind::wrong_state, "instance ", instance, " is not running");
  if (slot && (*slot)->state == instance_state::running) {
    auto* const run = (*slot)->run;
    lock.unlock();
    done = all.rt.limit_cpu(run->owner, percent);
    lock.lock();
    if (const auto still = all.slot(instance); done && still) (*still)->limits.cpu_percent = percent;
  }
  all.end(lock, *in);
  return done;
}

// ---- what plugins say of themselves

void registry::parts::gave_up(tokio_plugin& which, std::string reason) {
  const std::lock_guard hold(mutex);
  if (!which.said_failed.empty()) return;  // the first word counts
  which.said_failed = reason.empty() ? "it gave up without a reason" : std::move(reason);
  said(which);
}

outcome<void> registry::fail(std::string_view instance, std::string why) {
  const std::lock_guard hold(parts_->mutex);
  const auto found = parts_->slot(instance);
  if (!found) return std::unexpected(found.error());
  auto& which = **found;
  if (which.state != instance_state::running || !which.run->said_failed.empty())
    return refuse(kind::wrong_state, "instance ", instance, " does not run any more");
  which.run->said_failed = std::move(why);
  parts_->heed(which);
  return {};
}

void registry::parts::finished(tokio_plugin& which, std::int32_t status) {
  const std::lock_guard hold(mutex);
  if (which.said_finished) return;
  which.said_finished = status;
  said(which);
}

outcome<std::uint32_t> registry::parts::resize(tokio_plugin& which, std::uint32_t workers, duration_ns timeout) {
  if (!options.resize) return plugin_events::resize(which, workers, timeout);
  return options.resize({.instance = which.instance, .workers = workers, .timeout = timeout, .given_up = [&which] {
                           return which.is_closed();
                         }});
}

// A run that is not the current one yet is heeded when it is.
void registry::parts::said(const tokio_plugin& which) {
  for (auto& [_, one] : instances)
    if (one.run == &which) return heed(one);
}

void registry::parts::end_instances() {
  guarded lock(mutex);
  for (;;) {
    end_asked.wait(lock, [&] { return threads_stop || !ending.empty(); });
    if (threads_stop) return;
    const auto [name, run] = ending.front();
    ending.pop_front();
    const auto found = slot(name);
    if (!found || (*found)->run != run || (*found)->state != instance_state::running) continue;
    const auto in = (*found)->in;
    if (!begin(lock, in, "stop")) {
      ending.emplace_back(name, run);  // later
      continue;
    }
    const auto still = slot(name);
    if (still && (*still)->run == run && (*still)->state == instance_state::running)
      (void)stop(lock, **still, abort_time({}));
    end(lock, *in);
  }
}

std::optional<std::int32_t> registry::wait_finished(std::string_view instance, instant_ns deadline) {
  guarded lock(parts_->mutex);
  const auto over = [&] {
    const auto found = parts_->slot(instance);
    return !found || (*found)->state == instance_state::stopped || (*found)->state == instance_state::failed ||
           (*found)->state == instance_state::quarantined;
  };
  const auto until =
      std::chrono::steady_clock::time_point(std::chrono::nanoseconds(std::min<instant_ns>(deadline, INT64_MAX / 2)));
  if (!parts_->changed.wait_until(lock, until, over)) return std::nullopt;
  const auto found = parts_->slot(instance);
  constexpr std::int32_t software_error = 70;  // sysexits.h
  if (!found) return 0;
  if ((*found)->state == instance_state::stopped) return (*found)->finished.value_or(0);
  return software_error;
}

}  // namespace tokiod::host
