#include "runtime/sched/multi_thread/scheduler.hpp"

#include <algorithm>

#include "runtime/sched/multi_thread/seat.hpp"
#include "runtime/sched/worker.hpp"

namespace tokiod::sched::multi_thread {

scheduler::scheduler(engine& of)
    : all_(of), monitor_(of, [this](std::uint32_t worker, std::uint64_t poll) { return take_over(worker, poll); }) {
  for (auto& one : all_.cores) seats_.push_back(std::make_unique<seat>(*one));
}

scheduler::~scheduler() = default;

result<void> scheduler::start() {
  result<void> done = monitor_.start();
  for (auto& one : seats_) {
    if (!done) break;
    auto first = new_occupant(*one);
    if (first)
      one->sitting = *first;
    else
      done = std::unexpected(first.error());
  }
  if (!done) (void)stop(moving_deadline(never));
  for (auto& one : seats_)
    if (done) one->sitting->seated.wait();
  return done;
}

result<std::shared_ptr<scheduler::occupant>> scheduler::new_occupant(seat& of) {
  auto next = std::make_shared<occupant>(all_);
  auto started = os_thread::start({.name = all_.thread_name(), .stack_bytes = all_.with.thread_stack_size},
                                  [&of, &who = *next] { run(of, who); });
  if (!started) return std::unexpected(started.error());
  next->system = std::move(*started);
  return next;
}

namespace {

// False: the core was lost. An order may be withdrawn before its worker obeyed.
bool serve(core& of, thread& on) {
  worker seated(of, on);
  for (;;) {
    seated.loop();
    if (!seated.holds()) return false;
    if (on.runtime.leave_core(of, on)) return true;
  }
}

}  // namespace

void scheduler::run(seat& of, occupant& who) {
  thread& on = who.self;
  const options& with = on.runtime.with;
  on.runtime.enlist(on);
  const stack_answers answers(with.stuck_stacks);
  on.stack = answers.place();
  if (with.on_thread_start) with.on_thread_start();
  of.vacant.wait();
  on.runtime.take_core(of.of, on);
  who.sat.store(true, release);
  who.seated.set();
  if (serve(of.of, on)) of.vacant.set();
  on.stuck_in.store(nullptr, release);  // pairs with engine::pass_coreless(): the poll is settled
  if (with.on_thread_stop) with.on_thread_stop();
  on.runtime.discharge(on);
}

// ---- rotation

bool scheduler::successor_waits(const seat& of) {
  const hold keep(of.of.hand_over);
  return of.of.holder != &of.sitting->self;
}

result<void> scheduler::prepare(seat& of) {
  if (of.waiting != nullptr) return {};
  auto next = new_occupant(of);
  if (!next) return std::unexpected(next.error());
  of.waiting = *next;
  return {};
}

void scheduler::seat_who_waits(seat& of) {
  of.leaving.push_back(std::exchange(of.sitting, std::exchange(of.waiting, nullptr)));
}

// Somebody waits until the core is vacant, and whoever holds it is among those who leave. Nothing is ordered where
// somebody waited already: who is to go knows that, and after a takeover the successor may sit down at this moment, who
// would obey and leave the core to nobody.
result<void> scheduler::replace(seat& of) {
  if (successor_waits(of)) return {};
  if (auto ready = prepare(of); !ready) return ready;
  seat_who_waits(of);
  of.of.give_order(order_yield);
  return {};
}

result<void> scheduler::rotate(instant_ns deadline) {
  result<void> done;
  for (auto& one : seats_) {
    const hold lock(seats_mutex_);
    if (one->sitting == nullptr) continue;  // retired
    if (auto replaced = replace(*one); !replaced) done = replaced;
  }
  for (auto& one : seats_)
    if (!vacated(*one, deadline)) done = std::unexpected(error{ETIMEDOUT, "pthread_join"});
  return done;
}

// All who were told to go have ended, or all but those who lost the core. They are waited for without the lock, and
// nobody else waits for them meanwhile.
bool scheduler::vacated(seat& of, instant_ns deadline, bool also_without_core) {
  occupants left;
  {
    const hold lock(seats_mutex_);
    left.swap(of.leaving);
  }
  std::erase_if(left, [&](const auto& one) {
    const bool wait = also_without_core || one->self.stuck_in.load(relaxed) == nullptr;
    return one->system.join_until(wait ? deadline : 0);
  });
  const hold lock(seats_mutex_);
  of.leaving.insert(of.leaving.end(), left.begin(), left.end());
  return left.empty();
}

// ---- takeover

bool scheduler::too_many_left_behind(seat& of) {
  std::erase_if(of.leaving, [](const auto& one) { return one->system.join_until(0); });  // came back from their polls
  return of.leaving.size() >= left_behind_max;
}

bool scheduler::take_over(std::uint32_t worker, std::uint64_t poll) {
  const hold lock(seats_mutex_);
  if (worker >= seats_.size()) return false;
  seat& of = *seats_[worker];
  if (of.sitting == nullptr || of.retiring || too_many_left_behind(of)) return false;
  const bool waits = successor_waits(of);
  if (!waits && !prepare(of)) return false;
  if (!all_.take_from_holder(of.of, poll)) return false;  // whoever waits does so for the next time
  if (!waits) seat_who_waits(of);
  of.vacant.set();
  return true;
}

bool scheduler::stop(const moving_deadline& deadline) {
  monitor_.stop();  // nobody is taken over from here on
  bool all = true;
  for (auto& one : seats_) one->of.give_order(order_stop);
  for (auto& one : seats_) {
    occupants left = std::exchange(one->leaving, {});
    left.push_back(one->sitting);
    left.push_back(one->waiting);
    for (auto& who : left) {
      if (who == nullptr || !who->system.joinable()) continue;
      if (join_by(who->system, deadline)) continue;
      who->system.detach();  // whoever stops us keeps everything that it may touch, and we keep its record
      one->leaving.push_back(who);
      all = false;
    }
  }
  return all;
}

}  // namespace tokiod::sched::multi_thread
