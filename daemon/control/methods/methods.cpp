#include "control/methods/methods.hpp"

#include <algorithm>

namespace tokiod::control {

const code* find_code(std::string_view method) {
  for (const auto group :
       {config_methods(), console_methods(), control_methods(), daemon_methods(), diag_methods(), event_methods(),
        log_methods(), metrics_methods(), operation_methods(), plugin_methods(), resource_methods(), runtime_methods(),
        settings_methods(), task_methods(), waiting_methods()}) {
    const auto found = std::ranges::find(group, method, &binding::name);
    if (found != group.end()) return &found->run;
  }
  return nullptr;
}

}  // namespace tokiod::control
