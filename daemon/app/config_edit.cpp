#include "app/config_edit.hpp"

#include <string_view>
#include <utility>

#include "config/secrets.hpp"
#include "wire/patch.hpp"

namespace tokiod::app {
namespace {

using config::level;
using config::overlays;
using wire::json;

json lower_of(const config::loaded& now) { return config::said_by(now.layers, level::command_line); }

json under_runtime(const config::loaded& now, const overlays& over) {
  return wire::merged(lower_of(now), over.persisted);
}

json said_with(const config::loaded& now, const overlays& over) {
  return wire::merged(under_runtime(now, over), over.runtime);
}

// What a patch over another one cannot say (an object in the place of something deleted below) is said member by
// member.
void complete(const config::loaded& now, const json& target, overlays& over, json& in) {
  const json missing = wire::merge_diff(said_with(now, over), target);
  if (!missing.empty()) in = wire::composed(std::move(in), missing);
}

// A value as config.get hides it: somebody read it there, and would now overwrite the secret with stars.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the patch, which parse() bounds
bool has_hidden(const json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>() == config::hidden;
  if (value.is_structured())
    for (const auto& each : value)
      if (has_hidden(each)) return true;
  return false;
}

outcome<overlays> patched(const config::loaded& now, const json& patch, bool persist) {
  if (!patch.is_object()) return refuse(kind::invalid_params, "a change of the configuration must be an object");
  if (has_hidden(patch))
    return refuse(kind::invalid_config, "\"", config::hidden,
                  "\" stands for a value that is not shown, and cannot be set; leave that member out");
  const json target = wire::merged(now.said, patch);
  overlays over = config::overlays_of(now.layers);
  json& in = persist ? over.persisted : over.runtime;
  in = wire::composed(std::move(in), patch);
  if (persist) over.runtime = wire::without(std::move(over.runtime), patch);
  complete(now, target, over, in);
  complete(now, target, over, over.runtime);
  return over;
}

bool erase_at(json& from, const json::json_pointer& at) {
  if (at.empty() || !from.contains(at)) return false;
  json& parent = from[at.parent_pointer()];
  if (!parent.is_object()) return false;
  parent.erase(at.back());
  return true;
}

// Sections that became empty say nothing any more.
void drop_empty(json& of, json::json_pointer at) {
  for (; !at.empty(); at = at.parent_pointer())
    if (of.contains(at) && of[at].is_object() && of[at].empty()) erase_at(of, at);
}

// Those that are the last word at run time say again what was said before; together they are what is returned.
json take_back(const std::vector<passing_setting>& passing, json& runtime) {
  json taken = json::object();
  for (const auto& one : passing) {
    const json::json_pointer at(one.path);
    if (!runtime.contains(at) || runtime[at] != one.said) continue;
    taken[at] = one.said;
    if (one.before) {
      runtime[at] = *one.before;
    } else if (erase_at(runtime, at)) {
      drop_empty(runtime, at);
    }
  }
  return taken;
}

outcome<json::json_pointer> pointer_in(const std::string& text) {
  try {
    return json::json_pointer(text);
  } catch (const json::exception&) {
    return refuse(kind::invalid_params, text, " is no JSON Pointer");
  }
}

}  // namespace

config_edit merge_edit(json patch) {
  return [patch = std::move(patch)](const config::loaded& now, bool persist) { return patched(now, patch, persist); };
}

config_edit operations_edit(json operations) {
  return [ops = std::move(operations)](const config::loaded& now, bool persist) -> outcome<overlays> {
    const auto target = wire::operated(now.document, ops);
    if (!target) return std::unexpected(target.error());
    if (!target->is_object()) return refuse(kind::invalid_config, "ops leave no object of the configuration");
    return patched(now, wire::merge_diff(now.document, *target), persist);
  };
}

config_edit unset_edit(std::string pointer) {
  return [pointer = std::move(pointer)](const config::loaded& now, bool persist) -> outcome<overlays> {
    const auto at = pointer_in(pointer);
    if (!at) return std::unexpected(at.error());
    overlays over = config::overlays_of(now.layers);
    const bool persisted = over.persisted.contains(*at);
    const bool erased = erase_at(over.runtime, *at);
    drop_empty(over.runtime, *at);
    if (persisted && persist && erase_at(over.persisted, *at)) {
      drop_empty(over.persisted, *at);
      return over;
    }
    if (erased) return over;
    auto no =
        refuse(kind::not_found, pointer, persisted ? " is set in the persisted layer" : " was not set at run time");
    if (persisted) no.error().hint = "take it out there with persist";
    return no;
  };
}

config_edit end_edit(std::vector<passing_setting> over) {
  return [ended = std::move(over)](const config::loaded& now, bool) -> outcome<overlays> {
    overlays layers = config::overlays_of(now.layers);
    (void)take_back(ended, layers.runtime);
    return layers;
  };
}

config_edit revision_edit(json said) {
  return [said = std::move(said)](const config::loaded& now, bool persist) -> outcome<overlays> {
    overlays over = config::overlays_of(now.layers);
    if (persist) return overlays{wire::merge_diff(lower_of(now), said), json::object()};
    over.runtime = wire::merge_diff(under_runtime(now, over), said);
    return over;
  };
}

config_edit save_edit(std::vector<passing_setting> passing) {
  return [passing = std::move(passing)](const config::loaded& now, bool) -> outcome<overlays> {
    overlays over = config::overlays_of(now.layers);
    json for_a_time = take_back(passing, over.runtime);
    over.persisted = wire::composed(std::move(over.persisted), over.runtime);
    over.runtime = std::move(for_a_time);
    complete(now, now.said, over, over.persisted);
    return over;
  };
}

}  // namespace tokiod::app
