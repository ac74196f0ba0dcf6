#include "app/process_numbers.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <string_view>

#include "base/clock.hpp"

namespace tokiod::app {
namespace {

using control::metric_family;
using control::metric_type;

void add(std::vector<metric_family>& to, const char* name, metric_type type, const char* unit, const char* help,
         std::optional<double> value) {
  if (value) to.push_back({name, type, unit, help, {{{}, *value, {}}}});
}

double cpu_seconds(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; }

// The number behind "\nVmRSS:" and the like.
std::optional<double> number_after(const std::string& status, std::string_view key, double factor = 1) {
  const auto at = status.find(key);
  unsigned long long number = 0;
  if (at == std::string::npos || std::sscanf(status.c_str() + at + key.size(), "%llu", &number) != 1) return {};
  return static_cast<double>(number) * factor;
}

// The kernel gives it in clock ticks since the boot; /proc/stat, which has the boot's date, is not there in a sandbox.
std::optional<double> started_at() {
  const auto stat = read_file("/proc/self/stat", 4096);
  if (!stat) return {};
  const auto name_end = stat->rfind(')');  // the name may hold anything
  unsigned long long ticks = 0;
  constexpr const char* fields_between =
      " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu";
  if (name_end == std::string::npos || std::sscanf(stat->c_str() + name_end + 1, fields_between, &ticks) != 1)
    return {};
  timespec up{};
  ::clock_gettime(CLOCK_BOOTTIME, &up);
  const double age = static_cast<double>(up.tv_sec) + static_cast<double>(up.tv_nsec) / 1e9 -
                     static_cast<double>(ticks) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  return static_cast<double>(wall_clock_ns()) / 1e9 - age;
}

}  // namespace

process_numbers::process_numbers()
    : descriptors_(::opendir("/proc/self/fd")),
      status_(::open("/proc/self/status", O_RDONLY | O_CLOEXEC)),
      started_(started_at()) {}

std::optional<std::uint64_t> process_numbers::open_descriptors() const {
  if (!descriptors_) return {};
  const std::lock_guard hold(mutex_);
  ::rewinddir(descriptors_.get());
  std::uint64_t count = 0;
  errno = 0;
  while (::readdir(descriptors_.get())) ++count;
  if (errno != 0 || count < 2) return {};
  return count - 2;  // "." and ".."
}

std::string process_numbers::status_text() const {
  std::string text;
  char chunk[4096];
  for (;;) {
    const auto n =
        retry_eintr([&] { return ::pread(status_.get(), chunk, sizeof chunk, static_cast<off_t>(text.size())); });
    if (n <= 0) return n == 0 ? text : std::string();
    text.append(chunk, static_cast<std::size_t>(n));
  }
}

std::vector<metric_family> process_numbers::families() const {
  constexpr auto gauge = metric_type::gauge;
  rusage used{};
  rlimit files{};
  ::getrusage(RUSAGE_SELF, &used);  // neither can fail with these arguments
  ::getrlimit(RLIMIT_NOFILE, &files);
  const auto status = status_text();
  std::vector<metric_family> all;
  add(all, "process_cpu_seconds_total", metric_type::counter, "seconds", "CPU time, user and system.",
      cpu_seconds(used.ru_utime) + cpu_seconds(used.ru_stime));
  add(all, "process_open_fds", gauge, "", "Open descriptors.", open_descriptors());
  add(all, "process_max_fds", gauge, "", "Descriptors the process may have.", static_cast<double>(files.rlim_cur));
  add(all, "process_resident_memory_bytes", gauge, "bytes", "Memory in use.", number_after(status, "\nVmRSS:", 1024));
  add(all, "process_virtual_memory_bytes", gauge, "bytes", "Address space in use.",
      number_after(status, "\nVmSize:", 1024));
  add(all, "process_start_time_seconds", gauge, "seconds", "When the process was started, since 1970.", started_);
  add(all, "process_threads", gauge, "", "Threads.", number_after(status, "\nThreads:"));
  return all;
}

}  // namespace tokiod::app
