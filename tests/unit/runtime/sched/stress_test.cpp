// The scheduler under stress for as long as one likes (support/stress_time.hpp): cores that are taken away in the
// middle of polls, wakes of which none may be lost, and everything at once. What was reached is printed.
#include <doctest/doctest.h>

#include <array>
#include <thread>
#include <vector>

#include "runtime/sched/multi_thread/scheduler.hpp"
#include "support/stress_time.hpp"
#include "traffic.hpp"

using namespace tokiod;
using namespace tokiod::test;
using task::poll_result;

namespace {

void spin(duration_ns span) {
  for (const instant_ns until = steady_clock().now() + span; steady_clock().now() < until;) {
  }
}

// An engine and a scheduler whose take_over() is ours to call.
class open_scheduler {
 public:
  explicit open_scheduler(std::uint32_t workers) {
    sched::options with;
    with.worker_threads = workers;
    engine_ = std::move(*sched::engine::create(with));
    mine_ = *engine_->add_owner("test", memory::no_limit);
    scheduler_.emplace(*engine_);
    REQUIRE(scheduler_->start());
  }
  void spawn(poll_function run) {
    sched::foreign_share& from = mine_->foreign();
    task::header* made = nullptr;
    {
      const hold lock(from.lock);
      made = *task::prepare(from.part.heap, function_ops, nullptr, sizeof(function_body));
      from.part.allocated.add();
      new (task::body_of(*made)) function_body{std::move(run), mine_->id()};
      (void)task::spawn(*made, from.ids.take(engine_->ids), {});
      from.part.tasks.spawned.add();
    }
    engine_->inject(*made);
  }
  // From whichever poll a worker is in.
  bool take_over(std::uint32_t worker) {
    const sched::core& of = *engine_->cores[worker];
    const std::uint64_t poll = of.work.polls.read();
    return of.running.load(relaxed) != nullptr && scheduler_->take_over(worker, poll);
  }
  [[nodiscard]] std::uint64_t live() const { return engine_->totals(*mine_).tasks.live(); }
  void end() { CHECK(scheduler_->stop(sched::moving_deadline(patience()))); }

 private:
  std::unique_ptr<sched::engine> engine_;
  sched::owner* mine_ = nullptr;
  std::optional<sched::multi_thread::scheduler> scheduler_;
};

// A ring of tasks, each of which waits for the one before: a wake that is lost stops it for ever.
class ring {
 public:
  ring(bench_runtime& rt, std::size_t tasks) : rt_(rt), members_(tasks) {
    for (std::size_t i = 0; i < tasks; ++i)
      members_[i].key = rt_.spawn([this, i](task::key, task::context&) { return turn(i); });
    // All together: one after the other is a switch of threads each, for which a busy machine takes its time.
    for (const member& one : members_) CHECK(eventually([&] { return one.waits.load(); }));
    pass_to(0);
  }
  [[nodiscard]] std::uint64_t turns() const { return turns_.load(relaxed); }
  // The token goes round once more and takes everybody along.
  void end() { over_ = true; }

 private:
  struct member {
    task::key key;
    std::atomic<bool> waits{false}, token{false};
  };

  poll_result turn(std::size_t at) {
    member& self = members_[at];
    self.waits = true;
    if (!self.token.exchange(false)) return poll_result::pending;  // a poll that nobody asked for
    turns_.store(turns_.load(relaxed) + 1, relaxed);               // whoever has the token is alone
    const bool last = over_;
    pass_to((at + 1) % members_.size());
    return last ? poll_result::ready : poll_result::pending;
  }
  void pass_to(std::size_t at) {
    members_[at].token = true;
    rt_.wake(members_[at].key);
  }

  bench_runtime& rt_;
  std::vector<member> members_;
  std::atomic<std::uint64_t> turns_{0};
  std::atomic<bool> over_{false};
};

// A task that a thread wakes again and again, at any moment: each wake has a number, and each is seen.
class woken_from_outside {
 public:
  explicit woken_from_outside(bench_runtime& rt) : rt_(rt) {
    task_ = rt.spawn([this](task::key, task::context&) {
      seen_ = sent_.load();
      return seen_ == last ? poll_result::ready : poll_result::pending;
    });
  }
  void wake_until(instant_ns end) {
    fast_random random(steady_clock().now());
    while (steady_clock().now() < end) {
      const std::uint64_t number = sent_.fetch_add(1) + 1;
      rt_.wake(task_);
      const bool waits = random.below(8) == 0;
      if (waits) REQUIRE(eventually([&] { return seen_ == number; }));
      if (waits && random.below(8) == 0) std::this_thread::yield();  // perhaps until the worker sleeps
    }
    sent_ = last;
    rt_.wake(task_);
    REQUIRE(eventually([&] { return seen_ == last; }));
  }

 private:
  static constexpr std::uint64_t last = UINT64_MAX;
  bench_runtime& rt_;
  std::atomic<std::uint64_t> sent_{0}, seen_{0};
  task::key task_;
};

}  // namespace

TEST_CASE("cores are taken away in the middle of any poll, and no task is lost") {
  constexpr std::uint32_t workers = 8;
  constexpr std::size_t tasks = 48;
  open_scheduler rt(workers);
  std::atomic<bool> enough{false};
  std::array<std::atomic<std::uint64_t>, tasks> turns{};
  for (std::size_t i = 0; i < tasks; ++i)
    rt.spawn([&, i](task::key self, task::context&) {
      const std::uint64_t turn = ++turns[i];
      // Asleep, so that the machine has time for those who take over.
      if (turn % 8 != 0) std::this_thread::sleep_for(std::chrono::microseconds((turn * 7 + i) % 40));
      if (enough) return poll_result::ready;
      if ((turn + i) % 3 != 0) return poll_result::yielded;
      const sched::host_entry call;
      runtime::wake(self);  // merges, and end_pending() has to see it
      return poll_result::pending;
    });
  std::uint64_t taken = 0, tried = 0;
  auto before = std::array<std::uint64_t, tasks>{};
  for (const instant_ns end = stress_end(); steady_clock().now() < end;) {
    for (int round = 0; round < 1000; ++round)
      taken += rt.take_over(static_cast<std::uint32_t>(++tried) % workers) ? 1 : 0;
    for (std::size_t i = 0; i < tasks; ++i) {
      REQUIRE_MESSAGE(eventually([&] { return turns[i] > before[i]; }), "task ", i, " is polled no more");
      before[i] = turns[i];
    }
  }
  enough = true;
  CHECK(eventually([&] { return rt.live() == 0; }));
  rt.end();
  MESSAGE("takeovers: ", taken, " of ", tried);
  CHECK(taken > 0);  // how many says how much time the machine had
}

TEST_CASE("of wakes between tasks and from threads none is lost") {
  bench_runtime rt(3);
  std::vector<std::unique_ptr<ring>> rings;
  for (const std::size_t tasks : {2u, 3u, 7u, 50u, 400u}) rings.push_back(std::make_unique<ring>(rt, tasks));
  woken_from_outside lone(rt);
  const instant_ns end = stress_end();
  std::thread outside([&] { lone.wake_until(end); });
  std::vector<std::uint64_t> before(rings.size(), 0);
  while (steady_clock().now() < end)
    for (std::size_t i = 0; i < rings.size(); ++i) {
      REQUIRE_MESSAGE(eventually([&] { return rings[i]->turns() > before[i]; }), "ring ", i, " stands still");
      before[i] = rings[i]->turns();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));  // a watcher need not be fast
    }
  outside.join();
  for (auto& one : rings) one->end();
  CHECK(eventually([&] { return rt.all->live(*rt.mine) == 0; }));
  std::uint64_t turns = 0;
  for (const auto& one : rings) turns += one->turns();
  MESSAGE("wakes between tasks: ", turns, ", that scheduled one: ", rt.all->totals(*rt.mine).wakes);
  CHECK(rt.all->metrics().idle_backlogs == 0);
  rt.end();
}

TEST_CASE("workers, threads, owners, tasks, timers and sockets come and go at random, and nothing is lost") {
  runtime_options with = bench_runtime::with_workers(2);
  with.stuck_after = 2 * millisecond;
  bench_runtime rt(with);
  churn tasks(rt);
  tasks.start(50);
  std::array<std::unique_ptr<echo>, 4> echoes;
  for (auto& one : echoes) one = std::make_unique<echo>(rt);
  fast_random random(steady_clock().now());
  std::array<std::uint64_t, 6> done{};
  for (const instant_ns end = stress_end(); steady_clock().now() < end;) {
    const std::uint32_t what = random.below(6);
    switch (what) {
      case 0: resize(rt, 1 + random.below(5)); break;
      case 1: REQUIRE(rt.all->rotate_threads(patience())); break;
      case 2: echoes[random.below(4)]->ask(static_cast<char>('a' + random.below(26))); break;
      case 3: rt.spawn_once([] { spin(4 * millisecond); }); break;  // is taken over
      case 4: {                                                     // a task that waits for ever, until it is aborted
        const task::key waits = rt.spawn([](task::key, task::context&) { return poll_result::pending; }, joined);
        runtime::abort(waits);
        REQUIRE(eventually([&] { return runtime::is_finished(waits); }));
        const sched::host_entry call;
        runtime::release_join(waits);
        break;
      }
      case 5: {  // an owner with tasks that end by themselves, or are aborted with it
        runtime_owner& other = **rt.all->add_owner("other");
        for (std::uint32_t i = 0; i < 20; ++i)
          REQUIRE(rt.try_spawn_of(other, [polls = i % 4](task::key, task::context&) mutable {
            return polls-- > 0 ? poll_result::yielded : poll_result::pending;
          }));
        rt.all->close_owner(other);
        CHECK(eventually([&] {
          rt.all->abort_all(other);
          return rt.all->live(other) == 0 && rt.all->remove_owner(other);
        }));
        break;
      }
    }
    ++done[what];
  }
  tasks.end();
  CHECK(eventually([&] { return tasks.ended(); }));
  for (auto& one : echoes) one->end();
  CHECK(eventually([&] { return rt.all->live(*rt.mine) == 0; }));
  MESSAGE("resized ", done[0], ", rotated ", done[1], ", echoes ", done[2], ", long polls ", done[3], " (taken over ",
          rt.all->metrics().all_workers().takeovers, "), aborted ", done[4], ", owners ", done[5], ", churned ",
          tasks.spawned());
  rt.end();
}
