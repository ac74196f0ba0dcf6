// What looks wrong, and what there is to find out why. A part of control/backend.hpp.
// Threads: [reader], but for what says otherwise.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/backend/common.hpp"

namespace tokiod::control {

// One fact that looks wrong. Its id is the lint and the subject, so it is the same for as long as it is found.
struct lint_info {
  std::string id;
  std::string lint;
  std::string severity;  // info, warning, error
  std::string subject;   // t-12, worker-3, an instance, or runtime
  std::string sentence;  // the fact and the limit
  std::string hint;      // what to look at next
  double measured = 0, threshold = 0;
  std::string unit;                          // of both: percent, bytes, seconds, tasks, jobs
  double since = 0;                          // Unix seconds, when it was first found
  std::string task, plugin, name, location;  // empty: it is not about one, or that is not known
};

struct lint_page {
  std::vector<lint_info> findings;  // by severity, the worst first
  bool more = false;
  bool listening = false;  // the tasks are looked at one by one
  bool paused = false;
};

// A place in a call stack.
struct frame_info {
  std::string module;        // the file
  std::uint64_t offset = 0;  // in it
  std::string symbol;        // empty: no exported function is there
  std::string build_id;      // of the file; empty: it has none
};

// What a thread does.
struct stack_info {
  int tid = 0;
  std::string thread;  // its name
  std::int32_t worker = -1;
  std::string state, task, plugin;  // of a worker; whose code runs on it
  std::vector<frame_info> frames;   // innermost first
  std::string missing;              // why there are none
};

struct stack_report {
  std::vector<stack_info> threads;
  bool partial = false;  // somebody did not answer
};

struct stack_query {
  bool all_threads = false;  // not only the workers
  std::optional<std::uint32_t> worker;
  duration_ns within = second;
};

// One of the slowest.
struct slow_info {
  double seconds = 0;
  bool at_least = false;  // it was not seen to its end
  double at = 0;          // Unix seconds
  std::string what;       // a task's name, a function, a method
  std::string plugin, location, task, stack;
  std::int32_t worker = -1;
};

struct profile_report {
  std::uint64_t samples = 0;  // moments
  std::uint64_t stacks = 0;   // of workers that polled then
  std::uint64_t idle = 0;     // workers that did not
  std::uint64_t missing = 0;  // that did not answer in time
  std::string folded;         // "plugin;outermost;...;innermost count", a line each
};

struct self_check {
  std::string name;
  bool ok = false;
  std::string detail;  // why not
  double seconds = 0;
};

class diag_face {
 public:
  virtual ~diag_face() = default;

  [[nodiscard]] virtual lint_page lints(std::size_t limit) const = 0;
  // Waits as long as the query says for threads that do not answer, which no plugin can make longer.
  [[nodiscard]] virtual stack_report stacks(const stack_query& query) const = 0;
  [[nodiscard]] virtual std::vector<slow_info> slow_polls() const = 0;
  [[nodiscard]] virtual std::vector<slow_info> slow_jobs() const = 0;
  virtual void forget_slow_polls() = 0;
  virtual void forget_slow_jobs() = 0;
  // What the scheduler did, as a document of the Chrome trace format. Fails: busy. [operation]
  [[nodiscard]] virtual outcome<json> trace_scheduler(duration_ns length, std::size_t most_events,
                                                      const std::function<bool()>& given_up) = 0;
  // [operation]
  [[nodiscard]] virtual profile_report profile(duration_ns length, std::uint32_t hz,
                                               const std::function<bool()>& given_up) const = 0;
  // Keeps an archive where its owner alone may read it; gives the path. Fails: unsupported, io_error. [operation]
  [[nodiscard]] virtual outcome<std::string> keep_bundle(std::string_view bytes) = 0;
  // Name and text of the newest.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> crash_reports() const = 0;
  // Uses each part. [operation]
  [[nodiscard]] virtual std::vector<self_check> self_test() = 0;
};

}  // namespace tokiod::control
