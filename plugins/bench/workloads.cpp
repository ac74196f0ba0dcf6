#include "workloads.hpp"

#include <algorithm>
#include <array>

namespace bench {
namespace {

std::vector<workload> gather() {
  std::vector<workload> all;
  for (const auto list :
       {scheduling(), remote(), channels(), fan_out(), locks(), timers(), memory(), network()})
    all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace

std::vector<workload> workloads() { return gather(); }

const workload* find(std::string_view name) {
  static const auto all = gather();
  const auto found = std::ranges::find(all, name, &workload::name);
  return found == all.end() ? nullptr : &*found;
}

std::uint64_t whole_steps(const workload& of, std::uint64_t asked) {
  return std::max<std::uint64_t>(1, (asked + of.step - 1) / of.step) * of.step;
}

}  // namespace bench
