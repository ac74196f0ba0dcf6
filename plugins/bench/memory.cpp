// Memory of tasks that wait: what a million of them add to the resident size of this process.
#include <array>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <vector>

#include <unistd.h>

#include "measure.hpp"
#include "tokio/time.hpp"
#include "workloads.hpp"

namespace bench {
namespace {

using namespace std::chrono_literals;
using tokio::task;

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  if (!(statm >> total >> resident)) throw std::runtime_error("/proc/self/statm cannot be read");
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

task<> wait_for_notify(tokio::sync::notify& end, countdown& parked, countdown& left) {
  parked.one_less();
  co_await end.notified();
  left.one_less();
}

task<> sleep_long(countdown& parked) {
  parked.one_less();
  co_await tokio::time::sleep(600s);
}

// Every task has counted down in its first poll; that poll parks it, and a moment later the last of them has parked.
task<std::uint64_t> grown_since(std::uint64_t before, countdown& parked) {
  co_await parked.finished();
  co_await tokio::time::sleep(20ms);
  const auto now = resident_bytes();
  co_return now > before ? now - before : 0;
}

task<std::uint64_t> idle_on_notify(load asked) {
  tokio::sync::notify end;
  countdown parked(asked.count), left(asked.count);
  const auto before = resident_bytes();
  for (std::uint64_t i = 0; i < asked.count; ++i) tokio::spawn(wait_for_notify(end, parked, left)).detach();
  const auto grown = co_await grown_since(before, parked);
  end.notify_waiters();
  co_await left.finished();
  co_return grown;
}

task<std::uint64_t> idle_on_sleep(load asked) {
  countdown parked(asked.count);
  std::vector<tokio::abort_handle> ends(asked.count);  // written, hence resident before it counts
  const auto before = resident_bytes();
  for (auto& end : ends) end = tokio::spawn(sleep_long(parked)).abort_handle();
  const auto grown = co_await grown_since(before, parked);
  for (const auto& each : ends) each.abort();
  co_return grown;
}

constexpr auto list = std::to_array<workload>({
    {"memory_notify", 1, idle_on_notify, "B"},
    {"memory_sleep", 1, idle_on_sleep, "B"},
});

}  // namespace

workload_list memory() { return list; }

}  // namespace bench
