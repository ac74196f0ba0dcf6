#include "app/diag/task_groups.hpp"

#include "app/metric_rows.hpp"
#include "app/show.hpp"

namespace tokiod::app {

task_groups::sums& task_groups::of(const seen_group& group) {
  const auto known = all_.find({group.instance, group.name});
  if (known != all_.end()) return known->second;
  const bool room = all_.size() < most_groups;
  return all_[room ? name(group.instance, group.name) : name("other", "other")];
}

// What lives only between two looks is met by none of them; over many such tasks as many are met as lived on average.
void task_groups::add(const std::vector<seen_group>& seen, instant_ns now, duration_ns took) {
  const duration_ns since = last_ == 0 ? 0 : now - last_;
  last_ = now;
  due_ = now + time_between * took;
  for (auto& [_, each] : all_) each.alive = 0;
  for (const auto& group : seen) {
    auto& sum = of(group);
    sum.alive += group.idle + group.queued + group.running;
    sum.idle += group.idle * since;
    sum.queued += group.queued * since;
    sum.running += group.running * since;
  }
}

std::vector<control::metric_family> task_groups::families() const {
  using enum control::metric_type;
  std::vector<control::metric_family> all{
      {"tokiod_task_group_alive", gauge, "", "Tasks that have not ended, by plugin and name.", {}},
      {"tokiod_task_idle_seconds_total", counter, "seconds", "Time that tasks waited to be woken; sampled.", {}},
      {"tokiod_task_scheduled_seconds_total", counter, "seconds", "Time that runnable tasks waited; sampled.", {}},
      {"tokiod_task_running_seconds_total", counter, "seconds", "Time that tasks were polled; sampled.", {}}};
  for (const auto& [who, sum] : all_) {
    const control::labels with = {{"plugin", who.first}, {"name", who.second}};
    const double values[] = {number(sum.alive), seconds(sum.idle), seconds(sum.queued), seconds(sum.running)};
    for (std::size_t at = 0; at < all.size(); ++at) all[at].samples.push_back({with, values[at], {}});
  }
  return all;
}

}  // namespace tokiod::app
