// `dump`: every task of a runtime at one moment, and what those that wait wait at. Nothing is polled or stopped for it:
// a task that waits is kept from running while its coroutines are walked, so a dump is also had of a runtime whose
// workers are all stuck.
//   for (const auto& task : handle.dump().tasks())
//     for (const auto& line : task.backtraces())
//       for (const auto& place : line) log(task.name(), place.file, place.line);
// The branches of select, join and timeout, and the children of a scope, are lines of their own, which begin in the
// task that waits for them. What a future of another kind polls is not seen, nor what a task waits at that was polled
// by somebody else before it was awaited.
//
// Invariant: each task is told as it was at one moment; several are not of one moment.
// Threads:   a value.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tokio/runtime/reference.hpp"
#include "tokio/task/join_handle.hpp"
#include "tokio/task/walk.hpp"

namespace tokio::runtime {

class dump {
 public:
  enum class task_state : std::uint32_t {
    idle = TOKIO_TASK_IDLE,        // it waits
    queued = TOKIO_TASK_QUEUED,    // runnable
    running = TOKIO_TASK_RUNNING,  // being polled; what it is at is not known
  };
  // A place that waits, and how many wait for it. Line 0: what waits is no coroutine.
  struct frame {
    code_place at;
    std::uint32_t depth = 0;
  };
  using backtrace = std::vector<code_place>;  // the innermost first

  class task {
   public:
    explicit task(const tokio_dump_task& raw)
        : id_{raw.id},
          state_(static_cast<task_state>(raw.state)),
          name_(to_view(raw.name)),
          spawned_at_(code_place::of(raw.spawned_at)),
          cut_((raw.flags & TOKIO_DUMP_CUT) != 0) {}

    task_id id() const noexcept { return id_; }
    task_state state() const noexcept { return state_; }
    std::string_view name() const noexcept { return name_; }
    // Of one that waits, where the spawn could know its line.
    std::optional<code_place> spawned_at() const noexcept {
      return spawned_at_.line == 0 ? std::nullopt : std::optional(spawned_at_);
    }
    // The tree of what it waits at: each place comes after those that it waits for.
    std::span<const frame> trace() const noexcept { return frames_; }
    // It waits at more than are told here: the outermost are missing.
    bool is_cut() const noexcept { return cut_; }
    // The same as one line for each leaf. What is no coroutine has no place of its own: its line begins with who waits
    // for it, and is empty where nobody does.
    std::vector<backtrace> backtraces() const {
      std::vector<backtrace> all;
      for (std::size_t i = 0; i < frames_.size(); ++i)
        if (i == 0 || frames_[i - 1].depth <= frames_[i].depth) all.push_back(line_from(i));
      return all;
    }

   private:
    friend class dump;
    backtrace line_from(std::size_t leaf) const {
      backtrace line;
      auto next = frames_[leaf].depth;
      for (std::size_t i = leaf; i < frames_.size(); ++i) {
        if (frames_[i].depth != next) continue;
        if (frames_[i].at.line != 0) line.push_back(frames_[i].at);
        if (next-- == 0) break;
      }
      return line;
    }

    task_id id_;
    task_state state_;
    std::string name_;
    code_place spawned_at_;
    bool cut_;
    std::vector<frame> frames_;
  };

  std::span<const task> tasks() const noexcept { return tasks_; }

  // internal: asks the host. Throws bad_alloc.
  static dump of(const reference& runtime, call_site at) {
    dump made;
    const tokio_walk walk = {sizeof walk, 0, &made, &dump::hear_place};
    const tokio_dump to = {sizeof to, 0, &made, &dump::hear_task, &walk};
    if (runtime.table(at).dump(runtime.get(), &to) < 0 || made.out_of_memory_) throw std::bad_alloc();
    return made;
  }

 private:
  // The host cannot be thrown through.
  template <class Add>
  bool add(Add one) noexcept {
    try {
      if (!out_of_memory_) one();
    } catch (const std::bad_alloc&) {
      out_of_memory_ = true;
    }
    return !out_of_memory_;
  }
  static void hear_task(void* user, const tokio_dump_task* raw) noexcept {
    auto& self = *static_cast<dump*>(user);
    self.add([&] { self.tasks_.emplace_back(*raw); });
  }
  static std::int32_t hear_place(void* user, const tokio_place* raw, std::uint32_t depth) noexcept {
    auto& self = *static_cast<dump*>(user);
    return self.add([&] { self.tasks_.back().frames_.push_back({code_place::of(*raw), depth}); }) ? 1 : 0;
  }

  std::vector<task> tasks_;
  bool out_of_memory_ = false;
};

}  // namespace tokio::runtime
