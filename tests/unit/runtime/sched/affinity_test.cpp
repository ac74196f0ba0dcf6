// Which CPUs the thread of a worker runs on, whoever that thread is.
#include <doctest/doctest.h>

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
  REQUIRE(rt.all->pin(0, all));
  CHECK(where_tasks_run(rt) == text_of(all));
  rt.end();
}

TEST_CASE("CPUs and workers that are not there are refused, and nothing has changed then") {
  bench_runtime rt(bench_runtime::with_workers(1));
  CHECK(rt.all->pin(1, one_cpu()).error().why == kind::out_of_range);
  CHECK(rt.all->pin(0, *cpus_named("1023")).error().why == kind::out_of_range);
  CHECK(where_tasks_run(rt) == text_of(*cpus_of_thread(0)));
  rt.end();
}
