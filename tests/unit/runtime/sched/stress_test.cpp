// The scheduler under stress for as long as one likes (support/stress_time.hpp): cores that are taken away in the
// middle of polls, wakes of which none may be lost, and everything at once. What was reached is printed. A scheduler
// with a hole shows that the watch over the wakes would notice.
#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "post.hpp"
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
  [[nodiscard]] bool rotate() { return scheduler_->rotate(patience()).has_value(); }
  [[nodiscard]] std::uint64_t live() const { return engine_->totals(*mine_).tasks.live(); }
  void end() { CHECK(scheduler_->stop(sched::moving_deadline(patience()))); }

 private:
  std::unique_ptr<sched::engine> engine_;
  sched::owner* mine_ = nullptr;
  std::optional<sched::multi_thread::scheduler> scheduler_;
};

// Wakes quiet tasks at any moment. Now and then it waits until the task has seen it, perhaps until its worker sleeps.
void wake_until(const std::atomic<bool>& over, const std::vector<mailbox*>& boxes, std::uint64_t seed) {
  fast_random random(seed);
  while (!over) {
    mailbox& one = *boxes[random.below(static_cast<std::uint32_t>(boxes.size()))];
    const std::uint64_t number = one.send();
    if (random.below(8) != 0) continue;
    if (!eventually([&] { return one.seen() >= number || over; })) return;  // the watch says whose it was
    if (random.below(8) == 0) std::this_thread::yield();
  }
}

// A scheduler with a hole: of a task that is woken when it was idle, the word says that it is queued, but no queue has
// it. What it does not lose goes on as always.
class lossy_door final : public task::scheduler {
 public:
  explicit lossy_door(sched::engine& all) : all_(all) {}
  void lose_one() { loses_ = true; }
  [[nodiscard]] task::header* lost() const { return lost_; }
  void deliver() { all_.resume(*lost_.exchange(nullptr)); }

  void schedule(task::header& task) noexcept override {
    if (loses_.exchange(false)) return lost_.store(&task);
    all_.resume(task);
  }
  void requeue(task::header& task) noexcept override { all_.requeue(task); }
  void free(task::header& task) noexcept override { all_.free(task); }
  void count(task::header& task, metrics::counter metrics::task_counters::* what) noexcept override {
    all_.count(task, what);
  }
  void came_back(task::header& task) noexcept override { all_.came_back(task); }

 private:
  sched::engine& all_;
  std::atomic<bool> loses_{false};
  std::atomic<task::header*> lost_{nullptr};
};

// A post whose tasks are woken through such a door.
struct lossy_post {
  explicit lossy_post(std::uint32_t workers) : rt(workers), door(rt.all->engine()), all(rt, owner()) {}
  runtime_owner& owner() { return **rt.all->engine().add_owner("lossy", memory::no_limit, &door); }
  // The watch names the task that has lost a wake, and all goes on when it gets it.
  void check_that_it_is_found() {
    CHECK(eventually([&] { return door.lost() != nullptr; }));
    const mailbox* const box = all.box_of(door.lost());
    REQUIRE(box != nullptr);
    CHECK(eventually([&] { return all.stands_still(20 * millisecond).starts_with(box->name() + " was sent "); }));
    door.deliver();
    CHECK(all.stands_still(30 * second).empty());
  }
  void end() {
    all.end();
    rt.end();
  }
  bench_runtime rt;
  lossy_door door;
  post all;
};

}  // namespace

// TOKIOD_STRESS_TAKEOVERS=1000000 makes so many of them.
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
  for (const stress_goal goal("TAKEOVERS"); !goal.reached(taken);) {
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

TEST_CASE("a core that is taken away while its thread is replaced has somebody who holds it afterwards") {
  open_scheduler rt(1);
  std::atomic<bool> enough{false};
  std::atomic<std::uint64_t> turns{0};
  for (int i = 0; i < 2; ++i)
    rt.spawn([&](task::key, task::context&) {
      ++turns;
      return enough ? poll_result::ready : poll_result::yielded;
    });
  std::atomic<std::uint64_t> taken{0};
  std::uint64_t rotated = 0;
  std::thread taker([&] {
    while (!enough) taken += rt.take_over(0) ? 1 : 0;
  });
  for (const stress_goal goal("ROTATIONS"); !goal.reached(rotated) || taken == 0; ++rotated) {
    CHECK(rt.rotate());
    const std::uint64_t before = turns;
    if (!eventually([&] { return turns > before; })) break;
  }
  const std::uint64_t before = turns;
  CHECK_MESSAGE(eventually([&] { return turns > before; }), "nobody holds the core after ", rotated, " rotations");
  enough = true;
  taker.join();
  CHECK(eventually([&] { return rt.live() == 0; }));
  rt.end();
  MESSAGE("rotations: ", rotated, ", takeovers meanwhile: ", taken.load());
}

// TOKIOD_STRESS_WAKES=1000000000 makes so many of them.
TEST_CASE("of wakes between tasks and from threads none is lost, whether workers are busy or about to sleep") {
  bench_runtime busy(3), drowsy(2);
  post crowded(busy, *busy.mine), sparse(drowsy, *drowsy.mine);
  for (const std::size_t tasks : {2u, 3u, 7u, 50u, 400u}) crowded.add_ring(tasks);
  crowded.add_crowd(30);
  std::atomic<bool> over{false};
  std::thread outside(wake_until, std::cref(over), crowded.add_quiet(16), stress_seed());
  std::thread sleepless(wake_until, std::cref(over), sparse.add_quiet(4), stress_seed());
  std::string still;
  for (const stress_goal goal("WAKES"); still.empty() && !goal.reached(crowded.wakes() + sparse.wakes());) {
    for (const post* one : {&crowded, &sparse})
      if (still.empty()) still = one->stands_still(30 * second);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // a watcher need not be fast
  }
  over = true;
  outside.join();
  sleepless.join();
  REQUIRE_MESSAGE(still.empty(), still);
  MESSAGE("wakes: ", crowded.wakes(),
          " among busy workers, that scheduled a task: ", busy.all->totals(*busy.mine).wakes, "; ", sparse.wakes(),
          " among drowsy ones, who slept ", drowsy.all->metrics().all_workers().parks, " times");
  for (post* one : {&crowded, &sparse}) one->end();
  for (bench_runtime* one : {&busy, &drowsy}) {
    CHECK(one->all->metrics().idle_backlogs == 0);
    one->end();
  }
}

TEST_CASE("a scheduler that loses one wake is found out, between tasks and from outside, and no later wake hides it") {
  lossy_post between(2);
  between.all.add_ring(7);
  between.all.add_ring(2);
  CHECK(eventually([&] { return between.all.wakes() > 1000; }));
  CHECK(between.all.stands_still(30 * second).empty());
  between.door.lose_one();
  between.check_that_it_is_found();
  between.end();

  lossy_post from_outside(2);
  mailbox& one = *from_outside.all.add_quiet(3)[1];
  for (int i = 0; i < 100; ++i) one.send();
  CHECK(from_outside.all.stands_still(30 * second).empty());
  from_outside.door.lose_one();
  while (from_outside.door.lost() == nullptr) one.send();
  for (int i = 0; i < 100; ++i) one.send();
  from_outside.check_that_it_is_found();
  from_outside.end();
}

// TOKIOD_STRESS_OPERATIONS=72000 is as many as an hour has with one in 50 ms.
TEST_CASE("workers, threads, owners, tasks, timers and sockets come and go at random, and nothing is lost") {
  runtime_options with = bench_runtime::with_workers(2);
  with.stuck_after = 2 * millisecond;
  bench_runtime rt(with);
  churn tasks(rt);
  tasks.start(50);
  std::array<std::unique_ptr<echo>, 4> echoes;
  for (auto& one : echoes) one = std::make_unique<echo>(rt);
  const std::uint64_t seed = stress_seed();
  fast_random random(seed);
  std::array<std::uint64_t, 7> done{};
  for (const stress_goal goal("OPERATIONS"); !goal.reached(std::accumulate(done.begin(), done.end(), 0ull));) {
    const std::uint32_t what = random.below(7);
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
      case 6:  // has no patience, and is refused in the middle of it as a rule
        (void)rt.all->resize(1 + random.below(5), steady_clock().now(), [] { return true; });
        break;
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
  MESSAGE("seed ", seed, ": resized ", done[0], ", rotated ", done[1], ", echoes ", done[2], ", long polls ", done[3],
          " (taken over ", rt.all->metrics().all_workers().takeovers, "), aborted ", done[4], ", owners ", done[5],
          ", resizes given up ", done[6], ", churned ", tasks.spawned());
  rt.end();
}
