// The CPUs of threads for which nobody has chosen any. Linux gives a new thread those of the thread that made it, so
// that one which a worker with chosen CPUs makes would be bound to them too, for ever.
// Threads:   [any].
// No model: one flag that rises once, before the first thread is bound.
#pragma once
#include <atomic>

#include "base/cpu_list.hpp"
#include "base/policy.hpp"

namespace tokiod::sched {

class free_cpus {
 public:
  // As the thread that makes the runtime has them.
  free_cpus() : all_(cpus_of_thread(0).value_or(cpu_list())) {}

  [[nodiscard]] const cpu_list& all() const { return all_; }
  // Others may run while one of our threads does.
  [[nodiscard]] bool several() const { return several_; }
  // Before a thread is told.
  void somebody_chooses() { chosen_.store(true, release); }
  // The calling thread is new and may run anywhere. What the kernel does not allow it did allow before.
  void roam() const {
    if (chosen_.load(acquire)) (void)run_thread_on(0, all_);
  }

 private:
  const cpu_list all_;
  const bool several_ = CPU_COUNT(&all_.set) > 1;
  std::atomic<bool> chosen_{false};
};

}  // namespace tokiod::sched
