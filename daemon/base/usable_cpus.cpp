#include "base/usable_cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <sstream>
#include <thread>

#include "base/fd.hpp"

namespace tokiod {
namespace {

constexpr std::size_t file_limit_bytes = 256 * 1024;

struct quota {
  double cpus;
  std::string file;
};

std::uint64_t cpus_by_affinity() {
  cpu_set_t mask;
  if (::sched_getaffinity(0, sizeof mask, &mask) == 0) return static_cast<std::uint64_t>(CPU_COUNT(&mask));
  return std::max(1U, std::thread::hardware_concurrency());  // more CPUs than a cpu_set_t holds
}

// "150000 100000" or "max 100000"
std::optional<quota> read_v2(const std::string& folder) {
  const std::string file = folder + "/cpu.max";
  const auto text = read_file(file, file_limit_bytes);
  double limit = 0, period = 0;
  if (!text || std::sscanf(text->c_str(), "%lf %lf", &limit, &period) != 2 || limit <= 0 || period <= 0) return {};
  return quota{limit / period, file};
}

std::optional<quota> read_v1(const std::string& folder) {
  const std::string file = folder + "/cpu.cfs_quota_us";
  const auto limit_text = read_file(file, file_limit_bytes);
  const auto period_text = read_file(folder + "/cpu.cfs_period_us", file_limit_bytes);
  double limit = 0, period = 0;
  if (!limit_text || !period_text || std::sscanf(limit_text->c_str(), "%lf", &limit) != 1 ||
      std::sscanf(period_text->c_str(), "%lf", &period) != 1 || limit <= 0 || period <= 0)
    return {};
  return quota{limit / period, file};
}

// The least quota of a cgroup and its ancestors: each of them binds.
template <class Read>
void narrow(std::optional<quota>& least, const std::string& mount, std::string group, Read read) {
  for (;;) {
    if (group == "/") group.clear();
    if (const auto q = read(mount + group); q && (!least || q->cpus < least->cpus)) least = q;
    if (group.empty()) return;
    group.erase(group.rfind('/'));
  }
}

// Lines of /proc/self/cgroup: "0::/path" is version 2, "4:cpu,cpuacct:/path" version 1.
std::optional<quota> least_quota(const std::string& root) {
  std::optional<quota> least;
  const auto groups = read_file(root + "/proc/self/cgroup", file_limit_bytes);
  std::istringstream lines(groups ? *groups : std::string());
  for (std::string line; std::getline(lines, line);) {
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos || line.compare(second + 1, 1, "/") != 0) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string group = line.substr(second + 1);
    if (controllers == ",,") narrow(least, root + "/sys/fs/cgroup", group, read_v2);
    if (controllers.find(",cpu,") != std::string::npos) narrow(least, root + "/sys/fs/cgroup/cpu", group, read_v1);
  }
  return least;
}

}  // namespace

cpu_count usable_cpus(const std::string& root) {
  cpu_count cpus;
  cpus.count = cpus_by_affinity();
  std::ostringstream reason;
  reason << cpus.count << (cpus.count == 1 ? " CPU" : " CPUs") << " by affinity";
  if (const auto q = least_quota(root)) {
    const auto whole = static_cast<std::uint64_t>(std::ceil(q->cpus));
    cpus.count = std::max<std::uint64_t>(1, std::min(cpus.count, whole));
    reason << ", quota of " << q->cpus << " CPUs by " << q->file.substr(root.size());
  }
  cpus.reason = std::move(reason).str();
  return cpus;
}

}  // namespace tokiod
