#include <doctest/doctest.h>

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "tasks.hpp"

using namespace tokiod;
using namespace tokiod::test;
using task::poll_result;

TEST_CASE("numbers out of range are refused with the number and the limit") {
  runtime_options options;
  options.worker_threads = 0;
  CHECK(runtime::start(options).error().sentence == "worker_threads must be 1..1024, got 0");
  options.worker_threads = 1025;
  CHECK(runtime::start(options).error().sentence == "worker_threads must be 1..1024, got 1025");
  options.worker_threads = 1;
  options.event_interval = 0;
  CHECK(runtime::start(options).error().why == kind::out_of_range);
}

TEST_CASE("a thread that cannot be had is refused with a sentence, and nothing of the start is left") {
  runtime_options options;
  options.worker_threads = 3;
  options.thread_stack_size = std::size_t{1} << 60;
  const auto started = runtime::start(options);
  REQUIRE(!started);
  CHECK(started.error().sentence.starts_with("cannot start 3 worker threads: pthread_create: "));
}

TEST_CASE("a descriptor that cannot be had is refused with a sentence") {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit few = before;
  few.rlim_cur = 8;
  setrlimit(RLIMIT_NOFILE, &few);
  runtime_options options;
  options.worker_threads = 16;
  const auto started = runtime::start(options);
  setrlimit(RLIMIT_NOFILE, &before);
  REQUIRE(!started);
  CHECK(started.error().sentence.starts_with("cannot start a runtime with 16 workers: "));
}

TEST_CASE("an owner is removed once its tasks are over and their handles released, and not before") {
  bench_runtime rt(2);
  const task::key handle = rt.spawn([](task::key, task::context&) { return poll_result::ready; }, joined);
  CHECK(eventually([&] { return runtime::is_finished(handle); }));
  rt.all->close_owner(*rt.mine);
  const auto early = rt.all->remove_owner(*rt.mine);
  REQUIRE(!early);
  CHECK(early.error().why == kind::in_use);
  CHECK(early.error().sentence == "test still holds 1 task slots, 0 of them of live tasks");
  runtime::release_join(handle);
  CHECK(rt.all->remove_owner(*rt.mine));
  rt.end();
}

namespace {

// A task that is over when it may be, and the end of which then takes as long as it must.
struct slow_end {
  memory::owner_id owner;
  std::atomic<bool> polled{false}, over{false}, ending{false}, ended{false};
};
slow_end& end_in(task::header& self) { return **static_cast<slow_end**>(task::body_of(self)); }
void wait_for(const std::atomic<bool>& flag) {
  while (!flag) std::this_thread::yield();
}

constexpr task::body_ops slow_end_ops{.poll =
                                          [](task::header& self, task::context&) noexcept {
                                            const sched::plugin_call call(end_in(self).owner, nullptr);
                                            end_in(self).polled = true;
                                            wait_for(end_in(self).over);
                                            return poll_result::ready;
                                          },
                                      .drop =
                                          [](task::header& self) noexcept {
                                            end_in(self).ending = true;
                                            wait_for(end_in(self).ended);
                                          }};

}  // namespace

TEST_CASE("an owner's last task is counted as ended before its slot is back: the removal waits for that") {
  const auto last_task_ends = [](runtime_options with, auto&& while_polled) {
    bench_runtime rt(with);
    slow_end end{.owner = rt.mine->id()};
    const auto made = rt.all->allocate(*rt.mine, slow_end_ops, nullptr, sizeof(slow_end*));
    REQUIRE(made);
    new (task::body_of(**made)) slow_end*(&end);
    REQUIRE(rt.all->spawn(**made, {}, false));
    wait_for(end.polled);
    while_polled(rt);
    rt.all->close_owner(*rt.mine);
    end.over = true;
    wait_for(end.ending);
    CHECK(rt.all->live(*rt.mine) == 0);
    std::atomic<bool> removed{false};
    std::thread remover([&] { removed = rt.all->remove_owner(*rt.mine).has_value(); });
    CHECK_FALSE(rt.all->pass_all_guards(steady_clock().now() + 20 * millisecond));  // it is in host code all the time
    end.ended = true;
    CHECK(rt.all->pass_all_guards(patience()));
    remover.join();
    CHECK(removed);
    rt.end();
  };
  auto with = bench_runtime::with_workers(1);
  SUBCASE("on its core") {
    with.stuck_after = 0;
    last_task_ends(with, [](bench_runtime&) {});
  }
  SUBCASE("on a thread that lost its core") {
    with.stuck_after = 2 * millisecond;
    last_task_ends(with, [](bench_runtime& rt) {
      std::atomic<bool> ran{false};
      rt.spawn_once([&] { ran = true; });
      wait_for(ran);  // which it can only by a takeover
    });
  }
}

namespace {

// A task that waits for ever, and a body that has seen use to its last byte.
constexpr task::body_ops parked_ops{.poll = [](task::header&, task::context&) noexcept { return poll_result::pending; },
                                    .drop = [](task::header&) noexcept {}};

void spawn_parked(bench_runtime& rt, std::size_t body_bytes, std::vector<std::byte*>& pages) {
  const auto made = rt.all->allocate(*rt.mine, parked_ops, nullptr, body_bytes);
  REQUIRE(made);
  auto* const body = static_cast<std::byte*>(task::body_of(**made));
  std::memset(body, 1, body_bytes);
  for (std::size_t at = 0; at < body_bytes; at += 4096) pages.push_back(body + at);
  REQUIRE(rt.all->spawn(**made, {}, false));
}

bool resident(const std::byte* at) {
  const auto page = reinterpret_cast<std::uintptr_t>(at) & ~std::uintptr_t{4095};
  unsigned char core = 0;
  REQUIRE(::mincore(reinterpret_cast<void*>(page), 1, &core) == 0);
  return (core & 1) != 0;
}

}  // namespace

TEST_CASE("what an owner's tasks used goes back to the system with the owner, wherever they ended") {
  // Without reports of long polls: to describe one, the monitor reads the header of a task that may just have gone, and
  // that page, empty by then, counts as resident.
  runtime_options with = bench_runtime::with_workers(2);
  with.stuck_after = 0;
  bench_runtime rt(with);
  std::vector<std::byte*> pages;
  // Within the slabs on small pages: large ones the system fills again by itself, some time after they went back.
  for (const auto bytes : std::initializer_list<std::size_t>{100, 3'000, 15'000, 100'000, 1'000'000})
    for (std::size_t used = 0; used < 700'000; used += bytes) spawn_parked(rt, bytes, pages);
  CHECK(std::ranges::all_of(pages, resident));
  rt.all->close_owner(*rt.mine);
  rt.all->abort_all(*rt.mine);
  REQUIRE(eventually([&] { return rt.all->live(*rt.mine) == 0; }));
  REQUIRE(rt.all->remove_owner(*rt.mine));
  CHECK(std::ranges::none_of(pages, resident));
  rt.end();
}

TEST_CASE("what a crowd of tasks used goes back while the runtime goes on, whether it sleeps or works") {
  bench_runtime rt(1);
  std::atomic<bool> over{false};
  for (const bool works : {false, true}) {
    if (works) rt.spawn([&](task::key, task::context&) { return over ? poll_result::ready : poll_result::yielded; });
    std::vector<task::key> crowd;
    for (int i = 0; i < 20'000; ++i)
      crowd.push_back(rt.spawn([](task::key, task::context&) { return poll_result::pending; }));
    const std::uint64_t most = rt.mine->heap().charged_bytes();
    CHECK(most > 2 << 20);
    for (const task::key one : crowd) runtime::abort(one);
    CHECK(eventually([&] { return rt.mine->heap().charged_bytes() < most / 4; }));
  }
  over = true;
  rt.end();
}

TEST_CASE("a closed owner spawns nothing, from a worker and from outside") {
  bench_runtime rt(1);
  rt.all->close_owner(*rt.mine);
  CHECK(rt.try_spawn([](task::key, task::context&) { return poll_result::ready; }).error().code == ESHUTDOWN);
  std::atomic<int> code{0};
  CHECK(rt.all->run_on_worker(
      [&] { code = rt.try_spawn([](task::key, task::context&) { return poll_result::ready; }).error().code; }));
  CHECK(eventually([&] { return code == ESHUTDOWN; }));
  rt.end();
}

TEST_CASE("owners come and go while others run, and their numbers are used again") {
  bench_runtime rt(2);
  rt.spawn([](task::key, task::context&) { return poll_result::yielded; });
  for (int i = 0; i < 1100; ++i) {
    auto other = rt.all->add_owner("guest", memory::no_limit);
    REQUIRE(other);
    bench_runtime* const bench = &rt;
    runtime_owner* const own = std::exchange(bench->mine, *other);
    const task::key one = rt.spawn_once([] {});
    bench->mine = own;
    if (i % 100 == 0) CHECK(eventually([&] { return runtime::is_finished(one); }));
    rt.all->close_owner(**other);
    rt.all->abort_all(**other);
    REQUIRE(eventually([&] { return rt.all->live(**other) == 0; }));
    REQUIRE(rt.all->remove_owner(**other));
  }
  rt.end();
}

TEST_CASE("abort ends a waiting task without another poll, and a joiner hears of it") {
  bench_runtime rt(2);
  std::atomic<int> polls{0};
  std::atomic<int> how{-1};
  const task::key sleeper = rt.spawn(
      [&](task::key, task::context&) {
        ++polls;
        return poll_result::pending;
      },
      joined);
  CHECK(eventually([&] { return polls == 1; }));
  rt.spawn([&](task::key self, task::context&) {
    const sched::host_entry call;
    if (runtime::poll_join(sleeper, self) == task::join_poll::pending) return poll_result::pending;
    how = static_cast<int>(task::end_of(*sleeper.task));
    runtime::release_join(sleeper);
    return poll_result::ready;
  });
  runtime::abort(sleeper);
  CHECK(eventually([&] { return how == static_cast<int>(task::end_kind::cancelled); }));
  CHECK(polls == 1);
  rt.end();
}

TEST_CASE("the view names the task that keeps a worker, its owner, and for how long") {
  bench_runtime rt(2);
  std::atomic<bool> go{false}, in{false};
  const task::key guilty = rt.spawn_once([&] {
    in = true;
    CHECK(eventually([&] { return go.load(); }));
  });
  CHECK(eventually([&] { return in.load(); }));
  const task::task_id id = runtime::id_of(guilty);
  CHECK(eventually([&] {
    for (const worker_view& one : rt.all->snapshot().workers)
      if (one.task == id && one.owner == rt.mine->id() && one.running_for > 2 * millisecond &&
          one.state == metrics::worker_state::stuck)
        return true;
    return false;
  }));
  const auto list = rt.all->tasks(rt.mine, 10);
  REQUIRE(list.size() == 1);
  CHECK(list[0].id == id);
  CHECK(list[0].state == task_state::running);
  CHECK(list[0].worker >= 0);
  bool inside = false;
  for (const thread_view& one : rt.all->threads()) inside = inside || one.inside.owner == rt.mine->id();
  CHECK(inside);
  go = true;
  rt.end();
}

TEST_CASE("the time that polls take is charged to their owner, and that of some of them is in the histogram") {
  bench_runtime rt(1);
  runtime_owner& other = **rt.all->add_owner("other");
  rt.spawn_once([] {
    for (const instant_ns until = steady_clock().now() + 3 * millisecond; steady_clock().now() < until;) {
    }
  });
  CHECK(eventually([&] { return rt.all->totals(*rt.mine).poll_ns >= 3 * millisecond; }));
  CHECK(rt.all->totals(other).poll_ns == 0);
  for (int i = 0; i < 200; ++i) rt.spawn_once([] {});
  CHECK(eventually([&] { return rt.all->live(*rt.mine) == 0; }));
  const auto seen = rt.all->metrics();
  CHECK(seen.workers[0].poll_time_ns.total() >= 201 / 63);
  CHECK(seen.workers[0].poll_time_ns.total() < 201);
  rt.end();
}

TEST_CASE("some runnable tasks tell how long they waited for their poll: to the worker and to their owner") {
  bench_runtime rt(never_taken_over(1));
  std::atomic<bool> in{false}, go{false};
  rt.spawn_once([&] {
    in = true;
    CHECK(eventually([&] { return go.load(); }));
  });
  CHECK(eventually([&] { return in.load(); }));
  for (int i = 0; i < 500; ++i) rt.spawn_once([] {});
  const instant_ns spawned = steady_clock().now();
  CHECK(eventually([&] { return steady_clock().now() > spawned + 5 * millisecond; }));
  go = true;
  CHECK(eventually([&] { return rt.all->live(*rt.mine) == 0; }));
  const auto seen = rt.all->metrics();
  const metrics::distribution& waits = seen.workers[0].schedule_latency_ns;
  CHECK(waits.total() >= 500 / 128);
  CHECK(waits.total() <= 500 / 8);
  CHECK(waits.quantile(0.5) >= 4 * millisecond);  // the first task of all may have waited for less
  CHECK(waits.sum <= waits.total() * (steady_clock().now() - spawned + 30 * second));
  for (const auto& one : seen.owners)
    CHECK(one.schedule_latency_ns.total() == (one.name == "test" ? waits.total() : 0));
  rt.end();
}

TEST_CASE("a wake by a thread without a core is counted for the task's owner") {
  bench_runtime rt(never_taken_over(1));
  std::atomic<int> polls{0}, turns{0};
  constexpr int wakes = 100;
  const task::key sleeper =
      rt.spawn([&](task::key, task::context&) { return ++polls > wakes ? poll_result::ready : poll_result::pending; });
  for (int i = 1; i <= wakes; ++i) {
    CHECK(eventually([&] { return polls == i; }));
    rt.spawn_once([&] { ++turns; });  // by the only worker, so the poll before is over
    CHECK(eventually([&] { return turns == i; }));
    rt.wake(sleeper);
  }
  CHECK(eventually([&] { return rt.all->live(*rt.mine) == 0; }));
  CHECK(rt.all->totals(*rt.mine).wakes == wakes);
  rt.end();
}

TEST_CASE("a task that wakes itself again and again is counted as runnable for each of its polls") {
  bench_runtime rt(1);
  std::atomic<int> polls{0};
  const auto before = rt.all->metrics().workers[0].totals.local_schedules;
  rt.spawn([&](task::key self, task::context&) {
    rt.wake(self);
    return ++polls == 10'000 ? poll_result::ready : poll_result::pending;
  });
  CHECK(eventually([&] { return rt.all->live(*rt.mine) == 0; }));
  // The first time it came from outside.
  CHECK(eventually([&] { return rt.all->metrics().workers[0].totals.local_schedules == before + 9'999; }));
  CHECK(rt.all->metrics().remote_schedules == 1);
  const auto waits = rt.all->metrics().workers[0].schedule_latency_ns;
  CHECK(waits.total() >= 10'000 / 64);
  CHECK(waits.total() <= 10'000 / 16);
  rt.end();
}

TEST_CASE("[SC-07] a socket is served while the worker that registered it is busy") {
  bench_runtime rt(2);
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  const unique_fd mine(ends[0]), theirs(ends[1]);
  std::atomic<bool> got{false}, waiting{false};
  io::source* source = nullptr;
  rt.spawn_once([&] {
    {
      const sched::host_entry call;
      source = *rt.all->register_fd(mine.get());
    }
    rt.spawn([&](task::key self, task::context&) {
      const sched::host_entry call;
      if (!source->poll_ready(io::direction::read, io::ready::readable, self)) {
        waiting = true;
        return poll_result::pending;
      }
      got = true;
      return poll_result::ready;
    });
    CHECK(eventually([&] { return waiting.load(); }));
    CHECK(::write(theirs.get(), "x", 1) == 1);
    CHECK(eventually([&] { return got.load(); }));
  });
  CHECK(eventually([&] { return got.load(); }));
  CHECK(rt.all->stop(patience()) == stop_result::drained);
  runtime::deregister_fd(*source);
  rt.end();
}

TEST_CASE("every thread is replaced under load, and no task is lost") {
  bench_runtime rt(3);
  std::atomic<int> rounds{0}, ended{0};
  std::atomic<bool> enough{false};
  for (int i = 0; i < 20; ++i)
    rt.spawn([&](task::key, task::context&) {
      ++rounds;
      if (!enough) return poll_result::yielded;
      ++ended;
      return poll_result::ready;
    });
  for (int i = 0; i < 20; ++i) {
    std::vector<int> before;
    for (const worker_view& one : rt.all->snapshot().workers) before.push_back(one.os_thread);
    REQUIRE(rt.all->rotate_threads(patience()));
    const int seen = rounds;
    CHECK(eventually([&] { return rounds > seen; }));
    CHECK(eventually([&] {
      const auto now = rt.all->snapshot().workers;
      for (std::size_t w = 0; w < now.size(); ++w)
        if (now[w].os_thread == before[w] || now[w].os_thread == 0) return false;
      return true;
    }));
  }
  enough = true;
  CHECK(eventually([&] { return ended == 20; }));
  rt.end();
}

TEST_CASE("a rotation says when a poll does not come back, and is complete when it does") {
  bench_runtime rt(2);
  std::atomic<bool> go{false}, in{false};
  rt.spawn_once([&] {
    in = true;
    CHECK(eventually([&] { return go.load(); }));
  });
  CHECK(eventually([&] { return in.load(); }));
  const auto early = rt.all->rotate_threads(steady_clock().now() + 5 * millisecond);
  REQUIRE(!early);
  CHECK(early.error().code == ETIMEDOUT);
  go = true;
  CHECK(rt.all->rotate_threads(patience()));
  rt.end();
}

TEST_CASE("a stop that cannot end a poll says so, and a second call does not wait for the first one's deadline") {
  static auto* const rt = new bench_runtime(2);  // it stays for ever, as the runtime's own parts do
  static std::atomic<bool> go{false}, in{false}, out{false};
  rt->spawn_once([] {
    in = true;
    while (!go) std::this_thread::yield();
    out = true;
  });
  CHECK(eventually([] { return in.load(); }));
  stop_result first = stop_result::drained;
  std::thread patient([&] { first = rt->all->stop(patience()); });
  CHECK(eventually([&] { return rt->all->stopping(); }));
  const instant_ns begun = steady_clock().now();
  CHECK(rt->all->stop(begun) == stop_result::abandoned);
  CHECK(steady_clock().now() - begun < 20 * second);
  patient.join();
  CHECK(first == stop_result::abandoned);
  go = true;
  CHECK(eventually([] { return out.load(); }));
}

TEST_CASE("timers of an idle runtime are never early") {
  bench_runtime rt(2);
  time::timer_queue::entry entry;
  std::atomic<int> fired{0};
  std::atomic<std::int64_t> earliest{INT64_MAX};
  rt.spawn([&, due = instant_ns{0}](task::key self, task::context&) mutable {
    const sched::host_entry call;
    const instant_ns now = rt.all->now();
    if (due != 0) {
      if (entry.armed()) return poll_result::pending;
      earliest = std::min(earliest.load(), static_cast<std::int64_t>(now) - static_cast<std::int64_t>(due));
      if (++fired == 20) return poll_result::ready;
    }
    due = now + 1'300 * microsecond;
    rt.all->arm(entry, due, self);
    return poll_result::pending;
  });
  CHECK(eventually([&] { return fired == 20; }));
  CHECK(earliest >= 0);
  rt.end();
}

TEST_CASE("counters of workers and owners add up when nothing moves") {
  bench_runtime rt(2);
  for (int i = 0; i < 1000; ++i) rt.spawn_once([] {});
  CHECK(eventually([&] { return rt.all->totals(*rt.mine).completed == 1000; }));
  const metrics::runtime_snapshot all = rt.all->metrics();
  CHECK(all.all_workers().polls == 1000);
  CHECK(rt.all->totals(*rt.mine).spawned == 1000);
  CHECK(rt.all->live(*rt.mine) == 0);
  CHECK(all.workers.size() == 2);
  CHECK(all.owners.size() == 2);
  rt.end();
}

TEST_CASE("[SC-06] where a call comes from: a worker, or nowhere of ours") {
  bench_runtime rt(1);
  CHECK(!runtime::here().ours);
  std::atomic<int> worker{-2};
  std::atomic<int> owner{-2};
  rt.spawn_once([&] {
    owner = runtime::here().owner;
    worker = runtime::here().worker;
  });
  CHECK(eventually([&] { return worker != -2; }));
  CHECK(worker == 0);
  CHECK(owner == rt.mine->id());
  rt.end();
}
