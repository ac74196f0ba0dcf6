#include "control/methods/methods.hpp"
#include "control/view.hpp"

namespace tokiod::control {
namespace {

answer info(const call_site& site, const json&) { return view(site.shared.daemon.runtime()); }

answer workers(const plane& shared, const json&) {
  json list = json::array();
  for (const auto& worker : shared.daemon.workers()) list.push_back(view(worker));
  return json{{"workers", std::move(list)}};
}

constexpr binding bindings[] = {
    {"runtime.info", quick(info)},
    {"runtime.workers", reading(workers)},
};

}  // namespace

std::span<const binding> runtime_methods() { return bindings; }

}  // namespace tokiod::control
