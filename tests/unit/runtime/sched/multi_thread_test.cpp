#include <doctest/doctest.h>

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "tasks.hpp"

using namespace tokiod;
using namespace tokiod::test;
using task::poll_result;

TEST_CASE("a spawned task runs on a worker, and its runtime stops without leaving anything") {
  bench_runtime rt(2);
  std::atomic<int> worker{-2};
  rt.spawn_once([&] { worker = runtime::here().worker; });
  CHECK(eventually([&] { return worker >= 0; }));
  CHECK(rt.all->stop(patience()) == stop_result::drained);
  CHECK(rt.all->live(*rt.mine) == 0);
  rt.end();
}

TEST_CASE("10,000 tasks spawned from outside all run") {
  bench_runtime rt(2);
  std::atomic<int> ran{0};
  for (int i = 0; i < 10'000; ++i) rt.spawn_once([&] { ++ran; });
  CHECK(eventually([&] { return ran == 10'000; }));
  rt.end();
}

namespace {
void chain(bench_runtime& rt, std::atomic<int>& left) {
  if (--left > 0) rt.spawn_once([&] { chain(rt, left); });
}
}  // namespace

TEST_CASE("[SC-03] a chain of tasks that each spawn the next comes to its end") {
  bench_runtime rt(3);
  std::atomic<int> left{20'000};
  rt.spawn_once([&] { chain(rt, left); });
  CHECK(eventually([&] { return left <= 0; }));
  rt.end();
}

TEST_CASE("[SC-04] what a busy worker has in its queue is run by another one before the poll ends") {
  bench_runtime rt(2);
  std::atomic<int> ran{0};
  rt.spawn_once([&] {
    for (int i = 0; i < 100; ++i) rt.spawn_once([&] { ++ran; });
    CHECK(eventually([&] { return ran == 100; }));  // this poll goes on until the others have run elsewhere
  });
  CHECK(eventually([&] { return ran == 100; }));
  rt.end();
}

namespace {
// By workers who had work for others; not by the monitor.
std::uint64_t wake_ups_sent(const bench_runtime& rt) {
  std::uint64_t sum = 0;
  for (const auto& one : rt.all->metrics().workers) sum += one.totals.unparks_sent;
  return sum;
}

// Sixty-four of them on one worker, until it has woken the other one, or that one is there without having been woken by
// it: where a worker is kept from its processor, the monitor may be first.
bool spreads_by_itself(bench_runtime& rt) {
  const std::uint64_t before = wake_ups_sent(rt);
  std::atomic<bool> over{false};
  std::atomic<std::uint32_t> polled_by{0};
  rt.spawn_once([&] {
    for (int i = 0; i < 64; ++i)
      rt.spawn([&](task::key, task::context&) {
        polled_by |= 1u << runtime::here().worker;
        return over ? poll_result::ready : poll_result::yielded;
      });
  });
  CHECK(eventually([&] { return polled_by == 3 || wake_ups_sent(rt) > before; }));
  over = true;
  CHECK(eventually([&] { return rt.all->live(*rt.mine) == 0; }));
  return wake_ups_sent(rt) > before;
}
}  // namespace

// The worker has learnt that a poll is over at once, and that a wake-up is dear, so that eight of them are not worth
// one. What does not end is worth it all the same.
TEST_CASE("tasks of very short polls are spread, too, if they go on") {
  bench_runtime rt(2);
  std::atomic<bool> learnt{false};
  rt.spawn([&, polls = 0](task::key, task::context&) mutable {
    learnt = ++polls == 20'000;
    return learnt ? poll_result::ready : poll_result::yielded;
  });
  CHECK(eventually([&] { return learnt.load(); }));
  for (int i = 0; i < 100; ++i) rt.all->engine().price.arrived(sched::wake_price::most);
  CHECK(eventually([&] { return spreads_by_itself(rt); }));
  rt.end();
}

namespace {
std::uint64_t events_of(const bench_runtime& rt) { return rt.all->metrics().ready_events; }
}  // namespace

// Otherwise they would push each other out of it, and those that have just been answered would come before them.
TEST_CASE("no more events are taken from the kernel than the queue has room for") {
  constexpr std::size_t sockets = 300, others = 200;
  bench_runtime rt(1);
  std::array<unique_fd, sockets> fds;
  std::atomic<std::size_t> waiting{0}, heard{0}, ran{0};
  std::atomic<std::uint64_t> before{0}, first_look{0};
  for (unique_fd& fd : fds) {
    fd.reset(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    REQUIRE(fd.get() >= 0);
    rt.spawn([&, at = static_cast<io::source*>(nullptr)](task::key self, task::context&) mutable {
      const sched::host_entry call;
      if (at == nullptr) at = *rt.all->register_fd(fd.get(), io::interest::read);
      std::uint64_t count = 0;
      const auto got = io::poll_transfer(*at, io::direction::read, sizeof count, &self, [&]() -> ssize_t {
        const ssize_t n = ::read(fd.get(), &count, sizeof count);
        return n < 0 ? -errno : n;
      });
      if (got == -EAGAIN) {
        ++waiting;
        return poll_result::pending;
      }
      runtime::deregister_fd(*at);
      ++heard;
      return poll_result::ready;
    });
  }
  CHECK(eventually([&] { return waiting == sockets; }));
  rt.spawn_once([&] {
    before = events_of(rt);
    for (std::size_t i = 0; i < others; ++i)
      rt.spawn_once([&] {
        ++ran;
        if (first_look == 0) first_look = events_of(rt) - before;
      });
    const std::uint64_t one = 1;
    for (const unique_fd& fd : fds) CHECK(::write(fd.get(), &one, sizeof one) == sizeof one);
  });
  CHECK(eventually([&] { return heard == sockets && ran == others; }));
  CHECK(first_look > 0);
  CHECK(first_look <= sched::run_queue::capacity - others / 2);  // it comes before so many of the others have run
  rt.end();
}

TEST_CASE("what is worth waking somebody for: less of what takes long, and nothing that is over sooner than moved") {
  sched::wake_price price;
  CHECK(price.backlog(1) == sched::wake_price::no_backlog);
  CHECK(price.backlog(sched::wake_price::move) == sched::wake_price::no_backlog);
  CHECK(price.backlog(2 * sched::wake_price::move) == price.worth() / sched::wake_price::move);
  CHECK(price.backlog(microsecond) < price.backlog(2 * sched::wake_price::move));
  CHECK(price.backlog(second) == 1);
}

TEST_CASE("[SC-03] what a busy worker has in its LIFO slot is run by another one before the poll ends") {
  bench_runtime rt(2);
  std::atomic<bool> ran{false};
  rt.spawn_once([&] {
    rt.spawn(
        [&](task::key, task::context&) {
          ran = true;
          return poll_result::ready;
        },
        {}, true);
    CHECK(eventually([&] { return ran.load(); }));
  });
  CHECK(eventually([&] { return ran.load(); }));
  rt.end();
}

TEST_CASE("tasks that a core has claimed for itself are not lost behind a long poll") {
  bench_runtime rt(2);
  std::atomic<int> ran{0};
  rt.spawn_once([&] {
    // Claimed together with the tasks behind it, the first one waits for all the others.
    rt.spawn_once([&] { CHECK(eventually([&] { return ran == 15; })); });
    for (int i = 0; i < 15; ++i) rt.spawn_once([&] { ++ran; });
  });
  CHECK(eventually([&] { return ran == 15; }));
  rt.end();
}

TEST_CASE("[SC-07] a timer fires while the worker that armed it is busy") {
  bench_runtime rt(2);
  time::timer_queue::entry entry;
  std::atomic<bool> fired{false};
  const task::key waiter = rt.spawn([&, first = true](task::key, task::context&) mutable {
    if (std::exchange(first, false)) return poll_result::pending;
    fired = true;
    return poll_result::ready;
  });
  rt.spawn_once([&] {
    {
      const sched::host_entry call;
      rt.all->arm(entry, rt.all->now() + 2 * millisecond, waiter);
    }
    CHECK(eventually([&] { return fired.load(); }));
  });
  CHECK(eventually([&] { return fired.load(); }));
  runtime::disarm(entry);
  rt.end();
}

TEST_CASE("[SC-08] a task that only yields keeps neither timers nor others from running") {
  bench_runtime rt(1);
  time::timer_queue::entry entry;
  std::atomic<bool> fired{false};
  const task::key waiter = rt.spawn([&, first = true](task::key self, task::context&) mutable {
    if (std::exchange(first, false)) {
      const sched::host_entry call;
      rt.all->arm(entry, rt.all->now() + millisecond, self);
      return poll_result::pending;
    }
    fired = true;
    return poll_result::ready;
  });
  rt.spawn([&](task::key, task::context&) { return fired ? poll_result::ready : poll_result::yielded; });
  CHECK(eventually([&] { return fired.load(); }));
  (void)waiter;
  rt.end();
}

TEST_CASE("[SC-06] a wake from another thread is not lost, whenever it comes") {
  bench_runtime rt(2);
  std::atomic<int> wakes{0}, seen{0};
  const task::key sleeper = rt.spawn([&](task::key, task::context&) {
    seen = wakes.load();
    return seen == 20'000 ? poll_result::ready : poll_result::pending;
  });
  for (int i = 1; i <= 20'000; ++i) {
    wakes = i;
    rt.wake(sleeper);
    if (i % 100 == 0) CHECK(eventually([&] { return seen == i; }));
  }
  CHECK(eventually([&] { return runtime::is_finished(sleeper); }));
  rt.end();
}

TEST_CASE("stopping ends tasks that wait, run, and are spawned at that moment") {
  for (int round = 0; round < 1000; ++round) {
    bench_runtime rt(2);
    std::atomic<int> more{100};  // a bound on what the round costs
    for (int i = 0; i < 4; ++i) {
      rt.spawn([](task::key, task::context&) { return poll_result::pending; });
      if (round % 4 == 0) rt.spawn([](task::key, task::context&) { return poll_result::yielded; });
      rt.spawn([&](task::key, task::context&) {
        if (--more <= 0) return poll_result::ready;
        (void)rt.try_spawn([](task::key, task::context&) { return poll_result::pending; });
        return poll_result::yielded;
      });
    }
    std::thread outside([&] {
      for (int i = 0; i < 100 && rt.try_spawn([](task::key, task::context&) { return poll_result::pending; });) ++i;
    });
    const stop_result how = rt.all->stop(patience());
    outside.join();
    REQUIRE(how == stop_result::drained);
    REQUIRE(rt.all->live(*rt.mine) == 0);
  }
}

namespace {

// Tasks from outside that each hold the worker that polls it, until they are let go one by one.
class holders {
 public:
  explicit holders(bench_runtime& rt) : rt_(rt) {}
  void add() {
    const int mine = added_++;
    rt_.spawn_once([this, mine] {
      ++holding_;
      CHECK(eventually([&] { return let_go_ > mine; }));
    });
  }
  void let_go() { ++let_go_; }
  [[nodiscard]] bool hold(int workers) const {
    return eventually([&] { return holding_ == workers; });
  }

 private:
  bench_runtime& rt_;
  int added_ = 0;
  std::atomic<int> holding_{0};
  std::atomic<int> let_go_{0};
};

runtime_options without_takeovers(std::uint32_t workers) {
  runtime_options with = bench_runtime::with_workers(workers);
  with.stuck_after = 0;
  return with;
}

}  // namespace

TEST_CASE("[SC-05] a worker takes a fair part of what waits outside at once: its share of the workers, and one more") {
  bench_runtime rt(without_takeovers(2));
  holders held(rt);
  held.add();
  held.add();
  REQUIRE(held.hold(2));
  const auto taken = [&] { return rt.all->metrics().all_workers().injected_taken; };
  const auto before = taken();
  for (int i = 0; i < 22; ++i)
    held.add();  // half of them outside of each worker, and the first of those holds it again
  held.let_go();
  REQUIRE(held.hold(3));
  CHECK(taken() - before == 11 / 2 + 1);
  CHECK(rt.all->metrics().injected_tasks == 22 - 6);
  for (int i = 0; i < 23; ++i) held.let_go();
  rt.end();
}

TEST_CASE("[SC-05] a worker takes never more at once than half of its queue has room for") {
  bench_runtime rt(without_takeovers(1));
  holders held(rt);
  held.add();
  REQUIRE(held.hold(1));
  const auto taken = [&] { return rt.all->metrics().all_workers().injected_taken; };
  const auto before = taken();
  held.add();
  for (int i = 0; i < 300; ++i) rt.spawn_once([] {});
  held.let_go();
  REQUIRE(held.hold(2));
  CHECK(taken() - before == 128);
  held.let_go();
  rt.end();
}

namespace {

// A thread without a core that wakes whom it is told to, while the caller waits.
class outside_waker {
 public:
  explicit outside_waker(bench_runtime& rt) : thread_([this, &rt] { serve(rt); }) {}
  ~outside_waker() { wake({}); }
  void wake(task::key whom) {
    whom_ = whom;
    const std::uint64_t mine = ++asked_;
    while (done_ != mine) std::this_thread::yield();
  }

 private:
  void serve(bench_runtime& rt) {
    for (std::uint64_t next = 1;; ++next) {
      while (asked_ < next) std::this_thread::yield();
      const task::key whom = whom_;
      if (whom) rt.wake(whom);
      done_ = next;
      if (!whom) return;
    }
  }

  task::key whom_{};
  std::atomic<std::uint64_t> asked_{0}, done_{0};
  std::jthread thread_;
};

}  // namespace

// Of four workers three are held, so the fourth takes one at a time of the three that always wait outside of it.
TEST_CASE("a task that yields gets its turn beside a few that are woken from outside all the time") {
  constexpr std::uint64_t many = 2000;
  bench_runtime rt(without_takeovers(4));
  holders held(rt);
  for (int i = 0; i < 3; ++i) held.add();
  REQUIRE(held.hold(3));
  outside_waker outside(rt);
  std::atomic<std::uint64_t> turns{0}, polls{0}, there{0};
  std::vector<task::key> callers;
  task::key last{};  // by the only worker that is free
  const auto call = [&](task::key self, task::context&) {
    if (there < 5) return ++there, poll_result::pending;
    if (polls >= many) return poll_result::ready;
    ++polls;
    if (const auto before = std::exchange(last, self)) outside.wake(before);
    return poll_result::pending;
  };
  rt.spawn_once([&] {  // whom it spawns the others take for tasks of its worker
    for (int i = 0; i < 4; ++i) callers.push_back(rt.spawn(call));
    rt.spawn([&](task::key, task::context&) {
      if (there < 5) ++there;
      if (polls != 0) ++turns;  // beside them
      return polls < many ? poll_result::yielded : poll_result::ready;
    });
  });
  REQUIRE(eventually([&] { return there == 5; }));
  for (const auto& each : callers) rt.wake(each);
  CHECK(eventually([&] { return polls == many; }));
  CHECK(turns >= many / 2);
  CHECK(eventually([&] {
    for (const auto& each : callers) rt.wake(each);
    return rt.all->live(*rt.mine) == 3;
  }));
  for (int i = 0; i < 3; ++i) held.let_go();
  rt.end();
}

namespace {

// One worker; how long what was spilled waits is counted in polls, and so the same on every machine.
runtime_options counting_polls(const tokiod::clock& time) {
  runtime_options options = bench_runtime::with_workers(1);
  options.time = &time;
  options.stuck_after = 0;
  return options;
}

// A task for each node of a tree, ten to each parent, and how many of them there are at once.
struct tree {
  bench_runtime& rt;
  std::uint64_t live = 0, most = 0;  // by the only worker
  std::atomic<std::uint64_t> ended = 0;

  void grow(std::uint64_t leaves) {
    most = std::max(most, ++live);
    rt.spawn_once([this, leaves] {
      for (int i = 0; leaves > 1 && i < 10; ++i) grow(leaves / 10);
      --live;
      ++ended;
    });
  }
};

}  // namespace

TEST_CASE("[SC-05] what is spawned faster than it runs is walked in depth, not in breadth") {
  manual_clock time;
  bench_runtime rt(counting_polls(time));
  tree all{rt};
  all.grow(100'000);
  REQUIRE(eventually([&] { return all.ended == 111'111; }));
  CHECK(all.most < 20'000);  // in breadth it would be most of the leaves
  rt.end();
}

TEST_CASE("[SC-05] what was spawned first gets its turn behind a queue that never runs dry") {
  manual_clock time;
  bench_runtime rt(counting_polls(time));
  constexpr std::uint64_t many = 5'000;
  std::uint64_t turns = 0;
  std::atomic<std::uint64_t> ended = 0;
  rt.spawn_once([&] {
    for (int i = 0; i < 300; ++i)
      rt.spawn([&](task::key, task::context&) {
        ++turns;
        return ended < many ? poll_result::yielded : poll_result::ready;
      });
    for (std::uint64_t i = 0; i < many; ++i) rt.spawn_once([&] { ++ended; });
  });
  REQUIRE(eventually([&] { return ended == many; }));
  rt.end();
  // Half a queue of them for each millisecond: some hundreds of turns of the others for each.
  CHECK(turns < 2'000 * many);
}
