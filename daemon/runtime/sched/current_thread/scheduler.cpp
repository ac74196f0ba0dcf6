#include "runtime/sched/current_thread/scheduler.hpp"

#include "runtime/sched/worker.hpp"

namespace tokiod::sched::current_thread {

namespace {

// The calling thread becomes a worker for as long as this lives.
class visit {
 public:
  visit(engine& of, stack_place* answers) : all_(of), outer_(this_thread), self_(of, thread_kind::worker) {
    TOKIOD_ASSERT(outer_ == nullptr || outer_->entry.now() == 0);  // else nobody could take what it leaves waiting
    self_.stack = answers;
    all_.enlist(self_);
    all_.take_core(*all_.cores[0], self_);
  }
  visit(const visit&) = delete;
  visit& operator=(const visit&) = delete;
  ~visit() {
    all_.give_core(*all_.cores[0], self_);
    all_.discharge(self_);
    this_thread = outer_;
  }
  [[nodiscard]] thread& self() { return self_; }

 private:
  engine& all_;
  thread* outer_;
  thread self_;
};

}  // namespace

bool scheduler::run_until(const std::function<bool()>& done, instant_ns deadline, const idle_hook& idle,
                          stack_place* answers) {
  visit as(all_, answers);
  core& only = *all_.cores[0];
  worker one(only, as.self());
  while (!done()) {
    one.tick();
    if (only.just_maintained() && all_.time.now() >= deadline) return done();
    if (task::header* task = one.next()) {
      one.poll(*task);
    } else if (task::header* found = one.search()) {
      one.poll(*found);
    } else if (all_.time.now() >= deadline) {
      return done();
    } else {
      one.look();
      (void)only.charge_to(nullptr);  // a hook may move the clock, and that is nobody's time
      // Asked again, because the look may have taken a nudge that was meant to end the sleep.
      if (only.queued() != 0 || done()) continue;
      if (!(idle && idle(only.home.timers.next_deadline()))) one.park(deadline);
    }
  }
  return true;
}

}  // namespace tokiod::sched::current_thread
