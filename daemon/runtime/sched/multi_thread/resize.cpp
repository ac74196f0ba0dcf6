// More or fewer workers while tasks run: shards move, tasks do not.
#include <time.h>

#include "runtime/sched/adoption.hpp"
#include "runtime/sched/multi_thread/scheduler.hpp"
#include "runtime/sched/multi_thread/seat.hpp"

namespace tokiod::sched::multi_thread {
namespace {

constexpr duration_ns obeys_within = 2 * millisecond;  // a worker that is in no long poll

std::unexpected<refusal> cancelled(const end_of_patience& until, std::uint32_t active) {
  if (until.stopping.load(acquire))
    return refuse(kind::wrong_state, "the runtime stops, so its workers cannot be changed");
  return refuse(kind::cancelled,
                "whoever asked for another number of workers has given up; workers that run: ", active);
}

void pause() {
  const timespec moment{0, 50'000};
  nanosleep(&moment, nullptr);
}

}  // namespace

outcome<void> scheduler::resize(std::uint32_t workers, const end_of_patience& given_up) {
  while (all_.active() < workers) {
    if (given_up.is_cancelled()) return cancelled(given_up, all_.active());
    if (auto grown = grow(); !grown)
      return refuse(kind::io_error, "cannot start worker ", all_.active(), ": ", grown.error().text(),
                    "; workers that run: ", all_.active());
  }
  while (all_.active() > workers)
    if (auto shrunk = shrink(workers, given_up); !shrunk) return shrunk;
  return {};
}

// ---- one more

result<void> scheduler::grow() {
  const std::uint32_t index = all_.active();
  if (index == all_.cores.size()) {
    if (auto made = all_.add_core(); !made) return made;
    const hold lock(seats_mutex_);
    seats_.push_back(std::make_unique<seat>(*all_.cores[index]));
  }
  seat& of = *seats_[index];
  of.vacant.wait();  // whoever held it last says so when it leaves
  auto first = new_occupant(of);
  if (!first) {
    of.vacant.set();
    return std::unexpected(first.error());
  }
  open_seat(of, std::move(*first));
  return {};
}

// Counted before its worker runs, see idle.hpp.
void scheduler::open_seat(seat& of, std::shared_ptr<occupant> first) {
  (void)all_.withdraw(of.of, order_retire);
  reclaim_home(of.of);
  all_.idle.set_workers(of.of.index + 1);
  {
    const hold lock(seats_mutex_);
    of.sitting = first;
    of.retiring = false;
  }
  of.vacant.set();
  first->seated.wait();
}

// ---- one less

outcome<void> scheduler::shrink(std::uint32_t keep, const end_of_patience& given_up) {
  seat& of = *seats_[all_.active() - 1];
  core& heir = heir_among(all_, keep);
  if (auto adopted = bequeath(of.of, heir); !adopted)
    return refuse(kind::io_error, "cannot retire worker ", of.of.index, ": worker ", heir.index,
                  " cannot watch its sockets: ", adopted.error().text());
  allow_seating(of, false);
  of.of.give_order(order_retire);
  if (!left_by(of, given_up)) {
    reclaim_home(of.of);
    allow_seating(of, true);
    if (given_up.is_cancelled()) return cancelled(given_up, all_.active());
    return refuse(kind::timeout, "worker ", of.of.index,
                  " does not come back from its poll; workers that run: ", all_.active());
  }
  settle(of.of, heir);
  dismiss(of, given_up.deadline);
  return {};
}

// Whoever was started for a takeover that came too late may have taken the core meanwhile: then it is who sits there.
void scheduler::allow_seating(seat& of, bool allowed) {
  const hold lock(seats_mutex_);
  if (allowed && of.waiting != nullptr && of.sitting->sat.load(acquire) && successor_waits(of)) seat_who_waits(of);
  of.retiring = !allowed;
}

// A worker that waits for events may miss the wake-up for its order, because its heir looks at the same reactor: hence
// one after the other. One in a poll that does not end loses the core, unless that is turned off; one that said that it
// blocks always does.
bool scheduler::left_by(seat& of, const end_of_patience& given_up) {
  const instant_ns begun = steady_clock().now();
  while (!is_left(of)) {
    const instant_ns now = steady_clock().now();
    if (given_up.is_over(now)) {
      // The order is taken back; a worker that obeyed it just before is gone all the same.
      (void)all_.withdraw(of.of, order_retire);
      return is_left(of);
    }
    if ((all_.with.stuck_after != 0 || of.of.blocks()) && now - begun > obeys_within) take_away(of);
    of.of.home.wake();
    pause();
  }
  return true;
}

// Nobody holds the core, and nobody who was started for it has still to come.
bool scheduler::is_left(seat& of) {
  const hold lock(seats_mutex_);
  const auto has_sat = [](const auto& one) { return one == nullptr || one->sat.load(acquire); };
  if (!has_sat(of.sitting) || !has_sat(of.waiting) || !std::ranges::all_of(of.leaving, has_sat)) return false;
  const hold keep(of.of.hand_over);
  return of.of.holder == nullptr;
}

void scheduler::take_away(seat& of) {
  const hold lock(seats_mutex_);
  if (too_many_left_behind(of)) return;
  if (all_.take_from_holder(of.of, of.of.work.polls.read())) of.vacant.set();
}

// What the core has left goes where its heir looks, before fewer workers are counted.
void scheduler::settle(core& gone, core& heir) {
  task_chain rest;
  (void)all_.with_core(gone, never, [&] {
    rest = gone.drain();
    gone.flush_heaps();
  });
  const bool open = gone.home.injector.push_chain(rest);
  TOKIOD_ASSERT(open);  // injectors close with the engine
  all_.idle.set_workers(gone.index);
  heir.home.wake();  // its worker armed timers here until it left
  if (rest.count != 0) all_.notify(heir.index);
}

// Its threads end now, but for those in a poll without a core: they are waited for when threads are rotated.
void scheduler::dismiss(seat& of, instant_ns deadline) {
  {
    const hold lock(seats_mutex_);
    for (auto* const who : {&of.sitting, &of.waiting})
      if (*who != nullptr) of.leaving.push_back(std::exchange(*who, nullptr));
  }
  (void)vacated(of, deadline, false);
}

}  // namespace tokiod::sched::multi_thread
