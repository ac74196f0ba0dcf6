// The buckets of poll times, and what is counted in them.
#include <doctest/doctest.h>

#include "flavors.hpp"

using namespace std::chrono_literals;
using tokio::spawn;
using tokio::task;
using tokio::runtime::histogram_configuration;
using tokio::runtime::log_histogram;
using tokio::test::both;
using tokio::test::make;
using tokio::test::on_both;

TEST_CASE("[RB-34] a logarithmic histogram: bounds, precision, limits") {
  CHECK(log_histogram().num_buckets() == 119);
  CHECK(log_histogram::configure().precision_exact(3).build().num_buckets() == 237);
  CHECK(log_histogram::configure().max_error(0.125).build().num_buckets() == 237);
  CHECK(log_histogram::configure().max_error(0.5).build().num_buckets() == 119);
  const auto bounds = log_histogram().bounds_ns();
  CHECK(bounds.size() == 118);
  CHECK(bounds.front() == 96);
  CHECK(bounds.back() == 60'129'542'144);
  for (std::size_t i = 1; i < bounds.size(); ++i) {
    CHECK(bounds[i] > bounds[i - 1]);
    CHECK(static_cast<double>(bounds[i] - bounds[i - 1]) <= 0.25 * static_cast<double>(bounds[i - 1]));
  }
  CHECK_THROWS_AS(log_histogram::configure().max_error(0.0), tokio::panic_error);
  CHECK_THROWS_AS(log_histogram::configure().max_error(1.0), tokio::panic_error);
  CHECK_THROWS_AS(log_histogram::configure().precision_exact(11), tokio::panic_error);
  CHECK_THROWS_AS(log_histogram::configure().max_value(0ns), tokio::panic_error);
  CHECK(log_histogram::configure().max_buckets(118).error().needed == 119);
  CHECK(log_histogram::configure().max_buckets(119).has_value());
  CHECK(log_histogram::configure().min_value(0ns).max_value(8ns).precision_exact(0).build().num_buckets() == 4);
}

TEST_CASE("[RB-30] [RM-21] poll times are counted only when asked for, in ten buckets of 100 us") {
  on_both([](auto& plain, bool one_thread) {
    CHECK_FALSE(plain.metrics().poll_time_histogram_enabled());
    CHECK(plain.metrics().poll_time_histogram_num_buckets() == 0);
    CHECK_THROWS_AS(plain.metrics().poll_time_histogram_bucket_range(0), tokio::panic_error);
    auto rt = make(both(one_thread).enable_metrics_poll_time_histogram());
    rt.block_on([]() -> task<> {
      for (int i = 0; i < 50; ++i) (void)co_await spawn([]() -> task<> { co_await tokio::yield_now(); });
    });
    const auto metrics = rt.metrics();
    CHECK(metrics.poll_time_histogram_enabled());
    CHECK(metrics.poll_time_histogram_num_buckets() == 10);
    CHECK(metrics.poll_time_histogram_bucket_range(0) == std::pair(0ns, std::chrono::nanoseconds(100us)));
    CHECK(metrics.poll_time_histogram_bucket_range(9) ==
          std::pair(std::chrono::nanoseconds(900us), std::chrono::nanoseconds::max()));
    CHECK_THROWS_AS(metrics.poll_time_histogram_bucket_range(10), tokio::panic_error);
    CHECK_THROWS_AS(metrics.poll_time_histogram_bucket_count(99, 0), tokio::panic_error);
    std::uint64_t counted = 0, polls = 0;
    for (std::size_t worker = 0; worker < metrics.num_workers(); ++worker) {
      polls += metrics.worker_poll_count(worker);
      for (std::size_t bucket = 0; bucket < 10; ++bucket)
        counted += metrics.poll_time_histogram_bucket_count(worker, bucket);
    }
    CHECK(counted == 100);
    CHECK(polls == 100);
  });
}

TEST_CASE("[RB-33] [RM-22] waits are counted only when asked for, each of them, and the worker that polls counts") {
  on_both([](auto& plain, bool one_thread) {
    CHECK_FALSE(plain.metrics().schedule_latency_histogram_enabled());
    CHECK_THROWS_AS(plain.metrics().schedule_latency_histogram_bucket_range(0), tokio::panic_error);
    auto with = both(one_thread).enable_metrics_schedule_latency_histogram();
    with.metrics_schedule_latency_histogram_configuration(histogram_configuration::linear(1h, 2));
    auto rt = make(with);
    rt.block_on([]() -> task<> {
      for (int i = 0; i < 50; ++i) (void)co_await spawn([]() -> task<> { co_await tokio::yield_now(); });
    });
    const auto metrics = rt.metrics();
    CHECK(metrics.schedule_latency_histogram_enabled());
    CHECK(metrics.schedule_latency_histogram_num_buckets() == 2);
    CHECK(metrics.schedule_latency_histogram_bucket_range(0) == std::pair(0ns, std::chrono::nanoseconds(1h)));
    CHECK_THROWS_AS(metrics.schedule_latency_histogram_bucket_range(2), tokio::panic_error);
    CHECK_THROWS_AS(metrics.schedule_latency_histogram_bucket_count(99, 0), tokio::panic_error);
    std::uint64_t counted = 0, polls = 0;
    for (std::size_t worker = 0; worker < metrics.num_workers(); ++worker) {
      const auto here = metrics.schedule_latency_histogram_bucket_count(worker, 0);
      CHECK(here == metrics.worker_poll_count(worker));
      CHECK(metrics.schedule_latency_histogram_bucket_count(worker, 1) == 0);
      counted += here;
      polls += metrics.worker_poll_count(worker);
    }
    CHECK(counted == 100);
    CHECK(polls == 100);
    CHECK_FALSE(metrics.poll_time_histogram_enabled());
  });
  auto usual = make(both(true).enable_metrics_schedule_latency_histogram());
  CHECK(usual.metrics().schedule_latency_histogram_num_buckets() == 10);
}

TEST_CASE("[RB-31] the buckets are as configured") {
  auto with = both(true);
  with.enable_metrics_poll_time_histogram();
  with.metrics_poll_time_histogram_configuration(histogram_configuration::linear(50ms, 3));
  auto linear = make(with);
  CHECK(linear.metrics().poll_time_histogram_num_buckets() == 3);
  CHECK(linear.metrics().poll_time_histogram_bucket_range(1) ==
        std::pair(std::chrono::nanoseconds(50ms), std::chrono::nanoseconds(100ms)));
  with.metrics_poll_time_histogram_configuration(histogram_configuration::log(log_histogram()));
  auto log = make(with);
  CHECK(log.metrics().poll_time_histogram_num_buckets() == 119);
  CHECK(log.metrics().poll_time_histogram_bucket_range(0).second == 96ns);
  CHECK_THROWS_AS(histogram_configuration::linear(0ns, 3), tokio::panic_error);
  const auto longest = std::chrono::nanoseconds::max();
  CHECK(histogram_configuration::linear(longest, 3).bounds_ns().size() == 2);
  CHECK_THROWS_WITH_AS(histogram_configuration::linear(longest, 4), doctest::Contains("must fit into 64 bits"),
                       tokio::panic_error);
}
