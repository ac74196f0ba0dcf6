// The pool with real threads. What happens when its moves race is in tests/model/claims_model.cpp.
#include "runtime/blocking/pool.hpp"

#include <doctest/doctest.h>
#include <sys/types.h>

#include <atomic>
#include <cerrno>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/os_thread.hpp"
#include "base/policy.hpp"

namespace {

using namespace tokiod;
using namespace tokiod::blocking;

instant_ns in(duration_ns time) { return steady_clock().now() + time; }

// What happened to a job, and a gate that keeps it running.
struct test_job final : job {
  explicit test_job(at_stop fate = at_stop::drop, const void* of = nullptr) : job(fate, of) {}
  void run() noexcept override {
    started.set();
    if (blocks) gate.wait();
    thread = current_thread_id();
    ran.store(true);
    ended.set();
  }
  void drop() noexcept override { dropped.fetch_add(1); }

  bool blocks = false;
  real_policy::event started, gate, ended;
  int thread = 0;
  std::atomic<bool> ran{false};
  std::atomic<int> dropped{0};
};

// Keeps one thread of the pool busy until it is let go or destroyed.
struct blocking_job {
  std::unique_ptr<test_job> job = std::make_unique<test_job>();
  explicit blocking_job(pool& p) {
    job->blocks = true;
    REQUIRE(p.submit(*job).has_value());
    job->started.wait();
  }
  ~blocking_job() {
    let_go();
    job->ended.wait();
  }
  void let_go() const { job->gate.set(); }
};

void run_one(pool& p, test_job& work) {
  REQUIRE(p.submit(work).has_value());
  work.ended.wait();
}

template <class Condition>
void eventually(Condition holds) {
  const instant_ns until = in(20 * second);
  while (!holds()) {
    REQUIRE(steady_clock().now() < until);
    std::this_thread::yield();
  }
}

}  // namespace

TEST_CASE("a job runs on a thread of the pool, and an idle thread is used again") {
  pool p({});
  test_job first, next;
  run_one(p, first);
  CHECK(first.thread != current_thread_id());
  eventually([&] { return p.counts().idle == 1; });
  run_one(p, next);
  CHECK(next.thread == first.thread);
  CHECK(p.counts().threads == 1);
}

TEST_CASE("threads are made while all are busy, up to the cap, and then jobs queue in order") {
  pool p({.max_threads = 2});
  const blocking_job one(p), two(p);
  test_job three, four;
  REQUIRE(p.submit(three).has_value());
  REQUIRE(p.submit(four).has_value());
  CHECK(p.counts().threads == 2);
  CHECK(p.counts().queued == 2);
  one.let_go();
  three.ended.wait();
  four.ended.wait();
  CHECK(three.thread == four.thread);
  two.let_go();
}

TEST_CASE("an idle thread ends when its time is up, and the next job gets a new one") {
  std::atomic<int> stopped{0};
  pool p({.keep_alive = millisecond, .on_thread_stop = [&] { stopped.fetch_add(1); }});
  for (int round = 1; round <= 3; ++round) {
    test_job work;
    run_one(p, work);
    eventually([&] { return stopped.load() == round; });
    CHECK(p.counts().threads == 0);
  }
}

TEST_CASE("a job that has not started can be cancelled, one that runs cannot") {
  pool p({.max_threads = 1});
  const blocking_job runs(p);
  test_job waits;
  REQUIRE(p.submit(waits).has_value());
  CHECK(p.cancel(waits));
  CHECK_FALSE(p.cancel(waits));
  CHECK(waits.dropped.load() == 1);
  CHECK_FALSE(p.cancel(*runs.job));
  runs.let_go();
  CHECK(p.stop(never));
  CHECK_FALSE(waits.ran.load());
}

TEST_CASE("jobs of somebody that have not started are dropped together, but for mandatory ones and those of others") {
  pool p({.max_threads = 1});
  const int me = 0, other = 0;
  test_job first(at_stop::drop, &me), promised(at_stop::run, &me), theirs(at_stop::drop, &other), nobodys,
      last(at_stop::drop, &me);
  {
    const blocking_job busy(p);
    for (auto* const one : {&first, &promised, &theirs, &nobodys, &last}) REQUIRE(p.submit(*one));
    p.drop_jobs_of(&me);
    CHECK(first.dropped.load() == 1);
    CHECK(last.dropped.load() == 1);
    CHECK(p.counts().queued == 3);
    CHECK(p.counts().dropped == 2);
  }
  for (auto* const one : {&promised, &theirs, &nobodys}) {
    one->ended.wait();
    CHECK(one->dropped.load() == 0);
  }
  CHECK(p.stop(in(10 * second)));
  CHECK_FALSE(first.ran.load());
}

TEST_CASE("[TK-18] at stop mandatory jobs run and the others are dropped, each exactly once") {
  pool p({.max_threads = 1});
  const blocking_job runs(p);
  test_job promised(at_stop::run), optional;
  REQUIRE(p.submit(optional).has_value());
  REQUIRE(p.submit(promised).has_value());
  std::thread stopping([&] { CHECK(p.stop(never)); });
  eventually([&] { return optional.dropped.load() == 1; });
  runs.let_go();
  stopping.join();
  CHECK(promised.ran.load());
  CHECK_FALSE(optional.ran.load());
  test_job late(at_stop::run);
  CHECK(p.submit(late).error().code == ECANCELED);
  CHECK(p.counts().dropped == 1);
}

TEST_CASE("a stop whose deadline passes says so and leaves the thread to end by itself") {
  std::atomic<bool> ended{false};
  auto p = std::make_unique<pool>(pool_options{.on_thread_stop = [&] { ended.store(true); }});
  const blocking_job stuck(*p);
  CHECK_FALSE(p->stop(in(millisecond)));
  CHECK_FALSE(p->stop(in(millisecond)));
  p.reset();
  stuck.let_go();
  eventually([&] { return ended.load(); });
}

TEST_CASE("a rotation replaces idle threads at once and busy ones after their job, and loses no job") {
  std::atomic<int> stopped{0};
  pool p({.max_threads = 2, .on_thread_stop = [&] { stopped.fetch_add(1); }});
  const blocking_job busy(p);
  test_job idles;
  run_one(p, idles);
  eventually([&] { return p.counts().idle == 1; });
  CHECK_FALSE(p.rotate(in(10 * millisecond)));
  eventually([&] { return stopped.load() == 1; });
  const blocking_job other(p);
  test_job queued;
  REQUIRE(p.submit(queued).has_value());
  std::thread rotating([&] { CHECK(p.rotate(never)); });
  busy.let_go();
  other.let_go();
  rotating.join();
  queued.ended.wait();
  CHECK(stopped.load() >= 3);
  CHECK(queued.thread != idles.thread);
}

TEST_CASE("without a thread and without a way to make one a job is refused and untouched") {
  pool p({.stack_bytes = std::size_t{1} << 46});
  test_job work;
  CHECK(p.submit(work).error().code == EAGAIN);
  CHECK(work.dropped.load() == 0);
  CHECK(p.counts().threads == 0);
  CHECK(p.counts().queued == 0);
}

TEST_CASE("without memory for a thread a job is refused and untouched") {
  bool out_of_memory = true;
  pool p({.max_threads = 2, .name_of_thread = [&]() -> std::string {
            if (out_of_memory) throw std::bad_alloc();
            return "thread";
          }});
  test_job refused, works;
  const auto submitted = p.submit(refused);
  REQUIRE_FALSE(submitted);
  CHECK(submitted.error().code == ENOMEM);
  CHECK_FALSE(refused.linked());
  CHECK(p.counts().queued == 0);
  CHECK(p.counts().threads == 0);
  out_of_memory = false;
  run_one(p, works);
  CHECK(p.stop(in(10 * second)));
  CHECK_FALSE(refused.ran.load());
  CHECK(refused.dropped.load() == 0);
}

TEST_CASE("every thread runs the hooks, first and last") {
  std::atomic<int> started{0}, stopped{0};
  {
    pool p({.on_thread_start = [&] { started.fetch_add(1); }, .on_thread_stop = [&] { stopped.fetch_add(1); }});
    const blocking_job one(p), two(p);
    CHECK(started.load() == 2);
    one.let_go();
    two.let_go();
  }
  CHECK(stopped.load() == 2);
}

TEST_CASE("jobs from many threads, with cancels, short-lived threads and rotations, all end exactly once") {
  constexpr int submitters = 3, rounds = 300;
  std::vector<std::unique_ptr<test_job>> all;
  for (int i = 0; i < submitters * rounds; ++i) all.push_back(std::make_unique<test_job>());
  {
    pool p({.max_threads = 3, .keep_alive = 50 * microsecond});
    std::vector<std::thread> threads;
    for (int t = 0; t < submitters; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < rounds; ++i) {
          test_job& work = *all[static_cast<std::size_t>(t * rounds + i)];
          REQUIRE(p.submit(work).has_value());
          if (i % 7 == 0) (void)p.cancel(work);
        }
      });
    for (int i = 0; i < 5; ++i) CHECK(p.rotate(never));
    for (auto& t : threads) t.join();
    eventually([&] { return p.counts().queued == 0; });
  }
  for (auto& work : all) REQUIRE(int{work->ran.load()} + work->dropped.load() == 1);
}

TEST_CASE("a stop waits for the threads that are still being made, and for what they promised") {
  for (int round = 0; round < 300; ++round) {
    pool p({.max_threads = 4});
    std::vector<std::unique_ptr<test_job>> jobs;
    for (int i = 0; i < 8; ++i) {
      jobs.push_back(std::make_unique<test_job>(at_stop::run));
      REQUIRE(p.submit(*jobs.back()).has_value());
    }
    REQUIRE(p.stop(never));
    for (const auto& one : jobs) REQUIRE(one->ran.load());
    REQUIRE(p.counts().threads == 0);
  }
}

TEST_CASE("a higher cap is for jobs that wait already") {
  pool p({.max_threads = 1});
  const blocking_job first(p);
  test_job waits;
  REQUIRE(p.submit(waits).has_value());
  CHECK(p.counts().threads == 1);
  p.limit(2, second);
  waits.ended.wait();
  CHECK(waits.ran);
  CHECK(p.counts().threads == 2);
}

TEST_CASE("threads past a lower cap end, idle ones at once and the others after their jobs, and no job is lost") {
  pool p({.max_threads = 4, .keep_alive = 1000 * second});
  {
    const blocking_job a(p), b(p), c(p);
    p.limit(1, 1000 * second);
    CHECK(p.counts().threads == 3);
  }
  eventually([&] { return p.counts().threads == 1; });
  const blocking_job first(p);
  test_job queued;
  REQUIRE(p.submit(queued).has_value());
  CHECK(p.counts().threads == 1);
  first.let_go();
  queued.ended.wait();
  CHECK(p.counts().threads == 1);
}

TEST_CASE("another time to live is for the next sleep") {
  pool p({.max_threads = 1, .keep_alive = 1000 * second});
  p.limit(1, millisecond);
  test_job work;
  run_one(p, work);
  eventually([&] { return p.counts().threads == 0; });
}

TEST_CASE("how long jobs waited and ran is kept, of those that have ended") {
  pool p({.max_threads = 1});
  test_job second_one;
  {
    const blocking_job first(p);
    REQUIRE(p.submit(second_one).has_value());
    CHECK(p.times().run_ns.total() == 0);
    const auto since = steady_clock().now();
    while (steady_clock().now() - since < millisecond) real_policy::yield();
  }
  second_one.ended.wait();
  CHECK(p.stop(in(30 * second)));
  const auto seen = p.times();
  CHECK(seen.run_ns.total() == 2);
  CHECK(seen.wait_ns.total() == 2);
  CHECK(seen.run_ns.sum >= millisecond);
  CHECK(seen.wait_ns.sum >= millisecond);
}

TEST_CASE("a look shows whose jobs run, on which thread, and whose wait") {
  pool p({.max_threads = 1});
  const int somebody = 0, another = 0;
  test_job running, waiting;
  running.blocks = true;
  running.whose = &somebody;
  waiting.whose = &another;
  const auto before = steady_clock().now();
  REQUIRE(p.submit(running));
  running.started.wait();
  REQUIRE(p.submit(waiting));
  const auto seen = p.look(10);
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].whose == &somebody);
  CHECK(seen[0].os_thread > 0);
  CHECK(seen[0].since >= before);
  CHECK(seen[1].whose == &another);
  CHECK(seen[1].os_thread == 0);
  CHECK(seen[1].since >= before);
  CHECK(p.look(0).size() == 1);
  running.gate.set();
  waiting.ended.wait();
  while (!p.look(10).empty()) std::this_thread::yield();  // it ends a little after its job
}
