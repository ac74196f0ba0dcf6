// How far counters were when somebody asked to remember it (metrics.mark), for who wants to know what came since:
// counters are never set back. Invariant: the newest `most` marks are kept, of what grows only. Threads:   any; one
// lock, held for a few instructions.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "control/metric_family.hpp"

namespace tokiod::control {

class metric_marks {
 public:
  struct mark {
    std::string name;
    std::int64_t wall_ns = 0;
    std::shared_ptr<const std::vector<metric_family>> values;
  };
  static constexpr std::size_t most = 16;

  // Gives its name, which no other process gives: `instance` is in it.
  std::string set(std::vector<metric_family> values, std::int64_t wall_ns, std::string_view instance) {
    std::erase_if(values, [](const metric_family& each) {
      return each.type != metric_type::counter && each.type != metric_type::histogram;
    });
    auto kept = std::make_shared<const std::vector<metric_family>>(std::move(values));
    const std::lock_guard hold(mutex_);
    std::string name = "m-" + std::to_string(++last_) + "-" + std::string(instance.substr(0, 8));
    marks_.push_back({name, wall_ns, std::move(kept)});
    if (marks_.size() > most) marks_.pop_front();
    return name;
  }

  [[nodiscard]] std::optional<mark> find(std::string_view name) const {
    const std::lock_guard hold(mutex_);
    for (const auto& each : marks_)
      if (each.name == name) return each;
    return std::nullopt;
  }

 private:
  mutable std::mutex mutex_;
  std::deque<mark> marks_;  // under mutex_, like the number
  std::uint64_t last_ = 0;
};

}  // namespace tokiod::control
