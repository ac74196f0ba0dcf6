// A daemon that is only its state, its health and the order to stop.
// Threads: any; the switches are guarded.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "control/backend/daemon.hpp"
#include "support/fake/core.hpp"

namespace tokiod::test {

using namespace control;

class fake_daemon : public virtual control::daemon_face, public virtual fake_core {
 public:
  // ---- switches
  void be(daemon_state now) {
    change([&] { state_ = now; });
  }
  void be_unready(std::string why) {
    change([&] { unready_ = std::move(why); });
  }
  std::optional<shutdown_order> ordered() const {
    const std::lock_guard lock(mutex_);
    return ordered_;
  }

  // ---- the face
  [[nodiscard]] daemon_state state() const override {
    const std::lock_guard lock(mutex_);
    throw_if_told("state");
    return state_;
  }
  [[nodiscard]] daemon_info info() const override {
    const std::lock_guard lock(mutex_);
    throw_if_told("info");
    daemon_info about;
    about.version = "9.9.9";
    about.abi = "0.1";
    about.pid = 4711;
    about.uptime_seconds = 12.5;
    about.config_files = {"/etc/tokiod/tokiod.json"};
    return about;
  }
  [[nodiscard]] std::vector<health_check> health() const override {
    const std::lock_guard lock(mutex_);
    return {{"control", true, "", true}, {"plugins", unready_.empty(), unready_, false}};
  }
  outcome<void> shutdown(const shutdown_order& order) override {
    change([&] { ordered_ = order; });
    return {};
  }

 private:
  daemon_state state_ = daemon_state::running;
  std::string unready_;
  std::optional<shutdown_order> ordered_;
};

}  // namespace tokiod::test
