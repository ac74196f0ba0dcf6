#include "config/layer.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

#include "base/clock.hpp"
#include "wire/patch.hpp"

namespace tokiod::config {
namespace {

using wire::json;

document document_named(std::string name, const json& said) {
  document d;
  d.name = std::move(name);
  d.value = said;
  return d;
}

const layer* find(const std::vector<layer>& layers, level of) {
  const auto found = std::ranges::find(layers, of, &layer::of);
  return found == layers.end() ? nullptr : &*found;
}

void add_or_keep(std::vector<layer>& to, const std::vector<layer>& before, layer next) {
  if (next.text.value.empty()) return;
  const layer* const old = find(before, next.of);
  to.push_back(old && old->text.value == next.text.value ? *old : std::move(next));
}

}  // namespace

std::optional<level> level_named(std::string_view text) {
  const auto* const found = std::ranges::find(level_names, text);
  if (found == std::end(level_names)) return std::nullopt;
  return static_cast<level>(found - std::begin(level_names));
}

overlays overlays_of(const std::vector<layer>& layers) {
  overlays over;
  if (const layer* const persisted = find(layers, level::persisted)) over.persisted = persisted->text.value;
  if (const layer* const runtime = find(layers, level::runtime)) over.runtime = runtime->text.value;
  return over;
}

std::vector<layer> replaced(const std::vector<layer>& layers, const overlays& over, const std::string& overlay_file) {
  std::vector<layer> next;
  std::ranges::copy_if(layers, std::back_inserter(next), [](const layer& l) { return l.of < level::persisted; });
  add_or_keep(next, layers, {level::persisted, document_named(overlay_file, over.persisted), wall_clock_ns()});
  add_or_keep(next, layers, runtime_layer(over.runtime));
  return next;
}

layer runtime_layer(const json& said) { return {level::runtime, document_named("runtime", said), wall_clock_ns()}; }

json said_by(const std::vector<layer>& layers, level top) {
  json said = json::object();
  for (const layer& each : layers)
    if (each.of <= top) said = wire::merged(std::move(said), each.text.value);
  return said;
}

level top_level_of(const std::vector<layer>& layers, const std::string& pointer) {
  const json::json_pointer at(pointer);
  for (const layer& each : layers | std::views::reverse)
    if (each.text.value.contains(at)) return each.of;
  return level::defaults;
}

}  // namespace tokiod::config
