// The metric families that a test asks for.
// Threads: any; the switches are guarded.
#pragma once
#include <utility>
#include <vector>

#include "control/backend/metrics.hpp"
#include "support/fake/core.hpp"

namespace tokiod::test {

using namespace control;

class fake_metrics : public virtual control::metrics_face, public virtual fake_core {
 public:
  // ---- switches
  void publish_metrics(std::vector<metric_family> families) {
    change([&] { metrics_ = std::move(families); });
  }

  // ---- the face
  [[nodiscard]] std::vector<metric_family> metrics() const override {
    const std::lock_guard lock(mutex_);
    throw_if_told("metrics");
    return metrics_;
  }

 private:
  std::vector<metric_family> metrics_;
};

}  // namespace tokiod::test
