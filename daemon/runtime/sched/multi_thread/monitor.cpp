#include "runtime/sched/multi_thread/monitor.hpp"

#include <unistd.h>

#include <algorithm>

namespace tokiod::sched::multi_thread {
namespace {

// A thread that gets no processor, or sleeps in the kernel and cannot be interrupted, answers later.
constexpr duration_ns answers_within = 2 * second;
// A thread that was told to wake up and did not within this time never will.
constexpr duration_ns wakes_within = second;
// Memory that is idle for so long is not needed soon.
constexpr duration_ns unwanted_after = second;

}  // namespace

result<void> monitor::start() {
  all_.watch.rest();  // the first worker that becomes active starts the timer
  auto started = os_thread::start({.name = all_.with.thread_name.substr(0, 11) + "-mon", .stack_bytes = 256 * 1024},
                                  [this] { loop(); });
  if (!started) return std::unexpected(started.error());
  thread_ = std::move(*started);
  return {};
}

void monitor::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, seq_cst);
  all_.watch_every(1);
  thread_.join();
  if (tidier_.joinable()) tidier_.join();
  all_.watch.never();
}

void monitor::loop() {
  for (;;) {
    std::uint64_t ticks = 0;
    const auto got = retry_eintr([&] { return ::read(all_.watch_timer.get(), &ticks, sizeof ticks); });
    TOKIOD_ASSERT(got == sizeof ticks);
    if (stopping_.load(seq_cst)) return tell(never);
    const instant_ns now = steady_clock().now();
    mind_memory(now);
    if (!rest()) look(now);
  }
}

void monitor::mind_memory(instant_ns now) {
  if (now < memory_looked_at_ + unwanted_after || tidying_.load(acquire)) return;
  memory_looked_at_ = now;
  if (!all_.memory_is_unwanted()) return;
  if (tidier_.joinable()) tidier_.join();  // it has ended
  tidying_.store(true, relaxed);
  auto started =
      os_thread::start({.name = all_.with.thread_name.substr(0, 11) + "-mem", .stack_bytes = 256 * 1024}, [this] {
        all_.give_memory_back();
        tidying_.store(false, release);
      });
  if (started)
    tidier_ = std::move(*started);
  else
    tidying_.store(false, relaxed);  // once more in a second
}

bool monitor::may_rest() const { return all_.idle.all_parked() && !all_.work_visible(); }

// All asleep with nothing to do: stop ticking, or tick slowly while there is memory to give back, and look once more,
// because a worker may have become active, or work may have come from outside, meanwhile (watch.hpp).
bool monitor::rest() {
  if (!may_rest() || !reports_.empty()) return false;
  all_.watch_every(all_.memory_lies_idle() ? unwanted_after : 0);
  if (stopping_.load(seq_cst)) all_.watch_every(1);  // stop() set the timer before we took it away
  all_.watch.rest();
  if (may_rest()) return true;
  all_.became_active();
  return false;
}

void monitor::look(instant_ns now) {
  const bool somebody_sleeps = all_.idle.any_parked();
  bool help = false;
  look_at_queues(now);
  check_backlog(now);
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    core& of = *all_.cores[i];
    watch(of, seen_[i], now);
    const bool waited_for = seen_[i].waits <= last_look_ || needs_help(of, now);
    const bool rescue = waited_for && !somebody_sleeps;
    if (of.blocks()) {
      if (rescue) hand_over(of, seen_[i]);
    } else if (is_stuck(seen_[i], now)) {
      report_or_rescue(of, seen_[i], now, rescue);
    }
    help = help || waited_for;
  }
  if (help && somebody_sleeps) all_.notify(0);
  last_look_ = now;
  tell(now);
}

// Also brings what was seen to the number of cores and shards.
void monitor::look_at_queues(instant_ns now) {
  seen_.resize(all_.cores.size());
  injected_.resize(all_.shards.size());
  for (std::size_t i = 0; i < seen_.size(); ++i) {
    const std::uint64_t oldest = all_.cores[i]->ring.oldest();
    seen_[i].ring.look(oldest, all_.cores[i]->ring.end(), now);
    seen_[i].waits = seen_[i].ring.since();
    seen_[i].untouched = seen_[i].ring.untouched();
  }
  for (std::size_t i = 0; i < injected_.size(); ++i) {
    const shard::shard& one = *all_.shards[i];
    const std::uint64_t taken = one.injector.taken();
    injected_[i].look(taken, taken + one.injector.length(), now);
    if (one.owner() >= seen_.size()) continue;
    sight& served = seen_[one.owner()];
    served.waits = std::min(served.waits, injected_[i].since());
    served.untouched = std::min(served.untouched, injected_[i].untouched());
  }
}

// What waited at the last look had somebody woken for it then. Two looks in a row must find that this has not helped,
// because one of them may meet the moments in which a worker is on his way and nothing says so.
void monitor::check_backlog(instant_ns now) {
  const bool before = std::exchange(left_alone_, sleeps_on(now));
  instant_ns oldest = never;
  if (before && left_alone_)
    for (const sight& one : seen_) oldest = std::min(oldest, one.untouched);
  if (oldest >= last_look_) return;
  all_.idle_backlogs.add();
  all_.oldest_backlog_ns.set(std::max(all_.oldest_backlog_ns.read(), static_cast<std::int64_t>(now - oldest)));
}

// Since the last look a worker has slept without a break, and nobody is on his way to the queues: one who was told to
// wake up, unless he is lost, or who searches, or is awake between two polls, as after he has left the searchers and
// before he wakes the next one.
bool monitor::sleeps_on(instant_ns now) {
  bool sleeper = false, on_the_way = false;
  std::uint32_t lost = 0;
  const std::size_t workers = std::min<std::size_t>(all_.active(), seen_.size());  // more of them at the next look
  for (std::uint32_t i = 0; i < workers; ++i) {
    const core& of = *all_.cores[i];
    const std::uint64_t sleep = of.work.park_unparks.read();
    const bool since_then = std::exchange(seen_[i].sleep, sleep) == sleep;
    if (sleep % 2 == 0) {
      on_the_way = on_the_way || of.running.load(relaxed) == nullptr;
    } else if (all_.idle.parked(i) || is_lost(of, now)) {
      lost += all_.idle.parked(i) ? 0 : 1;
      sleeper = sleeper || since_then;
    } else {
      on_the_way = true;
    }
  }
  return sleeper && !on_the_way && all_.idle.searching() <= lost;
}

// Told to wake up, and counted as a searcher since.
bool monitor::is_lost(const core& of, instant_ns now) {
  const instant_ns told = of.woken_at.load(relaxed);
  return told != 0 && now > told + wakes_within;
}

bool monitor::is_stuck(const sight& last, instant_ns now) const {
  const duration_ns limit = all_.live.stuck_after.load(relaxed);
  return limit != 0 && last.at != 0 && now - last.working >= limit;
}

// It asked for that, so there is nobody to blame, and no switch turns it off. Not before two looks have met the poll:
// what is over within a millisecond is not worth a thread.
void monitor::hand_over(core& of, const sight& last) {
  if (of.stuck.load(relaxed)) (void)take_over_(of.index, last.polls);  // false: at the next look
}

// With a sleeping worker there is a thief, who is enough; without one the core goes to another thread.
void monitor::report_or_rescue(core& of, sight& last, instant_ns now, bool rescue) {
  report next = describe(of, last, now);
  next.found.taken_over = rescue && take_over_(of.index, last.polls);
  if (!next.found.taken_over && last.told) return;
  if (!last.told) all_.count_slow_poll(next.found.owner);
  last.told = true;
  if (!all_.with.on_stuck) return;
  if (all_.live.stuck_stacks.load(relaxed)) next.question.emplace(next.answers_at, next.found.os_thread);
  reports_.push_back(std::move(next));
}

// The monitor waits for no thread: an answer that is not there yet is looked for at its next look.
void monitor::tell(instant_ns now) {
  std::erase_if(reports_, [&](report& one) {
    if (!is_complete(one, now)) return false;
    all_.with.on_stuck(one.found);
    return true;
  });
}

bool monitor::is_complete(report& one, instant_ns now) const {
  if (!one.question) return true;
  const bool last = now - one.asked_at >= answers_within;
  if (one.question->is_held_up() && !last && goes_on(one.found)) {
    one.question.emplace(one.answers_at, one.found.os_thread);
    return false;
  }
  auto stack = one.question->answer(last);
  if (stack) one.found.stack = std::move(*stack);
  return stack.has_value();
}

// On its worker, or on the thread that lost the worker over it. If it is over, a stack would be another one's.
bool monitor::goes_on(const stuck_poll& poll) const {
  const sight& last = seen_[poll.worker];
  bool lasts = last.at != 0 && last.polls == poll.poll;
  all_.for_each_thread([&](const thread& one) {
    const task::header* const in = one.stuck_in.load(relaxed);
    lasts = lasts || (in != nullptr && one.os_id.load(relaxed) == poll.os_thread && in->id.load(relaxed) == poll.task);
  });
  return lasts;
}

// What is read of the task may be of a later one, if the poll ends at this moment.
monitor::report monitor::describe(core& of, const sight& last, instant_ns now) {
  report next;
  next.asked_at = now;
  next.found.worker = of.index;
  next.found.poll = last.polls;
  next.found.lasted = now - last.working;
  if (const task::header* const task = of.running.load(relaxed); task != nullptr) {
    next.found.task = task->id.load(relaxed);
    next.found.owner = task::owner_of(*task);
    next.found.about = task->about.load(relaxed);
  }
  of.tenure.with_holder([&](const thread* holder) {
    if (holder == nullptr) return;
    next.found.os_thread = holder->os_id.load(relaxed);
    next.answers_at = holder->stack;
  });
  return next;
}

void monitor::watch(core& of, sight& last, instant_ns now) {
  const std::uint64_t polls = of.work.polls.read();
  const bool running = of.running.load(relaxed) != nullptr;
  const bool same = running && polls == last.polls && last.at != 0;
  if (!same) {
    if (last.told && all_.with.on_stuck_over) all_.with.on_stuck_over(of.index, last.polls, now - last.working);
    last.at = running ? now : 0;
    last.told = false;
  }
  // So few polls that what its holder knows of them may be old; shorter ones come round to its maintenance in time.
  if ((polls - last.polls) * help::fine < now - last_look_) of.thief_backlog.store(1, relaxed);
  if (!same || last.blocked || of.blocks()) last.working = now;
  last.blocked = of.blocks();
  last.polls = polls;
  of.poll_since.store(last.at, relaxed);
  of.stuck.store(same, relaxed);
}

// Something that only a thief can rescue: hidden tasks, or sockets and timers that nobody looks at.
bool monitor::needs_help(core& of, instant_ns now) const {
  if (!of.stuck.load(relaxed)) return false;
  return of.hides_work() || std::ranges::any_of(all_.shards, [&](const auto& one) {
           return one->owner() == of.index && one->right.is_late(now) && one->has_events();
         });
}

}  // namespace tokiod::sched::multi_thread
