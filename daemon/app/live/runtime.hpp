// The runtime and its workers: control/backend/runtime.hpp for the running daemon.
// Threads: as that file says.
#pragma once
#include "app/live/parts.hpp"
#include "control/backend/runtime.hpp"

namespace tokiod::app {

class live_runtime : public virtual control::runtime_face {
 public:
  explicit live_runtime(const live_parts& parts) : parts_(parts) {}

  [[nodiscard]] control::runtime_info runtime() const override;
  [[nodiscard]] std::vector<control::worker_info> workers() const override;
  outcome<control::resize_report> resize(std::uint32_t workers, duration_ns timeout, std::string_view reason,
                                         const std::function<bool()>& given_up) override {
    return parts_.resize(workers, timeout, reason, given_up);
  }
  outcome<control::passing_info> pause(double for_s, std::string_view reason) override;
  outcome<void> resume(std::string_view reason) override;
  outcome<control::cpu_report> pin(std::uint32_t worker, std::string_view cpus) override;

 private:
  const live_parts parts_;
};

}  // namespace tokiod::app
