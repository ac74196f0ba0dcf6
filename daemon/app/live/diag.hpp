// Diagnosis: control/backend/diag.hpp for the running daemon.
// Threads:   as that file says.
#pragma once
#include "app/live/parts.hpp"
#include "control/backend/diag.hpp"

namespace tokiod::app {

class live_diag : public virtual control::diag_face {
 public:
  explicit live_diag(const live_parts& parts) : parts_(parts) {}

  [[nodiscard]] control::lint_page lints(std::size_t limit) const override;
  [[nodiscard]] control::stack_report stacks(const control::stack_query& query) const override;
  [[nodiscard]] std::vector<control::slow_info> slow_polls() const override;
  [[nodiscard]] std::vector<control::slow_info> slow_jobs() const override;
  void forget_slow_polls() override;
  void forget_slow_jobs() override;
  [[nodiscard]] outcome<wire::json> trace_scheduler(duration_ns length, std::size_t most_events,
                                                    const std::function<bool()>& given_up) override;
  [[nodiscard]] control::profile_report profile(duration_ns length, std::uint32_t hz,
                                                const std::function<bool()>& given_up) const override;
  [[nodiscard]] outcome<std::string> keep_bundle(std::string_view bytes) override;
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> crash_reports() const override;
  [[nodiscard]] std::vector<control::self_check> self_test() override;

 private:
  const live_parts parts_;
};

}  // namespace tokiod::app
