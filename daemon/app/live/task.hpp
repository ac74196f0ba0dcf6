// Tasks, live ones and those that are written down: control/backend/task.hpp for the running daemon.
// Threads: as that file says.
#pragma once
#include "app/live/parts.hpp"
#include "control/backend/task.hpp"

namespace tokiod::app {

class live_task : public virtual control::task_face {
 public:
  explicit live_task(const live_parts& parts) : parts_(parts) {}

  [[nodiscard]] control::task_page tasks(const control::task_query& query) const override;
  [[nodiscard]] std::optional<control::task_info> task(std::uint64_t id) const override;
  outcome<void> cancel_task(std::uint64_t id) override;
  outcome<void> wake_task(std::uint64_t id) override;
  [[nodiscard]] control::trace_page traces(const control::task_query& query) const override;
  [[nodiscard]] std::optional<control::task_trace> trace(std::uint64_t id) const override;
  void listen_to_tasks(bool on) override { parts_.console.listen(on); }
  void watch_task(std::uint64_t id, bool on) override { parts_.console.watch(id, on); }
  bool pause_tasks(bool on) override { return parts_.console.pause(on); }
  [[nodiscard]] control::task_changes changes(const control::change_query& query) const override;

 private:
  [[nodiscard]] std::vector<control::task_info> known_tasks() const;

  const live_parts parts_;
};

// A task that lives or is written down.
[[nodiscard]] std::optional<control::task_info> find_task(const live_parts& parts, std::uint64_t id);
// A page's first facts; to be taken before the records are copied.
[[nodiscard]] control::page_facts facts_now(const task_console& console, const control::change_query& query);

}  // namespace tokiod::app
