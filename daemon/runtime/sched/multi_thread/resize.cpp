// More or fewer workers while tasks run: shards move, tasks do not.
#include <time.h>

#include "runtime/sched/adoption.hpp"
#include "runtime/sched/multi_thread/occupant.hpp"

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
    add_seat(*all_.cores[index]);
  }
  seat& of = *seats_[index];
  of.reserve();
  auto first = new_occupant(of);
  if (!first) {
    of.open();
    return std::unexpected(first.error());
  }
  open_seat(of, std::move(*first));
  return {};
}

// Counted before its worker runs, see idle.hpp.
void scheduler::open_seat(seat& of, std::shared_ptr<occupant> first) {
  (void)of.of.tenure.withdraw(order_retire);
  reclaim_home(of.of);
  all_.idle.set_workers(of.of.index + 1);
  of.assign(first);
  of.open();
  first->seated.wait();
}

// ---- one less

outcome<void> scheduler::shrink(std::uint32_t keep, const end_of_patience& given_up) {
  seat& of = *seats_[all_.active() - 1];
  core& heir = heir_among(all_, keep);
  if (auto adopted = bequeath(of.of, heir); !adopted)
    return refuse(kind::io_error, "cannot retire worker ", of.of.index, ": worker ", heir.index,
                  " cannot watch its sockets: ", adopted.error().text());
  of.allow_seating(false);
  of.of.give_order(order_retire);
  if (!left_by(of, given_up)) {
    reclaim_home(of.of);
    of.allow_seating(true);
    if (given_up.is_cancelled()) return cancelled(given_up, all_.active());
    return refuse(kind::timeout, "worker ", of.of.index,
                  " does not come back from its poll; workers that run: ", all_.active());
  }
  settle(of.of, heir);
  of.dismiss();
  // Its threads end now, but for those in a poll without a core: they are waited for when threads are rotated.
  (void)of.vacated(given_up.deadline, false);
  return {};
}

// A worker that waits for events may miss the wake-up for its order, because its heir looks at the same reactor: hence
// one after the other. One in a poll that does not end loses the core, unless that is turned off; one that said that it
// blocks always does.
bool scheduler::left_by(seat& of, const end_of_patience& given_up) {
  const instant_ns begun = steady_clock().now();
  while (!of.is_left()) {
    const instant_ns now = steady_clock().now();
    if (given_up.is_over(now)) {
      // The order is taken back; a worker that obeyed it just before is gone all the same.
      (void)of.of.tenure.withdraw(order_retire);
      return of.is_left();
    }
    if ((all_.live.stuck_after.load(relaxed) != 0 || of.of.blocks()) && now - begun > obeys_within)
      of.take_away([&] { return all_.take_from_holder(of.of, of.of.work.polls.read()); });
    of.of.home.wake();
    pause();
  }
  return true;
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

}  // namespace tokiod::sched::multi_thread
