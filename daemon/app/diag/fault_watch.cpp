#include "app/diag/fault_watch.hpp"

#include <utility>

namespace tokiod::app {

std::vector<new_faults> fault_watch::look(const std::vector<host::image_view>& images) {
  std::vector<new_faults> news;
  decltype(before_) now;
  for (const auto& image : images)
    for (const auto& each : image.instances) {
      const seen is{image.generation, each.starts, each.faults};
      now.emplace(each.name, is);
      const auto was = before_.find(each.name);
      const bool same_run =
          was != before_.end() && was->second.generation == is.generation && was->second.starts == is.starts;
      const auto known = same_run ? was->second.faults : 0;
      if (each.faults > known) news.push_back({image.name, each.name, each.faults - known, each.faults});
    }
  before_ = std::move(now);
  return news;
}

}  // namespace tokiod::app
