// The number of workers changes while tasks run: nothing is lost, worker numbers are stable, and the sockets and timers
// of a retired worker are served by another one.
#include <sys/resource.h>

#include <array>
#include <thread>

#include <doctest/doctest.h>

#include "traffic.hpp"

using namespace tokiod;
using namespace tokiod::test;
using task::poll_result;

namespace {

std::uint32_t with_a_thread(const bench_runtime& rt) {
  std::uint32_t count = 0;
  for (const worker_view& one : rt.all->snapshot().workers) count += one.os_thread != 0 ? 1 : 0;
  return count;
}

// Polled on a given worker, which is made to by keeping the others in a poll until it has begun there.
void run_on(bench_runtime& rt, std::uint32_t worker, std::function<void()> run) {
  std::atomic<bool> done{false};
  std::atomic<int> out{0};
  int in = 0;
  for (; !done; ++in) {
    rt.spawn_once([&] {
      if (runtime::here().worker == static_cast<std::int32_t>(worker) && !done.exchange(true)) run();
      CHECK(eventually([&] { return done.load(); }));
      ++out;
    });
    (void)eventually([&, until = steady_clock().now() + millisecond] { return done || steady_clock().now() > until; });
  }
  CHECK(eventually([&] { return out == in; }));
}

// A worker that stays in one poll until it is let go.
class kept_busy {
 public:
  kept_busy(bench_runtime& rt, std::uint32_t worker)
      : poll_([this, &rt, worker] {
          run_on(rt, worker, [this] {
            in_ = true;
            CHECK(eventually([&] { return over_.load(); }));
          });
        }) {
    CHECK(eventually([&] { return in_.load(); }));
  }
  void let_go() {
    over_ = true;
    poll_.join();
  }

 private:
  std::atomic<bool> in_{false}, over_{false};
  std::thread poll_;
};

}  // namespace

TEST_CASE("a number of workers that cannot be had is refused with its reason") {
  bench_runtime rt(2);
  CHECK(rt.all->resize(0, patience()).error().sentence == "worker_threads must be 1..1024, got 0");
  CHECK(rt.all->resize(1025, patience()).error().sentence == "worker_threads must be 1..1024, got 1025");
  CHECK(rt.all->snapshot().active_workers == 2);
  rt.end();
  CHECK(rt.all->resize(1, patience()).error().sentence == "the runtime stops, so its workers cannot be changed");
  runtime_options alone;
  alone.kind = flavor::current_thread;
  CHECK(bench_runtime(alone).all->resize(2, patience()).error().sentence ==
        "the flavor current_thread has exactly one worker, which cannot be changed");
}

TEST_CASE("workers come and go; their numbers stay, and the retired are shown as such") {
  bench_runtime rt(1);
  for (const std::uint32_t workers : {4u, 1u, 2u, 70u, 3u, 1u}) {
    resize(rt, workers);
    CHECK(with_a_thread(rt) == workers);
    const auto seen = rt.all->metrics().workers;
    for (std::uint32_t i = 0; i < seen.size(); ++i) {
      CHECK(seen[i].index == i);
      CHECK((seen[i].state == metrics::worker_state::retired) == (i >= workers));
    }
    std::atomic<int> ran{0};
    for (int i = 0; i < 100; ++i) rt.spawn_once([&] { ++ran; });
    CHECK(eventually([&] { return ran == 100; }));
  }
  CHECK(rt.all->snapshot().workers.size() == 70);
  rt.end();
}

TEST_CASE("a worker that cannot be had is named, and the others go on") {
  bench_runtime rt(1);
  resize(rt, 2);
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  const rlimit none{3, before.rlim_max};
  REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
  const auto refused = rt.all->resize(4, patience());
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(!refused);
  CHECK(refused.error().sentence == "cannot start worker 2: epoll_create1: Too many open files; workers that run: 2");
  CHECK(rt.all->snapshot().active_workers == 2);
  resize(rt, 4);
  CHECK(with_a_thread(rt) == 4);
  rt.end();
}

TEST_CASE("a worker that is added runs what waits behind a long poll of the only one") {
  runtime_options with = bench_runtime::with_workers(1);
  with.stuck_after = 0;
  bench_runtime rt(with);
  std::atomic<bool> in{false}, ran{false};
  rt.spawn_once([&] {
    in = true;
    CHECK(eventually([&] { return ran.load(); }));
  });
  CHECK(eventually([&] { return in.load(); }));
  rt.spawn_once([&] { ran = true; });
  resize(rt, 2);
  CHECK(eventually([&] { return ran.load(); }));
  rt.end();
}

TEST_CASE("timers and sockets of retired workers are served while the only worker sleeps") {
  bench_runtime rt(4);
  std::array<std::unique_ptr<counted>, 4> sleepers;
  std::array<std::unique_ptr<echo>, 8> echoes;
  for (auto& one : sleepers) one = std::make_unique<counted>(rt);
  for (auto& one : echoes) one = std::make_unique<echo>(rt);
  const instant_ns due = rt.all->now() + 50 * millisecond;
  for (std::uint32_t w = 0; w < 4; ++w)
    run_on(rt, w, [&, w] {
      const sched::host_entry call;
      rt.all->arm(sleepers[w]->timer, due, sleepers[w]->task);
    });
  resize(rt, 3);
  resize(rt, 2);
  resize(rt, 1);  // what worker 1 had adopted goes on with its own
  for (int round = 0; round < 50; ++round)
    for (auto& one : echoes) one->ask(static_cast<char>('a' + round % 26));
  for (auto& one : sleepers) CHECK(eventually([&] { return one->polls == 2; }));
  CHECK(rt.all->now() >= due);

  // And timers that are armed there later, while everybody sleeps.
  for (int round = 0; round < 8; ++round)
    for (std::uint32_t s = 0; s < 4; ++s) {
      const int before = sleepers[s]->polls;
      rt.all->engine().shards[s]->arm(sleepers[s]->timer, rt.all->now() + 100 * microsecond, sleepers[s]->task, false);
      CHECK(eventually([&] { return sleepers[s]->polls == before + 1; }));
    }

  resize(rt, 4);
  for (const auto& one : rt.all->engine().cores) {
    CHECK(one->adopted.empty());
    CHECK(one->home.owner() == one->index);
  }
  for (auto& one : echoes) one->ask('z');
  for (auto& one : echoes) one->end();
  for (auto& one : sleepers) one->over = true;
  for (auto& one : sleepers) rt.wake(one->task);
  for (auto& one : sleepers) runtime::disarm(one->timer);
  rt.end();
}

TEST_CASE("an adopted timer fires while the adopter is in a long poll") {
  bench_runtime rt(3);
  counted sleeper(rt);
  std::atomic<bool> out{false}, in{false};
  run_on(rt, 2, [&] {
    const sched::host_entry call;
    rt.all->arm(sleeper.timer, rt.all->now() + 20 * millisecond, sleeper.task);
  });
  resize(rt, 2);
  const std::uint32_t adopter = rt.all->engine().shards[2]->owner();
  CHECK(adopter < 2);
  std::thread busy([&] {
    run_on(rt, adopter, [&] {
      in = true;
      CHECK(eventually([&] { return sleeper.polls == 2; }));
      out = true;
    });
  });
  CHECK(eventually([&] { return out.load(); }));
  busy.join();
  sleeper.over = true;
  rt.wake(sleeper.task);
  runtime::disarm(sleeper.timer);
  rt.end();
}

TEST_CASE("a worker in a poll that does not end retires without it, and what it had queued runs") {
  bench_runtime rt(2);
  std::atomic<int> ran{0};
  std::atomic<bool> go{false}, over{false};
  std::thread resizer([&] {
    run_on(rt, 1, [&] {
      for (int i = 0; i < 50; ++i) rt.spawn_once([&] { ++ran; });
      go = true;
      CHECK(eventually([&] { return over.load(); }));
    });
  });
  CHECK(eventually([&] { return go.load(); }));
  resize(rt, 1);
  CHECK(with_a_thread(rt) == 1);
  CHECK(eventually([&] { return ran == 50; }));
  over = true;
  resizer.join();
  resize(rt, 2);
  CHECK(rt.all->rotate_threads(patience()));  // the thread that lost its core has ended, too
  rt.end();
}

TEST_CASE("a worker that is gone although its poll goes on is told as retiring, until that ends") {
  bench_runtime rt(2);
  kept_busy held(rt, 1);
  runtime::worker_change made;
  REQUIRE(rt.all->resize(1, patience(), nullptr, &made));
  CHECK(made.before == 2);
  CHECK(made.after == 1);
  CHECK(made.retiring == std::vector<std::uint32_t>{1});
  REQUIRE(rt.all->resize(1, patience(), nullptr, &made));  // it still is
  CHECK(made.retiring == std::vector<std::uint32_t>{1});
  held.let_go();
  CHECK(rt.all->rotate_threads(patience()));
  REQUIRE(rt.all->resize(1, patience(), nullptr, &made));
  CHECK(made.retiring.empty());
  rt.end();
}

TEST_CASE("where takeovers are turned off, a poll that does not end keeps its worker, and the refusal says so") {
  runtime_options with = bench_runtime::with_workers(2);
  with.stuck_after = 0;
  bench_runtime rt(with);
  kept_busy held(rt, 1);
  const auto refused = rt.all->resize(1, steady_clock().now() + 10 * millisecond);
  REQUIRE(!refused);
  CHECK(refused.error().sentence == "worker 1 does not come back from its poll; workers that run: 2");
  CHECK(rt.all->snapshot().active_workers == 2);
  CHECK(rt.all->engine().cores[0]->adopted.empty());
  held.let_go();
  run_on(rt, 1, [] {});  // it works on
  resize(rt, 1);
  rt.end();
}

TEST_CASE("whoever waits for a worker, or for his turn, may give up") {
  runtime_options with = bench_runtime::with_workers(2);
  with.stuck_after = 0;
  bench_runtime rt(with);
  kept_busy held(rt, 1);
  std::atomic<bool> asked{false}, gives_up{false};
  std::thread first([&] {
    const auto refused = rt.all->resize(1, patience(), [&] {
      asked = true;
      return gives_up.load();
    });
    CHECK(refused.error().why == kind::cancelled);
    CHECK(refused.error().sentence == "whoever asked for another number of workers has given up; workers that run: 2");
  });
  CHECK(eventually([&] { return asked.load(); }));
  CHECK(rt.all->rotate_threads(steady_clock().now() + millisecond).error().code == ETIMEDOUT);
  const auto next = rt.all->resize(1, patience(), [] { return true; });
  CHECK(next.error().why == kind::timeout);
  CHECK(next.error().sentence == "another change of the workers or their threads is under way; workers that run: 2");
  gives_up = true;
  first.join();
  held.let_go();
  resize(rt, 1);
  rt.end();
}

TEST_CASE("resizing, rotating and stopping at once end in order") {
  for (int round = 0; round < 20; ++round) {
    bench_runtime rt(2);
    std::atomic<bool> enough{false};
    for (int i = 0; i < 10; ++i)
      rt.spawn([&](task::key, task::context&) { return enough ? poll_result::ready : poll_result::yielded; });
    std::thread resizer([&] {
      for (std::uint32_t n = 0; rt.all->resize(1 + n % 4, patience()); ++n) {
      }
    });
    std::thread rotator([&] {
      while (rt.all->rotate_threads(patience())) {
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(3));  // some of everything; any moment is as good
    CHECK(rt.all->stop(patience()) == stop_result::drained);
    resizer.join();
    rotator.join();
    CHECK(rt.all->live(*rt.mine) == 0);
    enough = true;
  }
}

TEST_CASE("under load from all sides the workers change again and again, and nothing is lost") {
  bench_runtime rt(1);
  std::atomic<bool> enough{false};
  churn tasks(rt);
  tasks.start(50);
  counted woken(rt);
  std::array<std::unique_ptr<echo>, 4> echoes;
  for (auto& one : echoes) one = std::make_unique<echo>(rt);
  std::thread outside([&] {
    for (int wakes = 1; !enough; ++wakes) {
      const int before = woken.polls;
      rt.wake(woken.task);
      CHECK(eventually([&] { return woken.polls > before; }));
      for (auto& one : echoes) one->ask(static_cast<char>('a' + wakes % 26));
    }
  });
  for (int round = 0; round < 25; ++round)
    for (const std::uint32_t workers : {4u, 1u, 2u, 5u, 3u}) resize(rt, workers);
  enough = true;
  tasks.end();
  outside.join();
  CHECK(eventually([&] { return tasks.ended(); }));
  for (auto& one : echoes) one->end();
  woken.over = true;
  rt.wake(woken.task);
  CHECK(eventually([&] { return rt.all->live(*rt.mine) == 0; }));
  rt.end();
}
