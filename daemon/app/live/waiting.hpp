// What tasks wait for: control/backend/waiting.hpp for the running daemon.
// Threads: as that file says.
#pragma once
#include "app/live/parts.hpp"
#include "control/backend/waiting.hpp"

namespace tokiod::app {

class live_waiting : public virtual control::waiting_face {
 public:
  explicit live_waiting(const live_parts& parts) : parts_(parts) {}

  [[nodiscard]] control::waiting_page<control::timer_info> timers(const control::waiting_query& query) const override;
  [[nodiscard]] control::waiting_page<control::source_info> sources(const control::waiting_query& query) const override;
  [[nodiscard]] control::waiting_page<control::job_info> jobs(const control::waiting_query& query) const override;

 private:
  const live_parts parts_;
};

// What a descriptor is and which addresses it has, asked by its number: `gone` when there is none any more.
[[nodiscard]] control::source_info described(int fd);

}  // namespace tokiod::app
