// Locks, channels and timers, while somebody listens: control/backend/resource.hpp for the running daemon.
// Threads: as that file says.
#pragma once
#include "app/live/parts.hpp"
#include "control/backend/resource.hpp"

namespace tokiod::app {

class live_resource : public virtual control::resource_face {
 public:
  explicit live_resource(const live_parts& parts) : parts_(parts) {}

  [[nodiscard]] control::resource_page resources(const control::resource_query& query) const override;
  [[nodiscard]] std::optional<control::resource_detail> resource(std::uint64_t id) const override;
  [[nodiscard]] control::resource_changes changed_resources(const control::change_query& query) const override;
  [[nodiscard]] control::async_op_changes changed_ops(const control::change_query& query) const override;

 private:
  const live_parts parts_;
};

}  // namespace tokiod::app
