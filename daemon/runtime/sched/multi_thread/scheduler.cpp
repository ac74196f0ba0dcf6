#include "runtime/sched/multi_thread/scheduler.hpp"

#include <cerrno>

#include "runtime/sched/multi_thread/occupant.hpp"
#include "runtime/sched/worker.hpp"

namespace tokiod::sched::multi_thread {

scheduler::scheduler(engine& of)
    : all_(of), monitor_(of, [this](std::uint32_t worker, std::uint64_t poll) { return take_over(worker, poll); }) {
  for (auto& one : all_.cores) add_seat(*one);
}

scheduler::~scheduler() = default;

void scheduler::add_seat(core& of) {
  const hold lock(seats_mutex_);
  seats_.push_back(std::make_unique<seat>(of, seats_mutex_));
}

// Null: there is none yet.
scheduler::seat* scheduler::seat_of(std::uint32_t worker) {
  const hold lock(seats_mutex_);
  return worker < seats_.size() ? seats_[worker].get() : nullptr;
}

result<void> scheduler::start() {
  result<void> done = monitor_.start();
  for (auto& one : seats_) {
    if (!done) break;
    auto first = new_occupant(*one);
    if (first)
      one->assign(*first);
    else
      done = std::unexpected(first.error());
  }
  if (!done) (void)stop(moving_deadline(never));
  for (auto& one : seats_)
    if (done) one->first().seated.wait();
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

// False: the core was lost. An order may be withdrawn before its worker obeyed, or be a pause.
bool serve(core& of, thread& on) {
  worker seated(of, on);
  const auto called_away = [&] { return of.tenure.told_to_leave(); };
  for (;;) {
    stand_at_gate(of, called_away);
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
  const stack_answers answers(with.stuck_stacks || stack_answers::wanted_of_all());
  on.stack = answers.place();
  if (with.on_thread_start) with.on_thread_start();
  bool lost = false;
  do {
    of.sit(who, [&] {
      on.runtime.take_core(of.of, on);
      of.cpus.arrive();
    });
    lost = !serve(of.of, on);
    if (!lost) of.stand();
    of.cpus.leave();
    on.stuck_in.store(nullptr, release);  // pairs with engine::pass_coreless(): the poll is settled
  } while (lost && of.wait_as_spare(who));
  if (with.on_thread_stop) with.on_thread_stop();
  on.runtime.discharge(on);
}

result<void> scheduler::rotate(instant_ns deadline) {
  result<void> done;
  for (auto& one : seats_)
    if (auto replaced = one->replace(maker(*one)); !replaced) done = replaced;
  for (auto& one : seats_)
    if (!one->vacated(deadline)) done = std::unexpected(error{ETIMEDOUT, "pthread_join"});
  return done;
}

bool scheduler::take_over(std::uint32_t worker, std::uint64_t poll) {
  seat* const of = seat_of(worker);
  return of != nullptr && of->take_over(maker(*of), [&] { return all_.take_from_holder(of->of, poll); });
}

outcome<cpu_change> scheduler::pin(std::uint32_t worker, const std::optional<cpu_list>& cpus) {
  seat* const of = seat_of(worker);
  if (of == nullptr || worker >= all_.active())
    return refuse(kind::out_of_range, "there is no worker ", worker, ": they are 0..", all_.active() - 1);
  const auto done = of->cpus.pin(cpus);
  if (done) return *done;
  switch (done.error().code) {
    case EINVAL:
      return refuse(kind::out_of_range, "this process may use none of the CPUs ",
                    text_of(cpus ? *cpus : all_.cpus.all()));
    case EPERM: return refuse(kind::unsupported, "this process may not choose CPUs: ", done.error().text());
    case ESRCH: return refuse(kind::busy, "worker ", worker, " changes its thread at this moment");
    default: return refuse(kind::unsupported, "the CPUs of worker ", worker, " stay: ", done.error().text());
  }
}

bool scheduler::stop(const moving_deadline& deadline) {
  monitor_.stop();  // nobody is taken over from here on
  bool all = true;
  for (auto& one : seats_) one->of.give_order(order_stop);
  for (auto& one : seats_) {
    const bool ended = one->end([&](const std::shared_ptr<occupant>& who) {
      if (!who->system.joinable() || join_by(who->system, deadline)) return true;
      who->system.detach();  // whoever stops us keeps everything that it may touch, and we keep its record
      return false;
    });
    all = all && ended;
  }
  return all;
}

}  // namespace tokiod::sched::multi_thread
