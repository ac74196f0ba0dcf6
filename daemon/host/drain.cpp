#include "host/drain.hpp"

#include <malloc.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/log.hpp"
#include "host/export/blocking.hpp"
#include "host/export/buffer.hpp"
#include "host/export/child.hpp"
#include "host/export/common.hpp"
#include "host/export/file_handle.hpp"
#include "host/export/io_handle.hpp"
#include "host/export/operation.hpp"
#include "host/export/signal_handle.hpp"
#include "host/export/tables.hpp"
#include "host/export/task.hpp"
#include "host/export/timer_handle.hpp"
#include "host/own_thread.hpp"
#include "host/plugin_task.hpp"
#include "host/quiet.hpp"
#include "host/texts.hpp"
#include "host/trace/listening.hpp"
#include "host/usage.hpp"
#include "runtime/task/registry.hpp"

namespace tokiod::host {
namespace {

instant_ns steady_now() { return steady_clock().now(); }

// Looks again and again, first often, then every two milliseconds. Nobody announces that the last task ended: that
// would be a shared count in every spawn.
template <class Done>
bool wait_until(Done done, const std::function<instant_ns()>& limit) {
  long pause_ns = 50'000;
  while (!done()) {
    if (steady_now() >= limit()) return done();
    const timespec pause{0, pause_ns};
    ::nanosleep(&pause, nullptr);
    pause_ns = std::min(pause_ns * 2, 2'000'000L);
  }
  return true;
}

constexpr std::size_t tasks_looked_at = 4096;

// Tasks that hold up a drain: all but the background ones. The image is mapped, so the kinds may be read.
bool foreground_left(tokio_plugin& p) {
  const auto live = p.rt.live(p.owner);
  if (live == 0 || live > tasks_looked_at) return live != 0;
  const auto tasks = p.rt.tasks(&p.owner, tasks_looked_at);
  return std::ranges::any_of(tasks, [](const task_view& t) {
    return t.state != task_state::done && (static_cast<const tokio_task_vt*>(t.about)->flags & TOKIO_TF_SYSTEM) == 0;
  });
}

bool nothing_runs(const tokio_plugin& p, instant_ns give_up) {
  return is_quiet([&] { return pins_of(p).empty(); }, [&] { return p.rt.pass_all_guards(give_up); });
}

}  // namespace

ctl_result ctl_call(tokio_plugin& p, const char* thread, instant_ns deadline, std::function<void()> call) {
  if (!p.gate->enter(deadline)) return {};
  // The gate is left by the thread that made the call, however late.
  const auto ran = p.threads.run(thread, deadline, [&p, call = std::move(call)] {
    {
      const call_scope scope(p);
      call();
    }
    p.gate->leave();
  });
  if (ran == own_thread_result::no_thread) p.gate->leave();
  return {true, ran};
}

namespace {

// False: it has not heard it, so that there is nothing to wait for.
bool tell_to_stop(tokio_plugin& p, const drain_limits& limits) {
  const auto deadline = limits.abort_time();
  // It returns at once by contract, so the grace is enough even where the deadline is now.
  const auto told =
      ctl_call(p, "tokio-stop", limits.give_up_time(), [&p, deadline] { p.descriptor.stop(p.state, deadline); });
  if (told.entered && told.ran == own_thread_result::no_thread) {
    log::error(p.log_target, "no thread to call stop on: its tasks are aborted now");
    return false;
  }
  if (!told.fine()) log::warn(p.log_target, "stop has not returned");
  return true;
}

// ---- step 4

// By what its kind says, where it says anything. The image is mapped, so it may be read.
std::string name_of_kind(const tokio_task_vt& kind) {
  const std::string name = text_of(kind.name);
  const std::string place = kind.file.len == 0 ? "" : " at " + text_of(kind.file) + ":" + std::to_string(kind.line);
  return (name.empty() ? "a task without a name" : name) + place;
}

// Who is late, for the log.
void name_the_late(const tokio_plugin& p) {
  constexpr std::size_t named = 4;
  const auto tasks = p.rt.tasks(&p.owner, named);
  std::string list;
  for (const auto& t : tasks) {
    if (t.state == task_state::done || t.about == nullptr) continue;
    list += (list.empty() ? "" : ", ") + name_of_kind(*static_cast<const tokio_task_vt*>(t.about));
  }
  if (!list.empty())
    log::warn(p.log_target, "tasks have not ended by themselves and are aborted",
              {{"count", p.rt.live(p.owner)}, {"among_them", list}});
}

std::vector<held> close_and_abort(tokio_plugin& p) {
  p.enter_phase(std::max(p.now_in(), phase::closed));
  p.rt.close_owner(p.owner);
  std::vector<held> aborted;
  if (const auto live = p.rt.live(p.owner); live != 0) aborted.push_back({"tasks", live});
  (void)p.rt.abort_all(p.owner, task::cancel_kind::ask);
  handle_pool<tokio_job>::for_each_of(&p, abort_job);
  return aborted;
}

// Operations on files that have not begun: they wait for jobs of others, and nobody waits for them.
void drop_queued(tokio_plugin& p) {
  const sched::host_entry inside;
  p.rt.drop_jobs_of(&p);
}

bool wait_for_end(tokio_plugin& p, const drain_limits& limits) {
  // Graceful tasks get half of the time to end in their own way.
  const auto force_at = limits.abort_time() + limits.grace / 2;
  return wait_until(
      [&] {
        const auto how = steady_now() >= std::min(force_at, limits.give_up_time()) ? task::cancel_kind::force
                                                                                   : task::cancel_kind::ask;
        if (p.rt.live(p.owner) != 0) (void)p.rt.abort_all(p.owner, how);
        drop_queued(p);  // each time: one may have been on its way in
        return nothing_runs(p, limits.give_up_time());
      },
      [&] { return limits.give_up_time(); });
}

// ---- step 8

template <class Handle, class TakeBack>
void take_back_all(tokio_plugin& p, const char* kind, std::vector<held>& leaked, TakeBack take_back) {
  std::uint64_t count = 0;
  handle_pool<Handle>::for_each_of(&p, [&](Handle& one) {
    take_back(one);
    ++count;
  });
  if (count != 0) leaked.push_back({kind, count});
}

// Join handles of tasks that completed: their bodies are destroyed here.
std::uint64_t release_joins(tokio_plugin& p) {
  std::vector<task::key> left;
  task::for_each_task(p.owner.heap(), [&](const task::sighting& seen) {
    if (task::basic_state<real_policy>::is_complete(seen.word)) left.push_back(seen.which);
  });
  for (const auto& one : left) task_release_join(waker_of(one));
  return left.size();
}

std::vector<held> take_back(tokio_plugin& p) {
  std::vector<held> leaked;
  const auto note = [&](const char* kind, std::uint64_t count) {
    if (count != 0) leaked.push_back({kind, count});
  };
  note("join_handles", release_joins(p));
  // Before the sockets: pipes that nobody took go with their child.
  take_back_all<tokio_proc>(p, "children", leaked, [&](tokio_proc& one) { free_child(one, p); });
  take_back_all<tokio_io>(p, "sockets", leaked, [&](tokio_io& one) { take_back_io(one, p); });
  take_back_all<tokio_signal>(p, "signals", leaked, [&](tokio_signal& one) { close_signal(one, p); });
  take_back_all<tokio_timer>(p, "timers", leaked, [&](tokio_timer& one) { free_timer(one, p); });
  take_back_all<tokio_op>(p, "operations", leaked, [&](tokio_op& one) { drop_op(one, p); });
  take_back_all<tokio_file>(p, "files", leaked, [&](tokio_file& one) { close_file(one, p); });
  take_back_all<tokio_job>(p, "job_handles", leaked, [&](tokio_job& one) { free_job(one); });
  note("leases", take_back_leases(p));
  note("metrics", p.metrics.take_back());
  note("registrations", p.methods.take_back());
  note("calls", p.calls.take_back());
  const auto bytes = p.book.sum(entry::memory_bytes);
  if (bytes > 0) note("memory_bytes", static_cast<std::uint64_t>(bytes));
  return leaked;
}

stop_report quarantine(tokio_plugin& p, std::vector<std::string> blockers, stop_report report) {
  p.enter_phase(phase::gone);
  report.state = instance_state::quarantined;
  report.blockers = std::move(blockers);
  return report;
}

refusal stopped(const tokio_plugin& p) {
  return {kind::draining, "instance " + p.instance + " stopped before it answered", {}, {}};
}

void finish(tokio_plugin& p) {
  p.methods.drop_all();
  // Once, also when a later drain comes here because this one was not back in time.
  if (std::exchange(p.state_given, false) && p.descriptor.fini != nullptr) p.descriptor.fini(p.state);
}

void give_owner_back(tokio_plugin& p, stop_report& report) {
  p.enter_phase(phase::gone);
  report.leaked = take_back(p);
  if (auto* const told = trace::last_resources()) told->end_all_of(reinterpret_cast<std::uintptr_t>(&p), steady_now());
  p.forget_owner();
  // A thread of the plugin's own may be in the middle of a call with this owner.
  if ((p.descriptor.flags & TOKIO_PF_OWN_THREADS) != 0) return;
  if (const auto removed = p.rt.remove_owner(p.owner); !removed) report.leaked.push_back({"task_slots", 1});
}

}  // namespace

instant_ns drain_limits::abort_time() const {
  if (enough_at == never && enough && enough()) enough_at = steady_now();
  const auto until = std::min(abort_at, enough_at);
  // Relaxed: a number that is read again and again.
  return hurry == nullptr ? until : std::min(until, hurry->load(relaxed));
}

bool drain_limits::at_the_end() const { return hurry != nullptr && hurry->load(relaxed) != never; }

refusal init_refusal(const std::string& instance, const std::string& why) {
  return {kind::init_failed, "instance " + instance + ": init failed: " + why, {}, {}};
}

std::expected<void, start_failure> initialise(tokio_plugin& p, instant_ns deadline, duration_ns grace) {
  struct result {
    tokio_status status = TOKIO_OK;
    std::string sentence;
  };
  const auto it = std::make_shared<result>();
  const auto ran = ctl_call(p, "tokio-init", deadline, [&p, it, config = p.config()] {
    last_error_text().clear();
    it->status = p.descriptor.init(&p, &host_table, {config.data(), config.size()}, &p.state);
    it->sentence = last_error_text();
  });
  if (ran.ran == own_thread_result::late) {
    p.enter_phase(phase::gone);
    return std::unexpected(start_failure{
        {kind::timeout, "instance " + p.instance + ": init has not returned; its thread is left behind", {}, {}},
        true});
  }
  if (ran.fine() && it->status == TOKIO_OK) {
    p.state_given = true;
    return {};
  }
  // What the plugin says needs no status beside it; what a call to us said last may be about something else.
  std::string why = p.last_panic();
  if (!ran.fine()) {
    why = "the system has no thread to run it on";
  } else if (why.empty()) {
    why = text_of_status(it->status);
    if (!it->sentence.empty()) why += ": " + it->sentence;
  }
  const auto ended = drain(p, {nullptr, steady_now(), grace});
  return std::unexpected(start_failure{init_refusal(p.instance, why), ended.state == instance_state::quarantined});
}

stop_report drain(tokio_plugin& p, const drain_limits& limits) {
  stop_report report;
  const bool again = p.now_in() == phase::gone;  // it was quarantined: from step 4 on
  if (!again) {
    p.enter_phase(phase::stopping);    // 1
    (void)p.rt.limit_cpu(p.owner, 0);  // its end is not slowed down; nothing is refused here
    p.methods.withdraw_all();
    p.gate->refuse_queued();
    if (p.state_given && p.descriptor.stop != nullptr && tell_to_stop(p, limits))                  // 2
      (void)wait_until([&] { return !foreground_left(p); }, [&] { return limits.abort_time(); });  // 3
  }
  if (!again && foreground_left(p)) name_the_late(p);
  report.aborted = close_and_abort(p);                                                       // 4
  if (!wait_for_end(p, limits)) return quarantine(p, blockers_of(p), std::move(report));     // 5
  p.calls.abandon_all(stopped(p));                                                           // 6
  const auto ended = ctl_call(p, "tokio-fini", limits.give_up_time(), [&p] { finish(p); });  // 7
  if (ended.entered && ended.ran == own_thread_result::no_thread)
    return quarantine(p, {"there is no thread to call fini on"}, std::move(report));
  if (!ended.fine()) return quarantine(p, {"fini has not returned"}, std::move(report));
  give_owner_back(p, report);                        // 8
  if (!limits.at_the_end()) (void)::malloc_trim(0);  // 9
  return report;
}

// ---- unmap

namespace {

unload_report not_unmapped(image_state state, std::string why) { return {false, state, {std::move(why)}}; }

std::string why_not_rotated(const error& failed) {
  switch (failed.code) {
    case ETIMEDOUT:
      return "a thread that ran it has not returned from a poll or job of another plugin, and may hold its "
             "thread-locals";
    case ENOTSUP: return "its thread-locals live on the program's own thread, which cannot be replaced";
    default: return "the threads that ran it could not be replaced: " + failed.text();
  }
}

}  // namespace

unload_report unmap(image& which, runtime& rt, own_threads& threads, instant_ns deadline) {
  if (const auto* why = which.seen.resident())
    return not_unmapped(image_state::resident, which.name + " " + why->sentence);  // 1
  if (which.seen.needs_rotation())                                                 // 2
    if (const auto rotated = rt.rotate_threads(deadline); !rotated)
      return not_unmapped(image_state::quarantined, why_not_rotated(rotated.error()));
  result<bool> unmapped = false;
  const auto ran = threads.run("tokio-unload", never, [&] { unmapped = which.code->close(); });  // 3, 4
  if (ran == own_thread_result::no_thread)
    return not_unmapped(image_state::quarantined, "there is no thread to unmap " + which.name + " on");
  if (!unmapped)
    return not_unmapped(image_state::quarantined,
                        "it cannot be seen whether " + which.name + " is unmapped: " + unmapped.error().text());
  if (!*unmapped)
    return not_unmapped(image_state::resident, "the system keeps " + which.name + " mapped after dlclose");
  return {true, image_state::unloaded, {}};
}

}  // namespace tokiod::host
