// Which CPUs the thread of a worker runs on, whoever that thread is.
#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>

#include "base/cpu_list.hpp"
#include "tasks.hpp"

using namespace tokiod;
using namespace tokiod::test;

namespace {

// One of those that this process may use.
cpu_list one_cpu() {
  const std::string all = text_of(*cpus_of_thread(0));
  return *cpus_named(all.substr(0, all.find_first_of("-,")));
}

std::string where_tasks_run(bench_runtime& rt) {
  std::string seen;
  std::atomic<bool> over{false};
  rt.spawn_once([&] {
    seen = text_of(*cpus_of_thread(0));
    over = true;
  });
  REQUIRE(eventually([&] { return over.load(); }));
  return seen;
}

}  // namespace

TEST_CASE("a worker runs on the CPUs that were chosen for it, and so do the threads that come after this one") {
  runtime_options with = bench_runtime::with_workers(1);
  with.stuck_after = 2 * millisecond;
  bench_runtime rt(with);
  const cpu_list all = *cpus_of_thread(0), chosen = one_cpu();
  const auto done = rt.all->pin(0, chosen);
  REQUIRE(done);
  CHECK(done->before == all);
  CHECK(done->after == chosen);
  CHECK(where_tasks_run(rt) == text_of(chosen));
  REQUIRE(rt.all->rotate_threads(never));
  CHECK(where_tasks_run(rt) == text_of(chosen));
  std::string of_successor;
  std::atomic<bool> over{false};
  rt.spawn_once([&] {  // loses its core
    of_successor = where_tasks_run(rt);
    over = true;
  });
  REQUIRE(eventually([&] { return over.load(); }));
  CHECK(of_successor == text_of(chosen));
  REQUIRE(rt.all->pin(0, std::nullopt));
  CHECK(where_tasks_run(rt) == text_of(all));
  rt.end();
}

namespace {
// Of the thread that runs it.
struct cpus_of_job final : blocking::job {
  cpus_of_job() : job(blocking::at_stop::drop) {}
  std::string seen;
  std::atomic<bool> over{false};
  void run() noexcept override {
    seen = text_of(*cpus_of_thread(0));
    over = true;
  }
  void drop() noexcept override { over = true; }
};
}  // namespace

TEST_CASE("a thread that a worker makes for a blocking job is not bound to the worker's CPUs") {
  bench_runtime rt(bench_runtime::with_workers(1));
  REQUIRE(rt.all->pin(0, one_cpu()));
  cpus_of_job job;
  rt.spawn_once([&] { CHECK(rt.all->submit(job)); });
  REQUIRE(eventually([&] { return job.over.load(); }));
  CHECK(job.seen == text_of(*cpus_of_thread(0)));
  rt.end();
}

TEST_CASE("workers that another one makes are free, and a number keeps its CPUs while it is retired") {
  bench_runtime rt(bench_runtime::with_workers(2));
  REQUIRE(rt.all->pin(1, one_cpu()));
  REQUIRE(rt.all->resize(1, patience()));
  CHECK(rt.all->pin(1, one_cpu()).error().why == kind::out_of_range);
  REQUIRE(rt.all->pin(0, one_cpu()));
  std::thread maker([&] {  // as a plugin's thread that has the CPUs of a worker
    REQUIRE(run_thread_on(0, one_cpu()));
    REQUIRE(rt.all->resize(3, patience()));
  });
  maker.join();
  const auto cpus_of = [&](std::size_t worker) {
    return text_of(*cpus_of_thread(rt.all->snapshot().workers[worker].os_thread));
  };
  CHECK(eventually([&] { return cpus_of(1) == text_of(one_cpu()); }));
  CHECK(eventually([&] { return cpus_of(2) == text_of(*cpus_of_thread(0)); }));
  rt.end();
}

TEST_CASE("CPUs and workers that are not there are refused, and nothing has changed then") {
  bench_runtime rt(bench_runtime::with_workers(1));
  CHECK(rt.all->pin(1, one_cpu()).error().why == kind::out_of_range);
  CHECK(rt.all->pin(0, *cpus_named("1023")).error().why == kind::out_of_range);
  CHECK(where_tasks_run(rt) == text_of(*cpus_of_thread(0)));
  rt.end();
}
