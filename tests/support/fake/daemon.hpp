// A daemon that is only its state, its health and the order to stop.
// Threads: any; the switches are guarded.
#pragma once
#include <algorithm>
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

  void fail_upgrades(std::string stage) {
    change([&] { failing_stage_ = std::move(stage); });
  }
  std::expected<upgrade_report, upgrade_refusal> upgrade(const upgrade_order& order,
                                                         const std::function<bool()>&) override {
    const std::lock_guard lock(mutex_);
    if (failing_stage_.empty()) return upgrade_report{4712, 2};
    return std::unexpected(upgrade_refusal{refuse(kind::refused, order.program, " did not do").error(), failing_stage_,
                                           "its last words\n"});
  }
  [[nodiscard]] maintenance_info maintenance() const override {
    const std::lock_guard lock(mutex_);
    return maintenance_;
  }
  maintenance_info maintain(const maintenance_order& order) override {
    change([&] { maintenance_ = {order.on, order.for_s, order.reason}; });
    return maintenance();
  }
  [[nodiscard]] std::vector<crash_info> crashes(std::size_t limit) const override {
    crash_info one;
    one.file = "/var/lib/tokiod/crash/crash-1700000000-4711.json";
    one.time = 1'700'000'000;
    one.signal = "SIGSEGV";
    one.plugin = one.instance = "echo";
    one.task = "t-7";
    one.name = "echo connection";
    one.place = "plugin.cpp:30";
    one.worker = 1;
    one.frames = {"echo.so+0x1234 serve"};
    return std::vector<crash_info>(std::min<std::size_t>(limit, 1), one);
  }
  [[nodiscard]] std::optional<crash_info> last_crash() const override { return crashes(1).front(); }

 private:
  maintenance_info maintenance_;
  std::string failing_stage_;
  daemon_state state_ = daemon_state::running;
  std::string unready_;
  std::optional<shutdown_order> ordered_;
};

}  // namespace tokiod::test
