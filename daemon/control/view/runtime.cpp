#include "control/view/runtime.hpp"

#include "control/view/daemon.hpp"
#include "control/view/task.hpp"

namespace tokiod::control {

json view(const runtime_info& info) {
  return {{"flavor", info.flavor},
          {"stopping", info.stopping},
          {"pause", view(info.pause)},
          {"workers",
           {{"total", info.workers}, {"parked", info.parked}, {"searching", info.searching}, {"stuck", info.stuck}}},
          {"tasks",
           {{"live", info.tasks_live},
            {"spawned", info.tasks_spawned},
            {"completed", info.tasks_completed},
            {"forced_yields", info.forced_yields}}},
          {"global_queue_depth", info.global_queue_depth},
          {"remote_schedules", info.remote_schedules},
          {"idle_backlogs", {{"count", info.idle_backlogs}, {"oldest_seconds", info.oldest_backlog_seconds}}},
          {"blocking",
           {{"threads", info.blocking_threads},
            {"idle", info.blocking_idle},
            {"queue", info.blocking_queue},
            {"max", info.blocking_max}}},
          {"files",
           {{"backend", info.files_in_ring ? "io_uring" : "blocking"},
            {"in_flight", info.files_in_flight},
            {"submitted", info.files_submitted}}},
          {"io",
           {{"sources", info.io_sources},
            {"registered", info.io_registered},
            {"deregistered", info.io_deregistered},
            {"ready_events", info.io_ready_events}}},
          {"timers", {{"active", info.timers}}},
          {"settings", info.settings}};
}

json view(const worker_info& worker) {
  json shown = {{"worker", worker.worker}, {"tid", worker.tid}, {"state", worker.state}};
  if (!worker.cpus.empty()) shown["cpus"] = worker.cpus;
  if (worker.task_id != 0)
    shown["current"] = {{"task", task_id_text(worker.task_id)},
                        {"name", worker.task_name},
                        {"plugin", worker.plugin},
                        {"poll_seconds", worker.poll_seconds}};
  const json counters = {{"queue_depth", worker.queue_depth},
                         {"injector_depth", worker.injector_depth},
                         {"polls", worker.polls},
                         {"parks", worker.parks},
                         {"park_unparks", worker.park_unparks},
                         {"local_schedules", worker.local_schedules},
                         {"noops", worker.noops},
                         {"steal_operations", worker.steal_operations},
                         {"stolen_tasks", worker.stolen_tasks},
                         {"overflows", worker.overflows},
                         {"busy_seconds", worker.busy_seconds},
                         {"mean_poll_seconds", worker.mean_poll_seconds},
                         {"poll_time", view(worker.poll_time)},
                         {"schedule_latency", view(worker.schedule_latency)}};
  shown.update(counters);
  return shown;
}

}  // namespace tokiod::control
