#include "control/methods/methods.hpp"
#include "control/view.hpp"

namespace tokiod::control {
namespace {

answer info(const call_site& site, const json&) { return view(site.shared.daemon.runtime()); }

answer workers(const call_site& site, const json&) {
  json list = json::array();
  for (const auto& worker : site.shared.daemon.workers()) list.push_back(view(worker));
  return json{{"workers", std::move(list)}};
}

constexpr binding bindings[] = {
    {"runtime.info", quick(info)},
    {"runtime.workers", quick(workers)},
};

}  // namespace

std::span<const binding> runtime_methods() { return bindings; }

}  // namespace tokiod::control
