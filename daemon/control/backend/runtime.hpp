// The runtime, its workers and how many there are. A part of control/backend.hpp.
// Threads: as each function says.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "control/backend/common.hpp"
#include "control/histogram_info.hpp"

namespace tokiod::control {

struct runtime_info {
  std::string flavor;
  std::uint32_t workers = 0, parked = 0, searching = 0, stuck = 0;
  std::uint64_t tasks_live = 0, tasks_spawned = 0, tasks_completed = 0;
  std::uint64_t forced_yields = 0;
  std::uint64_t idle_backlogs = 0;  // tasks waited although a worker slept
  double oldest_backlog_seconds = 0;
  std::uint64_t global_queue_depth = 0, remote_schedules = 0;
  std::uint32_t blocking_threads = 0, blocking_idle = 0, blocking_queue = 0, blocking_max = 0;
  bool files_in_ring = false;  // else they are blocking jobs
  std::uint64_t files_in_flight = 0, files_submitted = 0;
  std::uint64_t io_sources = 0, io_registered = 0, io_deregistered = 0, io_ready_events = 0;
  std::uint64_t timers = 0;
  bool stopping = false;
  passing_info pause;
  json settings = json::object();  // the numbers it was started with
};

struct resize_report {
  std::uint32_t before = 0, after = 0;    // workers
  std::vector<std::uint32_t> retiring{};  // gone, but for a thread in a poll that does not end
};

struct cpu_report {
  std::string before, after;  // as the kernel writes lists of CPUs: 0-3,6
};

struct worker_info {
  std::uint32_t worker = 0;
  std::int32_t tid = 0;
  std::string cpus;           // on which its thread may run; empty: it has none, or has just left
  std::string state;          // parked, searching, running, stuck, retired
  std::uint64_t task_id = 0;  // what it runs now; 0: nothing
  std::string task_name;
  std::string plugin;
  double poll_seconds = 0;  // for how long
  std::uint32_t queue_depth = 0, injector_depth = 0;
  std::uint64_t polls = 0, parks = 0, park_unparks = 0, noops = 0, local_schedules = 0;
  std::uint64_t steal_operations = 0, stolen_tasks = 0, overflows = 0;
  double busy_seconds = 0, mean_poll_seconds = 0;
  histogram_info poll_time, schedule_latency;
};

class runtime_face {
 public:
  virtual ~runtime_face() = default;

  [[nodiscard]] virtual runtime_info runtime() const = 0;              // [control]
  [[nodiscard]] virtual std::vector<worker_info> workers() const = 0;  // [reader]
  // Ends early when `given_up` says so, which is asked now and then. [operation]
  virtual outcome<resize_report> resize(std::uint32_t workers, duration_ns timeout, std::string_view reason,
                                        const std::function<bool()>& given_up) = 0;
  // No worker takes a task for so long; another call changes for how long. [control]
  virtual outcome<passing_info> pause(double for_s, std::string_view reason) = 0;
  virtual outcome<void> resume(std::string_view reason) = 0;  // wrong_state: there is no pause. [control]
  // "all": every CPU that the daemon may use. [operation]
  virtual outcome<cpu_report> pin(std::uint32_t worker, std::string_view cpus) = 0;
};

}  // namespace tokiod::control
