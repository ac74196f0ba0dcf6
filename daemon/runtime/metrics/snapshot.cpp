#include "runtime/metrics/snapshot.hpp"

namespace tokiod::metrics {

worker_totals runtime_snapshot::all_workers() const {
  worker_totals sum;
  for (const auto& worker : workers) sum += worker.totals;
  return sum;
}

task_totals runtime_snapshot::all_tasks() const {
  task_totals sum;
  for (const auto& owner : owners) sum += owner.tasks;
  return sum;
}

}  // namespace tokiod::metrics
