#include "service.hpp"

#include <nlohmann/json.hpp>

namespace proxy {

service::service(const settings& given)
    : with(given),
      upstreams(given.upstreams, given.limits),
      turned_away_("turned_away_total", "clients for whom no upstream could be reached, or no place was left") {
  for (const auto& address : given.upstreams) {
    const tokio::metrics::label of{"upstream", address};
    of_.push_back({tokio::metrics::gauge("upstream_up", "1 while the upstream gets connections", {of}),
                   tokio::metrics::counter("forwarded_total", "connections that were forwarded", {of}),
                   tokio::metrics::counter("unreached_total", "connections and checks that did not reach it", {of})});
    of_.back().up.set(1);
  }
}

void service::note(std::size_t upstream, bool reached) {
  if (!reached) of_[upstream].failures.add();
  if (!upstreams.note(upstream, reached)) return;
  of_[upstream].up.set(reached ? 1 : 0);
  const auto& address = upstreams.address(upstream);
  if (reached)
    tokio::log::info("an upstream is up again", {"upstream", address});
  else
    tokio::log::warn("an upstream is down", {"upstream", address});
}

std::string service::report() const {
  auto all = nlohmann::json::array();
  for (std::size_t i = 0; i < upstreams.size(); ++i) {
    const auto state = upstreams.of(i);
    all.push_back({{"upstream", upstreams.address(i)},
                   {"up", state.up},
                   {"active", state.active},
                   {"picked", state.picked},
                   {"unreached", state.failed}});
  }
  return nlohmann::json{{"upstreams", std::move(all)}}.dump();
}

}  // namespace proxy
