// What is counted of the runtime, the plugins and the process: control/backend/metrics.hpp for the running daemon.
// Threads: as that file says.
#pragma once
#include "app/live/parts.hpp"
#include "app/process_numbers.hpp"
#include "control/backend/metrics.hpp"

namespace tokiod::app {

class live_metrics : public virtual control::metrics_face {
 public:
  explicit live_metrics(const live_parts& parts) : parts_(parts) {}

  [[nodiscard]] std::vector<control::metric_family> metrics() const override;

 private:
  const live_parts parts_;
  const process_numbers process_;
};

}  // namespace tokiod::app
