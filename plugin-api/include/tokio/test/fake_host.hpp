// The host's C tables inside the test program: one thread, virtual time that advances by itself when nothing else can
// run, tasks in FIFO or seeded order, and a check at the end that everything lent was given back.
//   tokio::test::fake_host host;            // from here on spawn(), sleep() ... work on this thread
//   int v = tokio::test::block_on(f());     // or host.spawn + host.run_until_idle()
// Invariant: while a fake_host lives it is the host of the whole program; they nest.
// Threads: the one that made it.
#pragma once

#include <algorithm>

#include "tokio/test/fake_tasks.hpp"

namespace tokio::test {

class fake_host : public fake_state {
 public:
  // Seed 0 keeps FIFO order; any other seed picks the next task at random, the same way each time.
  explicit fake_host(std::uint64_t seed = 0)
      : tables_before_(host), core_before_(std::exchange(fake_core::current, this)) {
    this->seed(seed);
    log_table_ = tokio_log_ext{sizeof(tokio_log_ext), 0, &min_level, fake_log::write};
    extensions = {{TOKIO_EXT_TIME, &fake_time::table},
                  {TOKIO_EXT_BLOCKING, &fake_blocking::table},
                  {TOKIO_EXT_LOG, &log_table_},
                  {TOKIO_EXT_METRICS, &fake_metrics::table},
                  {TOKIO_EXT_CONTROL, &fake_control::table},
                  {TOKIO_EXT_TRACE, &fake_trace::table}};
    bind_host(instance(), &fake_tasks::table);
    scope_.emplace(instance());
  }
  ~fake_host() {
    shut_down();
    scope_.reset();
    host = tables_before_;
    fake_core::current = core_before_;
    if (auto left = leaks(); !left.empty() && std::uncaught_exceptions() == 0) fake_misuse(left.c_str());
  }

  const tokio_host* table() const { return &fake_tasks::table; }
  // Adds or replaces an extension, for example a fake network.
  void offer(const char* id, const void* extension) {
    extensions[id] = extension;
    bind_host(instance(), &fake_tasks::table);
  }

  // Runs tasks and blocking jobs until none is runnable. Time stands still.
  void run_until_stalled() {
    while (run_one()) {
    }
  }
  // As above, and lets time pass from timer to timer until nothing can happen any more.
  void run_until_idle() {
    while (step()) {
    }
  }
  // One event: a poll, a blocking job, or a jump to the next timer. False: nothing can happen any more, or only after
  // the jobs that are held.
  bool step() {
    if (run_one()) return true;
    auto next = next_deadline_ns();
    if (next == UINT64_MAX || paused_by_hand || !jobs.empty()) return false;
    move_clock(std::max(next, now_ns));
    return true;
  }
  // Moves the clock once and runs what that made runnable.
  void advance_ns(std::uint64_t by_ns) {
    move_clock(now_ns + by_ns);
    run_until_stalled();
  }

  // Calls a control method, runs until it has answered, and gives the answer.
  fake_call call_method(const std::string& name, std::string_view params = "{}") {
    auto found = methods.find(name);
    if (found == methods.end()) fake_misuse("no control method of that name");
    fake_call call;
    {
      instance_scope none(nullptr);
      found->second->desc.handle(found->second->desc.user, reinterpret_cast<tokio_call*>(&call), to_str(params));
    }
    while (!call.answered && step()) {
    }
    if (!call.answered) fake_misuse("a control call was never answered");
    return call;
  }

  // Ends all tasks, and drops the queued jobs that are not mandatory.
  void shut_down() {
    abort_all();
    while (!jobs.empty()) {
      auto& job = take_job();
      if ((job.desc.flags & TOKIO_JOB_MANDATORY) != 0)
        run_job(job);
      else
        end_job(job, fake_job::cancelled);
    }
  }
  // What was not given back, as a sentence; empty when all was.
  std::string leaks() const {
    std::string text;
    auto count = [&](std::size_t left, const char* what) {
      if (left) text += (text.empty() ? "left behind: " : ", ") + std::to_string(left) + " " + what;
    };
    count(live_blocks(), "tasks or coroutine frames (something that owns one outlived the host)");
    count(timers.size(), "timers");
    count(live_jobs, "blocking jobs");
    count(blocks_in_place, "stretches of block_in_place");
    count(metrics.size(), "metrics");
    count(methods.size(), "control methods");
    return text;
  }

  bool paused_by_hand = false;  // time moves by advance only

 private:
  // A poll, or a job when there is none to make, or when there were many: tasks that never rest do not hold a job up.
  bool run_one() {
    if (polls_in_a_row_ < most_polls_in_a_row && poll_one()) return ++polls_in_a_row_, true;
    polls_in_a_row_ = 0;
    return run_one_job() || poll_one();
  }
  static constexpr int most_polls_in_a_row = 256;

  host_tables tables_before_;
  fake_core* core_before_;
  tokio_log_ext log_table_{};
  std::optional<instance_scope> scope_;
  int polls_in_a_row_ = 0;
};

}  // namespace tokio::test
