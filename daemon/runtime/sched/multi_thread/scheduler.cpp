#include "runtime/sched/multi_thread/scheduler.hpp"

#include <algorithm>

#include "runtime/sched/worker.hpp"

namespace tokiod::sched::multi_thread {

// One thread that holds the core, or waits to hold it. Two never wait for one core: whoever starts a second one has
// seen the first one seated.
struct scheduler::occupant {
  explicit occupant(engine& of) : self(of, thread_kind::worker) {}
  thread self;
  os_thread system;
  real_policy::event seated;  // it holds the core
};

struct scheduler::seat {
  explicit seat(core& its) : of(its) { vacant.set(); }
  core& of;
  real_policy::event vacant;          // nobody holds the core; taken by the next holder
  std::unique_ptr<occupant> sitting;  // holds the core, or will once it is vacant
  std::unique_ptr<occupant> leaving;  // was told to go, and has not ended yet
};

scheduler::scheduler(engine& of) : all_(of), monitor_(of) {
  for (auto& one : all_.cores) seats_.push_back(std::make_unique<seat>(*one));
}

scheduler::~scheduler() = default;

result<void> scheduler::start() {
  result<void> done;
  if (all_.cores.size() > 1) done = monitor_.start();
  for (auto& one : seats_)
    if (done) done = occupy(*one);
  if (!done) (void)stop(moving_deadline(never));
  for (auto& one : seats_)
    if (done) one->sitting->seated.wait();
  return done;
}

result<void> scheduler::occupy(seat& of) {
  auto next = std::make_unique<occupant>(all_);
  auto started = os_thread::start({.name = all_.with.thread_name, .stack_bytes = all_.with.thread_stack_size},
                                  [&of, &who = *next] { run(of, who); });
  if (!started) return std::unexpected(started.error());
  next->system = std::move(*started);
  of.sitting = std::move(next);
  return {};
}

void scheduler::run(seat& of, occupant& who) {
  thread& on = who.self;
  const options& with = on.runtime.with;
  on.runtime.enlist(on);
  if (with.on_thread_start) with.on_thread_start();
  of.vacant.wait();
  on.runtime.take_core(of.of, on);
  who.seated.set();
  worker(of.of, on).loop();
  on.runtime.give_core(of.of, on);
  of.vacant.set();
  if (with.on_thread_stop) with.on_thread_stop();
  on.runtime.discharge(on);
}

result<void> scheduler::rotate(instant_ns deadline) {
  result<void> done;
  for (auto& one : seats_) {
    if (one->leaving != nullptr) continue;  // its successor is there already
    auto before = std::move(one->sitting);
    if (auto started = occupy(*one); !started) {
      one->sitting = std::move(before);
      done = started;
      continue;
    }
    one->leaving = std::move(before);
    one->of.give_order(order_yield);
  }
  for (auto& one : seats_)
    if (!vacated(*one, deadline)) done = std::unexpected(error{ETIMEDOUT, "pthread_join"});
  return done;
}

bool scheduler::vacated(seat& of, instant_ns deadline) {
  if (of.leaving == nullptr) return true;
  if (!of.leaving->system.join_until(deadline)) return false;
  of.leaving = nullptr;
  of.sitting->seated.wait();
  return true;
}

namespace {

// In slices, because a second stop() may move the deadline nearer.
bool join_by(os_thread& who, const moving_deadline& deadline) {
  constexpr duration_ns slice = 5 * millisecond;
  for (;;) {
    const bool last = deadline.passed();
    if (who.join_until(std::min(deadline.at(), steady_clock().now() + slice))) return true;
    if (last) return false;
  }
}

}  // namespace

bool scheduler::stop(const moving_deadline& deadline) {
  bool all = true;
  for (auto& one : seats_) one->of.give_order(order_stop);
  for (auto& one : seats_)
    for (auto* who : {&one->leaving, &one->sitting}) {
      if (*who == nullptr || !(*who)->system.joinable()) continue;
      if (join_by((*who)->system, deadline)) continue;
      (*who)->system.detach();  // whoever stops us keeps everything that it may touch
      all = false;
    }
  monitor_.stop();
  return all;
}

}  // namespace tokiod::sched::multi_thread
