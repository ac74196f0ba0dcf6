// Questions to a daemon about its instances, over its control socket.
// Threads: that of the client.
#pragma once
#include <string>

#include "support/eventually.hpp"
#include "support/rpc_client.hpp"

namespace tokiod::test {

// The instance as plugin.list shows it, or null.
inline wire::json instance_of(rpc_client& control, const std::string& name) {
  const auto listed = control.call("plugin.list");
  for (const auto& plugin : listed.at("plugins"))
    for (const auto& instance : plugin.at("instances"))
      if (instance.at("instance") == name) return instance;
  return nullptr;
}

inline wire::json usage_of(rpc_client& control, const std::string& name) {
  const auto instance = instance_of(control, name);
  REQUIRE_MESSAGE(!instance.is_null(), "there is no instance ", name);
  return instance.at("usage");
}

// Instances of the configuration start after the control socket answers.
inline void wait_until_runs(rpc_client& control, const std::string& name) {
  eventually(name + " runs", [&] {
    const auto instance = instance_of(control, name);
    return !instance.is_null() && instance.at("state") == "running";
  });
}

}  // namespace tokiod::test
