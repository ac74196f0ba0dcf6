// Tasks and resources, as many as a test asks for.
// Threads: any; the switches are guarded.
#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "control/backend/resource.hpp"
#include "control/backend/task.hpp"
#include "control/task_page.hpp"
#include "support/fake/core.hpp"

namespace tokiod::test {

using namespace control;

class fake_task : public virtual control::task_face, public virtual control::resource_face, public virtual fake_core {
 public:
  // ---- switches
  void have_tasks(std::uint64_t count) {
    change([&] { tasks_ = count; });
  }
  int listeners() const {
    const std::lock_guard lock(mutex_);
    return listeners_;
  }
  int watched() const {
    const std::lock_guard lock(mutex_);
    return watched_;
  }

  // ---- the face
  [[nodiscard]] task_page tasks(const task_query& query) const override {
    const std::lock_guard lock(mutex_);
    std::vector<task_info> all;
    for (std::uint64_t id = 1; id <= tasks_; ++id) all.push_back(task_of(id));
    return page_of(std::move(all), query);
  }
  [[nodiscard]] std::optional<task_info> task(std::uint64_t id) const override {
    const std::lock_guard lock(mutex_);
    return id >= 1 && id <= tasks_ ? std::optional(task_of(id)) : std::nullopt;
  }
  void listen_to_tasks(bool on) override {
    change([&] { on ? ++listeners_ : --listeners_; });
  }
  void watch_task(std::uint64_t id, bool on) override {
    change([&] { watched_ += on ? static_cast<int>(id) : -static_cast<int>(id); });
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
  outcome<void> wake_task(std::uint64_t id) override { return cancel_task(id); }
  [[nodiscard]] trace_page traces(const task_query& query) const override {
    trace_page page;
    page.total = tasks(query).total;
    for (const auto& each : tasks(query).tasks) page.tasks.push_back(*trace(each.id));
    return page;
  }
  // The third one is of a plugin in C.
  [[nodiscard]] std::optional<task_trace> trace(std::uint64_t id) const override {
    const auto known = task(id);
    if (!known) return std::nullopt;
    task_trace told;
    told.task = *known;
    if (id == 3)
      told.unsupported = "its plugin tells nothing";
    else
      told.places = {{"read_line", "echo.cpp", 30, 1}, {"serve", "echo.cpp", 20, 0}};
    return told;
  }
  outcome<void> cancel_task(std::uint64_t id) override {
    if (!task(id)) return refuse(kind::not_found, "there is no live task t-", id);
    return {};
  }

 private:
  // [under the lock]
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
    task.name = id % 2 == 0 ? "accept" : "serve";
    task.state = "idle";
    task.location = "echo.cpp:" + std::to_string(id);
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

  std::uint64_t tasks_ = 3;
  int listeners_ = 0, watched_ = 0;  // watched: the sum of the ids
  bool paused_ = false;
};

}  // namespace tokiod::test
