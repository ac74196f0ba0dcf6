// Locks, channels and timers, and what waits for them. A part of control/backend.hpp.
// Threads: [reader]. What is known of resources is known while somebody listens.
#pragma once
#include <cstdint>
#include <optional>

#include "control/backend/common.hpp"
#include "control/resource_info.hpp"

namespace tokiod::control {

class resource_face {
 public:
  virtual ~resource_face() = default;

  [[nodiscard]] virtual resource_page resources(const resource_query& query) const = 0;
  [[nodiscard]] virtual std::optional<resource_detail> resource(std::uint64_t id) const = 0;
  [[nodiscard]] virtual resource_changes changed_resources(const change_query& query) const = 0;
  [[nodiscard]] virtual async_op_changes changed_ops(const change_query& query) const = 0;
};

}  // namespace tokiod::control
