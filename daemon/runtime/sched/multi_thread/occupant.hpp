// A thread of the system at a seat, and the seats as the scheduler has them.
// Threads:   those of seat.hpp.
#pragma once
#include "base/os_thread.hpp"
#include "runtime/sched/core.hpp"
#include "runtime/sched/engine.hpp"
#include "runtime/sched/multi_thread/scheduler.hpp"
#include "runtime/sched/multi_thread/seat.hpp"
#include "runtime/sched/multi_thread/seat_cpus.hpp"

namespace tokiod::sched::multi_thread {

struct scheduler::occupant : basic_occupant<real_policy> {
  explicit occupant(engine& of) : self(of, thread_kind::worker) {}
  thread self;
  os_thread system;

  [[nodiscard]] bool without_core() const { return self.stuck_in.load(relaxed) != nullptr; }
  [[nodiscard]] bool end_by(instant_ns deadline) { return system.join_until(deadline); }
};

struct scheduler::seat : basic_seat<real_policy, core, occupant> {
  seat(core& its, real_policy::mutex& seats) : basic_seat(its, seats), cpus(its.all.cpus) {}
  seat_cpus cpus;
};

}  // namespace tokiod::sched::multi_thread
