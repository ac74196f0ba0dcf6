#include "base/usable_cpus.hpp"

#include <doctest/doctest.h>
#include <sched.h>

#include "support/temp_dir.hpp"

using namespace tokiod;

namespace {

std::uint64_t by_affinity() {
  cpu_set_t mask;
  REQUIRE(::sched_getaffinity(0, sizeof mask, &mask) == 0);
  return static_cast<std::uint64_t>(CPU_COUNT(&mask));
}

}  // namespace

TEST_CASE("without a quota the affinity mask decides") {
  const test::temp_dir machine;
  const auto cpus = usable_cpus(machine.path());
  CHECK(cpus.count == by_affinity());
  CHECK(cpus.reason.find("by affinity") != std::string::npos);
}

TEST_CASE("a version 2 quota of a group above ours binds, and is rounded up to at least one CPU") {
  const test::temp_dir machine;
  machine.write("proc/self/cgroup", "0::/app/web\n");
  machine.write("sys/fs/cgroup/app/web/cpu.max", "max 100000\n");
  machine.write("sys/fs/cgroup/app/cpu.max", "20000 100000\n");
  const auto cpus = usable_cpus(machine.path());
  CHECK(cpus.count == 1);
  CHECK(cpus.reason.find("quota of 0.2 CPUs by /sys/fs/cgroup/app/cpu.max") != std::string::npos);
}

TEST_CASE("a quota larger than the affinity mask changes nothing") {
  const test::temp_dir machine;
  machine.write("proc/self/cgroup", "0::/\n");
  machine.write("sys/fs/cgroup/cpu.max", "100000000 100000\n");
  CHECK(usable_cpus(machine.path()).count == by_affinity());
}

TEST_CASE("a version 1 quota counts too, and -1 means none") {
  const test::temp_dir machine;
  machine.write("proc/self/cgroup", "5:cpu,cpuacct:/box\n1:name=systemd:/x\n");
  machine.write("sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "50000\n");
  machine.write("sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n");
  machine.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  machine.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  const auto cpus = usable_cpus(machine.path());
  CHECK(cpus.count == 1);
  CHECK(cpus.reason.find("cpu.cfs_quota_us") != std::string::npos);
}
