// Changes, revisions and layers of the configuration as the JSON that control methods answer with, and as text.
// Invariant: nothing that config/secrets.hpp hides leaves here.
// Threads:   pure functions [any].
#pragma once
#include <string>
#include <vector>

#include "app/live_config.hpp"

namespace tokiod::app {

[[nodiscard]] wire::json problems_of(const config::faults& found);
// {path, from, to, apply, origin, why?} for each change, as everybody may see it.
[[nodiscard]] wire::json plan_of(const std::vector<config::change>& changes, const std::vector<verdict>& verdicts,
                                 const config::schema_source& schemas);
[[nodiscard]] wire::json paths_of(const std::vector<config::change>& changes);
// What config.apply and its like answer.
[[nodiscard]] wire::json report_of(const change_report& report, const config::schema_source& schemas);
// {patch: operations of RFC 6902, text: a line for each value}
[[nodiscard]] wire::json difference_of(const std::vector<config::change>& changes,
                                       const config::schema_source& schemas);
// The newest first, at most `limit`.
[[nodiscard]] wire::json history_of(std::vector<revision> kept, std::size_t limit);
[[nodiscard]] wire::json layers_of(const config::loaded& now, const config::schema_source& schemas,
                                   config::audience to);

// A value by JSON Pointer or dotted name. `layer`: what that one says instead of what is in force; empty: none.
struct get_query {
  std::string path, layer;
  bool origin = false, defaults = true;
};
[[nodiscard]] outcome<wire::json> value_of(const config::loaded& now, const get_query& asked,
                                           const config::schema_source& schemas, config::audience to);

}  // namespace tokiod::app
