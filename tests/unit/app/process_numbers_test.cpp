#include "support/descriptor_hog.hpp"

#include "app/process_numbers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <string>

#include "base/clock.hpp"

using namespace tokiod;

namespace {

std::optional<double> value(const std::vector<control::metric_family>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &control::metric_family::name);
  if (found == all.end() || found->samples.size() != 1) return {};
  return found->samples[0].value;
}

}  // namespace

TEST_CASE("the process's own numbers are there") {
  const auto all = app::process_numbers().families();
  CHECK(value(all, "process_resident_memory_bytes").value_or(0) > 1e6);
  CHECK(value(all, "process_virtual_memory_bytes").value_or(0) > 1e6);
  CHECK(value(all, "process_open_fds").value_or(0) >= 3);
  CHECK(value(all, "process_threads").value_or(0) >= 1);
}

TEST_CASE("they are there when no descriptor is left, and say so") {
  const app::process_numbers numbers;
  const test::descriptor_hog hog(256);
  const auto all = numbers.families();
  CHECK(value(all, "process_open_fds") == 256);
  CHECK(value(all, "process_max_fds") == 256);
  CHECK(value(all, "process_resident_memory_bytes").value_or(0) > 1e6);
  CHECK(value(all, "process_threads").value_or(0) >= 1);
}

TEST_CASE("what cannot be read is left out") {
  const test::descriptor_hog hog(256);
  const auto all = app::process_numbers().families();
  CHECK_FALSE(value(all, "process_open_fds"));
  CHECK_FALSE(value(all, "process_threads"));
  CHECK(value(all, "process_max_fds") == 256);
}

TEST_CASE("the process began before now, and not before the machine did") {
  const auto started = value(app::process_numbers().families(), "process_start_time_seconds");
  REQUIRE(started);
  const double now = static_cast<double>(wall_clock_ns()) / 1e9;
  timespec up{};
  REQUIRE(::clock_gettime(CLOCK_BOOTTIME, &up) == 0);
  CHECK(*started <= now + 1);
  CHECK(*started >= now - static_cast<double>(up.tv_sec) - 2);
}
