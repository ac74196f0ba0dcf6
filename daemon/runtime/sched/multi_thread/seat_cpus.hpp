// The CPUs on which the thread at a seat runs, also one that takes the core over later.
// Invariant: a thread that is told of has not ended: it says that it leaves before it does.
// Threads:   arrive, leave [the thread at the seat]; pin [any].
// No model: one mutex.
#pragma once
#include <cerrno>
#include <mutex>
#include <optional>

#include "base/cpu_list.hpp"
#include "base/os_thread.hpp"
#include "runtime/sched/free_cpus.hpp"

namespace tokiod::sched::multi_thread {

struct cpu_change {
  cpu_list before, after;
};

class seat_cpus {
 public:
  explicit seat_cpus(free_cpus& of) : free_(of) {}

  // What the kernel does not allow here it did allow before, so it can only be that CPUs are gone: then it runs
  // anywhere.
  void arrive() {
    const std::lock_guard hold(mutex_);
    os_thread_ = current_thread_id();
    free_.roam();
    if (wanted_) (void)run_thread_on(os_thread_, *wanted_);
  }
  // A successor may have arrived already.
  void leave() {
    const std::lock_guard hold(mutex_);
    if (os_thread_ == current_thread_id()) os_thread_ = 0;
  }
  // Nothing: all that the runtime may use. Fails as run_thread_on does; ESRCH: nobody sits here. Nothing has changed
  // then.
  [[nodiscard]] result<cpu_change> pin(const std::optional<cpu_list>& cpus) {
    const std::lock_guard hold(mutex_);
    if (os_thread_ == 0) return std::unexpected(error{ESRCH, "worker"});
    const auto before = cpus_of_thread(os_thread_);
    if (!before) return std::unexpected(before.error());
    free_.somebody_chooses();
    const cpu_list& next = cpus ? *cpus : free_.all();
    if (const auto done = run_thread_on(os_thread_, next); !done) return std::unexpected(done.error());
    wanted_ = cpus;
    return cpu_change{*before, cpus_of_thread(os_thread_).value_or(next)};
  }

 private:
  free_cpus& free_;
  std::mutex mutex_;  // guards what follows
  int os_thread_ = 0;
  std::optional<cpu_list> wanted_;
};

}  // namespace tokiod::sched::multi_thread
