// A configuration of one setting.
// Threads: any; the switches are guarded.
#pragma once
#include <string_view>

#include "control/backend/config.hpp"
#include "support/fake/core.hpp"

namespace tokiod::test {

using namespace control;

class fake_config : public virtual control::config_face, public virtual fake_core {
 public:
  [[nodiscard]] config_status config() const override { return {3, false, true, 0, {}}; }
  [[nodiscard]] outcome<json> config_get(std::string_view path, bool, config::audience) const override {
    if (path == "/nothing") return refuse(kind::not_found, "there is no setting ", path);
    return json{{"revision", 3}, {"value", {{"worker_threads", 2}}}};
  }
  [[nodiscard]] json config_check(const json& document) const override {
    if (document.empty()) return {{"valid", true}, {"problems", json::array()}};
    return {{"valid", false},
            {"problems", {{{"path", "/x"}, {"kind", "unknown_param"}, {"message", "no such setting"}}}}};
  }
  [[nodiscard]] outcome<json> config_schema(std::string_view) const override { return json{{"type", "object"}}; }
  outcome<json> config_reload(std::string_view) override {
    work();
    return json{{"revision", 4}, {"changed", json::array()}, {"needs_restart", json::array()}};
  }
};

}  // namespace tokiod::test
