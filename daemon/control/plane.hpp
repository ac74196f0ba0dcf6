// What all connections share. Internal to control/.
// Invariant: everything here is touched on the control thread only, except operations and mailbox, which say otherwise.
// Threads:   [control].
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "control/access.hpp"
#include "control/asio.hpp"
#include "control/backend.hpp"
#include "control/mailbox.hpp"
#include "control/operations.hpp"
#include "control/options.hpp"
#include "control/statistics.hpp"

namespace tokiod::control {

struct plane {
  plane(asio::io_context& io_context, backend& live) : io(io_context), daemon(live) {}

  asio::io_context& io;
  backend& daemon;
  limits bounds;
  access_policy policy;
  std::string version;
  statistics counts;
  operations pool;
  std::shared_ptr<mailbox> box = std::make_shared<mailbox>(io);  // outlives us in listeners of plugin calls

  // The daemon's families and our own.
  [[nodiscard]] std::vector<metric_family> metrics() const;
};

}  // namespace tokiod::control
