#include "app/diag/fault_watch.hpp"

#include <utility>

namespace tokiod::app {

std::vector<new_faults> fault_watch::look(const std::vector<host::image_view>& images) {
  std::vector<new_faults> news;
  std::map<std::string, std::uint64_t, std::less<>> now;
  for (const auto& image : images)
    for (const auto& each : image.instances) {
      now.emplace(each.name, each.faults);
      const auto was = before_.find(each.name);
      // Who was started anew counts from nothing.
      const auto known = was == before_.end() || was->second > each.faults ? 0 : was->second;
      if (each.faults > known) news.push_back({image.name, each.name, each.faults - known, each.faults});
    }
  before_ = std::move(now);
  return news;
}

}  // namespace tokiod::app
