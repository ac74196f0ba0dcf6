// One plugin, echo, with an instance of the same name.
// Threads: any; the switches are guarded.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "control/backend/plugin.hpp"
#include "support/fake/core.hpp"

namespace tokiod::test {

using namespace control;

class fake_plugin : public virtual control::plugin_face, public virtual fake_core {
 public:
  // ---- switches
  void answer_calls(outcome<std::string> with) {
    change([&] { call_answer_ = std::move(with); });
  }
  void keep_calls_open() {
    change([&] { call_answer_.reset(); });
  }
  std::shared_ptr<host::call_listener> wait_for_call() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !open_calls_.empty(); });
    return open_calls_.begin()->second;
  }
  void wait_for_cancel() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return cancelled_ > 0; });
  }
  std::string unloaded() const {
    const std::lock_guard lock(mutex_);
    return unloaded_;
  }

  // ---- the face
  [[nodiscard]] std::vector<host::image_view> plugins() const override { return {image()}; }
  [[nodiscard]] outcome<host::image_info> plugin(std::string_view name) const override {
    if (name != "echo") return refuse(kind::not_found, "no plugin ", name, " is loaded");
    host::image_info info;
    info.image = image();
    info.methods = {{"echo", {{"stats", "numbers", "{}"}}}};
    info.holds = {{"echo", {{"tasks", 3}}}};
    info.unload_blockers = {"3 tasks live"};
    return info;
  }
  [[nodiscard]] outcome<host::instance_view> instance(std::string_view name) const override {
    if (name != "echo") return refuse(kind::not_found, "there is no instance ", name);
    return instance_of("echo");
  }
  [[nodiscard]] outcome<host::inspection> inspect(const std::string& path) const override {
    if (path == "bad") return refuse(kind::bad_plugin, path, ": no symbol tokio_plugin_v0");
    host::inspection seen;
    seen.path = path;
    return seen;
  }
  [[nodiscard]] host::scan_result scan() const override {
    return {{{"echo", "/lib/echo.so", "org.tokiod.echo", "1.0", true}}, {{"/lib/x.so", "no note"}}};
  }
  outcome<host::load_report> load(const host::load_request& request) override {
    if (auto failed = work(); !failed) return std::unexpected(failed.error());
    return host::load_report{request.name.empty() ? request.path : request.name, 1, host::image_state::loaded, {}};
  }
  outcome<host::unload_report> unload(std::string_view plugin, const drain_order& drain) override {
    if (auto failed = drained(drain); !failed) return std::unexpected(failed.error());
    change([&] { unloaded_ = plugin; });
    return host::unload_report{true, host::image_state::unloaded, {}};
  }
  outcome<host::reload_report> reload(std::string_view, const std::string&, const drain_order& drain) override {
    if (auto failed = drained(drain); !failed) return std::unexpected(failed.error());
    return host::reload_report{1, 2, "1.0", "1.1", {true, host::image_state::unloaded, {}}};
  }
  outcome<host::instance_view> start(const host::start_request& request) override {
    if (auto failed = work(); !failed) return std::unexpected(failed.error());
    if (request.instance == "refuses") return refuse(kind::init_failed, "refuses: init said no");
    return instance_of(request.instance.empty() ? request.plugin : request.instance);
  }
  outcome<host::instance_view> start_again(std::string_view instance) override {
    if (auto failed = work(); !failed) return std::unexpected(failed.error());
    return instance_of(std::string(instance));
  }
  outcome<host::stop_report> stop(std::string_view, const drain_order& drain) override {
    if (auto failed = drained(drain); !failed) return std::unexpected(failed.error());
    return host::stop_report{host::instance_state::stopped, {{"tasks", 1}}, {}, {}};
  }
  outcome<host::instance_view> restart(std::string_view instance, const drain_order& drain) override {
    if (auto failed = drained(drain); !failed) return std::unexpected(failed.error());
    return instance_of(std::string(instance));
  }
  outcome<void> clear_quarantine(std::string_view plugin) override {
    if (auto failed = work(); !failed) return std::unexpected(failed.error());
    if (plugin != "echo") return refuse(kind::not_found, "no plugin ", plugin, " is held back");
    return {};
  }
  outcome<host::call_id> call(std::string_view instance, std::string_view, std::string params,
                              std::shared_ptr<host::call_listener> listener, std::optional<duration_ns>) override {
    if (instance != "echo") return refuse(kind::not_found, "there is no instance ", instance);
    const std::lock_guard lock(mutex_);
    throw_if_told("call");
    last_call_params_ = std::move(params);
    const auto id = ++last_call_;
    if (call_answer_)
      listener->done(*call_answer_);
    else
      open_calls_[id] = std::move(listener);
    changed_.notify_all();
    return id;
  }
  void cancel_call(host::call_id) override {
    change([&] { ++cancelled_; });
  }

 private:
  // Who has had enough of waiting has the drain go on to its end at once.
  outcome<void> drained(const drain_order& drain) {
    auto done = work(drain.enough);
    if (!done && done.error().why == kind::cancelled) return {};
    return done;
  }
  static host::instance_view instance_of(const std::string& name) {
    host::instance_view view;
    view.name = name;
    view.plugin = "echo";
    view.state = host::instance_state::running;
    view.config = R"({"port":7007,"key":"planted-marked","note":"planted-unknown"})";
    return view;
  }
  static host::image_view image() {
    host::image_view view;
    view.name = "echo";
    view.id = "org.tokiod.echo";
    view.version = "1.0";
    view.path = "/lib/echo.so";
    view.state = host::image_state::loaded;
    view.config_schema = R"({"properties":{"port":{"type":"integer"},"key":{"secret":true}}})";
    view.instances = {instance_of("echo")};
    return view;
  }

  std::string unloaded_, last_call_params_;
  std::optional<outcome<std::string>> call_answer_ = outcome<std::string>(R"({"connections":3})");
  std::map<host::call_id, std::shared_ptr<host::call_listener>> open_calls_;
  host::call_id last_call_ = 0;
  int cancelled_ = 0;
};

}  // namespace tokiod::test
