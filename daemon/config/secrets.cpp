#include "config/secrets.hpp"

#include <algorithm>
#include <utility>

#include "config/setting.hpp"
#include "wire/get.hpp"

namespace tokiod::config {
namespace {

using wire::json;
using nodes = std::vector<const json*>;  // the schemas that speak of one value

constexpr std::size_t most_nodes = 256;  // of one value; a schema that says more of it is not read to its end

// The schema and those it is composed of. A reference out of the document is followed by nobody.
void expand(const json& root, const json& schema, nodes& into) {
  if (!schema.is_object() || into.size() == most_nodes || std::ranges::find(into, &schema) != into.end()) return;
  into.push_back(&schema);
  for (const auto* const list : {"allOf", "anyOf", "oneOf"})
    if (const auto* const parts = wire::find(schema, list); parts && parts->is_array())
      for (const auto& part : *parts) expand(root, part, into);
  for (const auto* const branch : {"then", "else"})
    if (const auto* const part = wire::find(schema, branch)) expand(root, *part, into);
  const std::string to = wire::text_or(schema, "$ref");
  if (!to.starts_with('#')) return;
  try {
    const json::json_pointer where(to.substr(1));
    if (root.contains(where)) expand(root, root[where], into);
  } catch (const json::exception&) {  // "#name" is an anchor, no pointer: its schema counts as not given
  }
}

// Of a member: every pattern may be the one that fits, since a mark too many hides, and one too few tells.
nodes member_of(const json& root, const nodes& schemas, const std::string& name) {
  nodes found;
  for (const json* const each : schemas) {
    const auto* const named = wire::find(*each, "properties");
    const bool known = named && named->is_object() && named->contains(name);
    if (known) expand(root, (*named)[name], found);
    if (const auto* const patterns = wire::find(*each, "patternProperties"); patterns && patterns->is_object())
      for (const auto& pattern : *patterns) expand(root, pattern, found);
    const auto* const others = wire::find(*each, "additionalProperties");
    if (others && !known) expand(root, *others, found);
  }
  return found;
}

nodes items_of(const json& root, const nodes& schemas) {
  nodes found;
  for (const json* const each : schemas) {
    if (const auto* const items = wire::find(*each, "items")) expand(root, *items, found);
    if (const auto* const first = wire::find(*each, "prefixItems"); first && first->is_array())
      for (const auto& item : *first) expand(root, item, found);
  }
  return found;
}

bool is_secret(const nodes& schemas) {
  return std::ranges::any_of(schemas, [](const json* one) { return wire::boolean_or(*one, "secret", false); });
}

class viewer {
 public:
  viewer(const json& root, audience to) : root_(root), to_(to) {}

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the document, which parse() bounds
  [[nodiscard]] json show(const json& value, const nodes& schemas) const {
    if (is_secret(schemas)) return hidden;
    if (value.is_object()) {
      json shown = json::object();
      for (const auto& [name, member] : value.items()) shown[name] = show(member, member_of(root_, schemas, name));
      return shown;
    }
    if (value.is_array()) {
      json shown = json::array();
      const auto each = items_of(root_, schemas);
      for (const auto& item : value) shown.push_back(show(item, each));
      return shown;
    }
    return to_ == audience::admin || !schemas.empty() ? value : json(hidden);
  }

 private:
  const json& root_;
  audience to_;
};

// Walks a configuration by the table of settings; where a row is secret, the plugin's schema goes on.
class walker {
 public:
  walker(const schema_source& schemas, audience to) : schemas_(schemas), to_(to) {}

  // NOLINTNEXTLINE(misc-no-recursion): as deep as the table
  [[nodiscard]] json show(const json& value, const std::string& pattern, const std::string& plugin) const {
    const setting* const row = find_setting(pattern);
    if (row && row->secret) return shown_config(value, schemas_(plugin), to_);
    if (row || !value.is_structured()) return value;
    if (value.is_array()) {
      json shown = json::array();
      for (const auto& item : value) shown.push_back(show(item, pattern + "/#", plugin));
      return shown;
    }
    json shown = json::object();
    const std::string of = wire::text_or(value, "plugin", plugin);
    for (const auto& [name, member] : value.items()) shown[name] = show(member, child_pattern(pattern, name), of);
    return shown;
  }

 private:
  const schema_source& schemas_;
  audience to_;
};

}  // namespace

json shown_config(const json& config, const json& schema, audience to) {
  nodes top;
  expand(schema, schema, top);
  return viewer(schema, to).show(config, top);
}

json shown_document(const json& document, const schema_source& schemas, audience to) {
  return walker(schemas, to).show(document, {}, {});
}

std::vector<change> shown_changes(std::vector<change> changes, const schema_source& schemas) {
  const walker all(schemas, audience::everybody);
  for (auto& each : changes)
    for (auto* const value : {&each.from, &each.to}) *value = all.show(*value, pattern_of(each.path), {});
  return changes;
}

}  // namespace tokiod::config
