#include "runtime/sched/current_thread/desk.hpp"

#include <sched.h>

#include <utility>

namespace tokiod::sched::current_thread {

void desk::sit() {
  std::unique_lock hold(mutex_);
  free_.wait(hold, [&] { return !taken_; });
  taken_ = true;
}

bool desk::try_sit() {
  const std::lock_guard hold(mutex_);
  return !std::exchange(taken_, true);
}

void desk::stand() {
  const std::lock_guard hold(mutex_);
  taken_ = false;
  call_next();
}

void desk::call_next() {
  free_.notify_one();
  if (!waiting_.empty()) waiting_.front()->nudge();
}

void desk::nudge() {
  driven_.nudge();
  const std::lock_guard hold(mutex_);
  for (root* const one : waiting_) one->nudge();
}

// False: somebody drives; `of` is nudged when he leaves.
bool desk::take(root& of) {
  const std::lock_guard hold(mutex_);
  if (!std::exchange(taken_, true)) return true;
  waiting_.push_back(&of);
  return false;
}

// The nudge that it got may have been the only one.
void desk::forget(root& of) {
  const std::lock_guard hold(mutex_);
  std::erase(waiting_, &of);
  if (!taken_) call_next();
}

bool desk::block_on(root& of, const root_poll& poll, const idle_hook& idle, const std::function<bool()>& over) {
  while (!over()) {
    if (take(of)) return drive(of, poll, idle, over);
    const bool its_turn = of.wait();
    forget(of);
    if (!its_turn) continue;
    if (of.poll(poll)) return true;
    if (of.yielded()) ::sched_yield();
  }
  return false;
}

namespace {

// Between two polls of tasks: what is waited for, when it is its turn.
class between {
 public:
  between(core& on, root& of, const root_poll& poll) : on_(on), of_(of), poll_(poll) {}

  [[nodiscard]] bool ready() {
    if (!of_.taken() || !others_had_their_turn()) return false;
    (void)on_.charge_to(nullptr);  // it is nobody's time
    if (of_.poll(poll_)) return true;
    if (of_.yielded()) behind_ = on_.work.polls.read() + queued();
    return false;
  }

 private:
  [[nodiscard]] std::uint64_t queued() const { return on_.queued() + on_.home.injector.length(); }
  // One that gave its turn away comes after as many polls as tasks were queued then.
  [[nodiscard]] bool others_had_their_turn() const { return on_.work.polls.read() >= behind_ || queued() == 0; }

  core& on_;
  root& of_;
  const root_poll& poll_;
  std::uint64_t behind_ = 0;
};

}  // namespace

bool desk::drive(root& of, const root_poll& poll, const idle_hook& idle, const std::function<bool()>& over) {
  between turns(*all_.cores[0], of, poll);
  bool ready = false;
  const auto done = [&] { return (ready = ready || turns.ready()) || over(); };
  // The last poll before a sleep may have given its turn away: to nobody.
  const auto stay = [&](instant_ns next) { return of.taken() || (idle && idle(next)); };
  (void)driven_.run_until(done, never, stay);
  stand();
  return ready;
}

}  // namespace tokiod::sched::current_thread
