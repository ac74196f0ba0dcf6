// Threads for calls that block: made on demand up to a cap, gone when idle for a while. Who waits, who works and who is
// to be made is decided in claims.hpp; here are the threads. Invariant: a job that submit() took is run or dropped,
// also when threads cannot be made. Threads:   all [any]; stop and rotate not from a pool thread.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "runtime/blocking/job.hpp"
#include "runtime/metrics/histogram.hpp"

namespace tokiod::blocking {

struct pool_options {
  std::uint32_t max_threads = 512;       // Tokio's default: many, because they block
  duration_ns keep_alive = 10 * second;  // an idle thread lives this long
  std::string thread_name = "tokio-blocking";
  std::function<std::string()> name_of_thread = {};  // asked for each; null: thread_name
  std::size_t stack_bytes = 0;                       // 0 = the system's default
  // On every pool thread, first. It must not wait for a job of the pool: this thread may be the one that is on the way.
  std::function<void()> on_thread_start = {};
  std::function<void()> on_thread_stop = {};  // and last
  std::function<void()> on_job_end = {};      // on the same thread, once the job is counted as finished
};

struct pool_counts {
  std::uint32_t threads = 0;
  std::uint32_t idle = 0;
  std::uint64_t queued = 0;
  std::uint64_t submitted = 0;
  std::uint64_t ran = 0;       // begun
  std::uint64_t finished = 0;  // and ended; counted where there is an on_job_end
  std::uint64_t dropped = 0;
};

// Of jobs that were run, in nanoseconds.
struct pool_times {
  metrics::distribution wait_ns;  // from the submit to the begin
  metrics::distribution run_ns;
};

// A job that runs, or waits for a thread.
struct job_view {
  const void* whose = nullptr;  // as the job said
  int os_thread = 0;            // that runs it; 0: it waits
  instant_ns since = 0;         // it has run, or waited; CLOCK_MONOTONIC
};

class pool {
 public:
  explicit pool(pool_options options);
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;
  ~pool();  // stops, and waits for jobs that run

  // ECANCELED: the pool has stopped. EAGAIN, ENOMEM: there is no thread and none can be made. The job is untouched
  // then.
  [[nodiscard]] result<void> submit(job& work);

  // True: it had not started, and its drop() has been called. The caller keeps the job alive during the call.
  bool cancel(job& work);

  // The same for all that are `of` somebody (not null), have not started and are not mandatory.
  void drop_jobs_of(const void* of);

  // Replaces every thread: each ends after the job it runs. True: all that existed at the call have ended. Deadlines
  // are CLOCK_MONOTONIC.
  [[nodiscard]] bool rotate(instant_ns deadline);

  // Other numbers than it was made with. Threads past the cap end as soon as they have no job; an idle thread waits the
  // new time from its next job on.
  void limit(std::uint32_t max_threads, duration_ns keep_alive);

  // Takes no more jobs, drops what has not started unless it is mandatory, and waits for the rest. False: some jobs
  // still run at the deadline; their threads are left to end by themselves.
  [[nodiscard]] bool stop(instant_ns deadline);
  // The same, but nobody is left behind: false says that it may be asked again.
  [[nodiscard]] bool try_stop(instant_ns deadline);

  [[nodiscard]] pool_counts counts() const;
  [[nodiscard]] pool_times times() const;
  // Those that run, and then so many at most that wait, the first ones.
  [[nodiscard]] std::vector<job_view> look(std::size_t most_waiting) const;

 private:
  struct state;
  std::shared_ptr<state> state_;  // shared with the threads: one may outlive the pool
};

}  // namespace tokiod::blocking
