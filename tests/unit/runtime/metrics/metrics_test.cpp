#include <doctest/doctest.h>

#include "runtime/metrics/snapshot.hpp"

using namespace tokiod;
using namespace tokiod::metrics;

TEST_CASE("every value falls in the bucket whose bounds enclose it") {
  for (unsigned bit = 0; bit < histogram_max_bits; ++bit) {
    for (const std::int64_t off : {-1, 0, 1}) {
      const std::uint64_t value = (std::uint64_t{1} << bit) + static_cast<std::uint64_t>(off);
      const std::size_t bucket = bucket_of(value);
      REQUIRE(bucket < histogram_buckets);
      CHECK(lower_bound(bucket) <= value);
      if (bucket + 1 < histogram_buckets) CHECK(value < lower_bound(bucket + 1));
    }
  }
  CHECK(bucket_of(0) == 0);
  CHECK(bucket_of(UINT64_MAX) == histogram_buckets - 1);
}

TEST_CASE("bucket bounds grow, by a quarter at most") {
  for (std::size_t i = 1; i < histogram_buckets; ++i) {
    CHECK(lower_bound(i) > lower_bound(i - 1));
    CHECK(bucket_of(lower_bound(i)) == i);
    if (i > 8) CHECK(lower_bound(i) * 4 <= lower_bound(i - 1) * 5);
  }
}

TEST_CASE("quantiles come from the recorded values") {
  histogram recorded;
  CHECK(recorded.read().quantile(0.5) == 0);
  for (std::uint64_t i = 0; i < 100; ++i) recorded.record(i < 99 ? 100 : 1'000'000);
  const distribution copy = recorded.read();
  CHECK(copy.total() == 100);
  CHECK(copy.sum == 99 * 100 + 1'000'000);
  CHECK(copy.quantile(0.0) == lower_bound(bucket_of(100)));
  CHECK(copy.quantile(0.5) == lower_bound(bucket_of(100)));
  CHECK(copy.quantile(0.99) == lower_bound(bucket_of(100)));
  CHECK(copy.quantile(1.0) == lower_bound(bucket_of(1'000'000)));
}

TEST_CASE("a histogram of powers of two counts each value at the end of its power") {
  octave_histogram recorded;
  for (const std::uint64_t value : {0u, 1u, 4u, 7u, 1000u}) recorded.record(value);
  recorded.record(UINT64_MAX);
  const distribution copy = recorded.read();
  CHECK(copy.total() == 6);
  CHECK(copy.counts[bucket_of(0)] == 1);
  CHECK(copy.counts[bucket_of(1)] == 1);
  CHECK(copy.counts[bucket_of(7)] == 2);
  CHECK(copy.counts[bucket_of(1023)] == 1);
  CHECK(copy.counts[histogram_buckets - 1] == 1);
  CHECK(copy.sum == 1012 + UINT64_MAX);
}

TEST_CASE("merged distributions count both") {
  histogram one;
  histogram two;
  one.record(5);
  two.record(5);
  two.record(50);
  distribution both = one.read();
  both.merge(two.read());
  CHECK(both.total() == 3);
  CHECK(both.sum == 60);
  CHECK(both.counts[bucket_of(5)] == 2);
}

TEST_CASE("blocks add up, and a task that moved between reads never makes a negative number of live ones") {
  task_counters one;
  task_counters two;
  one.spawned.add(3);
  one.completed.add();
  two.cancelled.add();
  two.panicked.add(2);
  two.freed.add(3);
  task_totals sum = one.read();
  CHECK(sum.live() == 2);
  sum += two.read();
  CHECK(sum.spawned == 3);
  CHECK(sum.ended() == 4);
  CHECK(sum.live() == 0);
  CHECK(sum.freed == 3);
}

TEST_CASE("every number of a block reaches the totals, each in its own place") {
  task_counters tasks;
  std::uint64_t n = 0;
  each_number([&](counter& c) { c.add(++n); }, tasks);
  task_totals task_sum = tasks.read();
  task_sum += tasks.read();
  std::uint64_t expected = 0;
  each_number([&](std::uint64_t v) { CHECK(v == 2 * ++expected); }, task_sum);
  CHECK(expected == 10);

  worker_counters worker;
  n = 0;
  each_number([&](counter& c) { c.add(++n); }, worker);
  worker_totals worker_sum = worker.read();
  worker_sum += worker.read();
  expected = 0;
  each_number([&](std::uint64_t v) { CHECK(v == 2 * ++expected); }, worker_sum);
  CHECK(expected == 16);
}

TEST_CASE("a snapshot sums its workers and owners") {
  runtime_snapshot all;
  all.workers.resize(2);
  all.workers[0].totals.polls = 3;
  all.workers[1].totals.polls = 4;
  all.owners.resize(2);
  all.owners[0].tasks.spawned = 5;
  all.owners[1].tasks.spawned = 6;
  CHECK(all.all_workers().polls == 7);
  CHECK(all.all_tasks().spawned == 11);
}

TEST_CASE("a gauge goes up and down") {
  gauge level;
  level.set(5);
  level.add(-7);
  CHECK(level.read() == -2);
}
