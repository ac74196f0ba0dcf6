// Who listens to the tasks and resources, and what they hear: turns the books on and off, and makes values of their
// records.
// Invariant: a book is on exactly while somebody listens or the configuration says always, and it is not paused.
// Threads:   [any].
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "control/task_stats.hpp"
#include "host/trace/lint.hpp"
#include "host/trace/listening.hpp"

namespace tokiod::app {

class task_console {
 public:
  explicit task_console(const config::console_settings& with) { set(with); }
  ~task_console() { host::trace::ignore(); }
  task_console(const task_console&) = delete;
  task_console& operator=(const task_console&) = delete;

  void set(const config::console_settings& with);
  void listen(bool on);
  bool pause(bool on);
  // Is told whenever that changes. Before anybody else has the console.
  void tells(std::function<void(bool paused)> somebody) { tell_ = std::move(somebody); }
  void watch(task::task_id id, bool on);

  [[nodiscard]] bool paused() const;
  [[nodiscard]] std::uint64_t dropped() const;
  [[nodiscard]] std::optional<host::trace::task_record> find(task::task_id id) const;
  // What ended longer ago than the configuration says is forgotten afterwards.
  [[nodiscard]] std::vector<host::trace::task_record> changed_since(instant_ns since) const;
  // The runtime does not know it any more: it ended without being listened to.
  void has_ended(task::task_id id) const;
  [[nodiscard]] bool listening() const;
  [[nodiscard]] control::task_stats stats_of(const host::trace::task_record& from) const;
  // What looks wrong with it, as far as the configuration lets anybody look.
  [[nodiscard]] std::vector<control::task_warning> warnings_of(const host::trace::task_record& from,
                                                               instant_ns now) const;
  [[nodiscard]] bool looks_for(host::trace::lint which) const;

  // Null: nobody listens. What ended longer ago than the configuration says is forgotten first.
  [[nodiscard]] const host::trace::resource_book* resources() const;

 private:
  void settle();
  [[nodiscard]] host::trace::task_book* book() const;

  std::function<void(bool paused)> tell_;
  mutable std::mutex mutex_;
  config::console_settings with_;
  host::trace::lint_options lints_;
  host::trace::task_book* book_ = nullptr;  // of the last time that somebody listened
  std::uint64_t listeners_ = 0;
  std::map<task::task_id, std::uint64_t> watched_;  // by how many
  bool paused_ = false;
  bool known_ = false;  // somebody listens, and what the book says began with him
};

}  // namespace tokiod::app
