// Several threads that wait in block_on for the same current-thread runtime: one of them sits at the desk and drives
// the scheduler, each of the others polls what it waits for itself. Whoever leaves lets the next one sit down.
// Invariant: one thread drives at a time. When nobody drives and somebody waits, he has been nudged.
// Threads:   block_on, sit, stand [any thread that drives no runtime, several at a time].
// No model: the desk is guarded by a mutex.
#pragma once
#include <condition_variable>
#include <mutex>
#include <vector>

#include "runtime/sched/current_thread/scheduler.hpp"
#include "runtime/sched/root.hpp"

namespace tokiod::sched::current_thread {

class desk {
 public:
  explicit desk(scheduler& driven, engine& of) : driven_(driven), all_(of) {}

  // Until `of` is ready (true), or `over` says that it is in vain (false).
  [[nodiscard]] bool block_on(root& of, const root_poll& poll, const idle_hook& idle,
                              const std::function<bool()>& over);
  // Nobody drives until stand(). sit() waits for whoever does; try_sit() does not.
  void sit();
  [[nodiscard]] bool try_sit();
  void stand();
  // Everybody asks `over` again.
  void nudge();

 private:
  [[nodiscard]] bool take(root& of);
  void forget(root& of);
  [[nodiscard]] bool drive(root& of, const root_poll& poll, const idle_hook& idle, const std::function<bool()>& over);
  void call_next();  // under mutex_

  scheduler& driven_;
  engine& all_;
  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;
  std::vector<root*> waiting_;
};

}  // namespace tokiod::sched::current_thread
