// What is counted. A part of control/backend.hpp.
// Threads: [reader].
#pragma once
#include <vector>

#include "control/backend/common.hpp"
#include "control/metric_family.hpp"

namespace tokiod::control {

class metrics_face {
 public:
  virtual ~metrics_face() = default;

  [[nodiscard]] virtual std::vector<metric_family> metrics() const = 0;
};

}  // namespace tokiod::control
