#include "workloads.hpp"

#include <algorithm>
#include <vector>

namespace bench {
namespace {

const std::vector<workload>& workloads() {
  static const auto all = [] {
    std::vector<workload> made;
    for (const auto list :
         {scheduling(), remote(), channels(), fan_out(), locks(), timers(), memory(), network(), files()})
      made.insert(made.end(), list.begin(), list.end());
    return made;
  }();
  return all;
}

std::string result(const workload& of, std::uint64_t count, std::uint64_t total) {
  const auto each = static_cast<double>(total) / static_cast<double>(count);
  return "{\"workload\":\"" + std::string(of.name) + "\",\"operations\":" + std::to_string(count) +
         ",\"total\":" + std::to_string(total) + ",\"unit\":\"" + std::string(of.unit) +
         "\",\"per_op\":" + std::to_string(each) + '}';
}

}  // namespace

std::string list_answer() {
  std::string out = "{\"workloads\":[";
  for (const auto& one : workloads()) out += (out.back() == '[' ? "\"" : ",\"") + std::string(one.name) + '"';
  return out + "]}";
}

tokio::task<std::expected<std::string, std::string>> run_answer(std::string name, load asked) {
  const auto& all = workloads();
  const auto found = std::ranges::find(all, name, &workload::name);
  if (found == all.end())
    co_return std::unexpected("workload must be one of " + list_answer() + ", got \"" + name + '"');
  asked.count = std::max<std::uint64_t>(1, (asked.count + found->step - 1) / found->step) * found->step;
  co_return result(*found, asked.count, co_await found->run(asked));
}

}  // namespace bench
