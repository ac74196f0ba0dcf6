// The two halves of becoming another program while clients stay connected (handover.hpp): begin() in the process that
// goes, and take_over() in the one that comes.
// Invariant: until the successor was let go everything is as it was; from then on this process only drains, and neither
//            the manager nor anybody's listening socket hears of its end.
// Threads:   begin [operation]; take_over [the start's thread].
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "app/handover.hpp"
#include "app/kept_listeners.hpp"
#include "app/live/parts.hpp"
#include "control/backend/daemon.hpp"
#include "control/server.hpp"

namespace tokiod::app {

using upgraded = std::expected<control::upgrade_report, control::upgrade_refusal>;

class upgrade {
 public:
  // What of this process a successor gets, or is told.
  struct ground {
    const process_facts& facts;
    host::registry& plugins;
    control::server& control;
    kept_listeners& listeners;
    int lock;  // of the state directory; -1: none
    notifier& manager;
    supervisor& life;
    maintenance& upkeep;
    const teller& tell;
  };
  explicit upgrade(const ground& of) : of_(of) {}

  [[nodiscard]] upgraded begin(const control::upgrade_order& order, const std::function<bool()>& given_up);

 private:
  [[nodiscard]] upgraded carry_out(const std::string& program, const control::upgrade_order& order,
                                   const std::function<bool()>& given_up);
  [[nodiscard]] wire::json state() const;
  [[nodiscard]] std::vector<passed_socket> sockets() const;
  [[nodiscard]] bool name_successor(pid_t pid) const;

  const ground of_;
};

// Says that we are ready when every instance that ran before runs here, and waits until we are let go. Empty: we are;
// else why not, which the old process was told.
[[nodiscard]] std::string take_over(const inheritance& from, const host::registry& plugins);

}  // namespace tokiod::app
