#include "ctl/verb.hpp"

#include <algorithm>

#include "ctl/verbs/config.hpp"
#include "ctl/verbs/console.hpp"
#include "ctl/verbs/control.hpp"
#include "ctl/verbs/daemon.hpp"
#include "ctl/verbs/diag.hpp"
#include "ctl/verbs/event.hpp"
#include "ctl/verbs/log.hpp"
#include "ctl/verbs/metrics.hpp"
#include "ctl/verbs/operation.hpp"
#include "ctl/verbs/plugin.hpp"
#include "ctl/verbs/resource.hpp"
#include "ctl/verbs/runtime.hpp"
#include "ctl/verbs/task.hpp"
#include "ctl/verbs/waiting.hpp"
#include "ctl/verbs/watchdog.hpp"
#include "wire/sorted_rows.hpp"

namespace tokiod::ctl {
namespace {

constexpr auto every_verb =
    wire::sorted_rows(&verb::words, rows::config, rows::console, rows::control, rows::daemon, rows::diag, rows::event,
                      rows::log, rows::metrics, rows::operation, rows::plugin, rows::resource, rows::runtime,
                      rows::task, rows::waiting, rows::watchdog);

}  // namespace

std::span<const verb> verbs() { return every_verb; }

const verb* find_verb(std::string_view words) {
  const auto row = std::ranges::lower_bound(every_verb, words, {}, &verb::words);
  return row != every_verb.end() && row->words == words ? &*row : nullptr;
}

std::string option_name(const wire::param& rule) {
  std::string name(rule.name);
  if (name.ends_with("_s")) name.resize(name.size() - 2);
  std::replace(name.begin(), name.end(), '_', '-');
  return "--" + name;
}

}  // namespace tokiod::ctl
