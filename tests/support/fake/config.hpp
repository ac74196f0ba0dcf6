// A configuration of one setting.
// Threads: any; the switches are guarded.
#pragma once
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "control/backend/config.hpp"
#include "support/fake/core.hpp"
#include "wire/patch.hpp"

namespace tokiod::test {

using namespace control;

class fake_config : public virtual control::config_face, public virtual fake_core {
 public:
  [[nodiscard]] config_status config() const override {
    config_status now;
    now.revision = 3;
    return now;
  }
  [[nodiscard]] json config_status_view() const override {
    return {{"revision", 3}, {"drift", drift.load()}, {"sha256", "00"}};
  }
  [[nodiscard]] outcome<json> config_get(const config_query& asked, config::audience) const override {
    if (asked.path == "/nothing") return refuse(kind::not_found, "there is no setting ", asked.path);
    const std::lock_guard hold(settings_lock_);
    const json::json_pointer at{std::string(asked.path)};
    if (asked.path.empty() || !settings_.contains(at)) return json{{"revision", 3}, {"value", {{"worker_threads", 2}}}};
    return json{{"revision", 3}, {"value", settings_[at]}};
  }
  [[nodiscard]] outcome<json> config_schema(std::string_view) const override { return json{{"type", "object"}}; }
  [[nodiscard]] json config_layers(config::audience) const override { return {{"layers", json::array()}}; }
  [[nodiscard]] json config_history(std::size_t) const override {
    return {{"revisions",
             {{{"revision", 1}, {"time", 0}, {"how", "start"}, {"by", "tokiod"}, {"summary", json::array()}}}}};
  }
  [[nodiscard]] json config_check(const json& document, bool) const override {
    if (document.empty()) return {{"valid", true}, {"problems", json::array()}};
    return {{"valid", false},
            {"problems", {{{"path", "/x"}, {"kind", "unknown_param"}, {"message", "no such setting"}}}}};
  }
  [[nodiscard]] outcome<json> config_diff(std::string_view, std::string_view) const override {
    return json{{"patch", json::array()}, {"text", ""}};
  }
  [[nodiscard]] json config_drift() const override {
    return json{{"drift", drift.load()}, {"patch", json::array()}, {"text", drift ? "+ /log/burst: 1\n" : ""}};
  }
  [[nodiscard]] wire::answer config_reload(const config_order&) override {
    work();
    return json{{"revision", 4}, {"changed", json::array()}, {"needs_restart", json::array()}};
  }
  [[nodiscard]] wire::answer config_patch(const json& patch, std::string_view, const config_order& order) override {
    if (patch.contains("refused"))
      return std::unexpected(wire::to_rpc_error({kind::invalid_config, "refused is not a setting", "/refused", {}}));
    if (!order.dry_run) {
      const std::lock_guard hold(settings_lock_);
      settings_ = wire::merged(settings_, patch);
      if (order.lasts != 0) lasts_ = order.lasts;
    }
    return made(patch, order);
  }
  // Of what a test changes, for a time or not, everything that is not the watchdog's second number or policy.
  [[nodiscard]] std::optional<duration_ns> config_left(std::string_view path) const override {
    const std::lock_guard hold(settings_lock_);
    return path.starts_with("/watchdog/") ? std::nullopt : lasts_;
  }
  [[nodiscard]] wire::answer config_operate(const json& operations, const config_order& order) override {
    return made(operations, order);
  }
  [[nodiscard]] wire::answer config_unset(std::string_view path, const config_order& order) override {
    return made(path, order);
  }
  [[nodiscard]] wire::answer config_rollback(std::uint64_t to, const config_order& order) override {
    return made(to, order);
  }
  [[nodiscard]] wire::answer config_save(const config_order&) override {
    return json{{"revision", 3}, {"path", "/runtime.json"}, {"sha256", "00"}};
  }
  outcome<void> config_confirm(std::uint64_t revision) override {
    if (revision == 3) return {};
    return refuse(kind::not_found, "revision ", revision, " does not wait for a confirmation");
  }

  std::atomic<bool> drift{false};

 private:
  mutable std::mutex settings_lock_;  // guards what follows
  json settings_ = {{"runtime",
                     {{"worker_threads", 2},
                      {"stuck_after_ms", 100},
                      {"max_blocking_threads", 512},
                      {"thread_keep_alive_ms", 10'000}}},
                    {"plugins",
                     {{"instances",
                       {{"echo", {{"plugin", "echo"}, {"enabled", true}}},
                        {"a/b", {{"plugin", "chat"}, {"enabled", true}}},
                        {"chat2", {{"plugin", "chat"}, {"enabled", true}}}}}}},
                    {"watchdog", {{"policy", "control"}, {"stuck_after_ms", 10'000}}}};
  std::optional<duration_ns> lasts_;

  // What was asked for, as the plan: tests look at what arrives.
  static json made(const json& what, const config_order& order) {
    return {{"revision", order.expect_revision.value_or(4)},
            {"applied", !order.dry_run},
            {"persisted", order.persist},
            {"plan", {{{"path", "/"}, {"from", nullptr}, {"to", what}, {"apply", "live"}, {"origin", "runtime"}}}},
            {"needs_restart", json::array()}};
  }
};

}  // namespace tokiod::test
