#include "config/diff.hpp"

#include <algorithm>

#include "config/setting.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"
#include "wire/patch.hpp"

namespace tokiod::config {
namespace {

using wire::json;

constexpr std::string_view instance_pattern = "/plugins/instances/*";

class differ {
 public:
  differ(const loaded& after, std::vector<change>& into) : after_(after), into_(into) {}

  void walk(const json& from, const json& to, const std::string& pointer) {
    if (wire::same(from, to)) return;
    const std::string pattern = pattern_of(pointer);
    // An instance is one thing: whatever changes in it, it is stopped and started with the new settings.
    if (pattern == instance_pattern || section_at(pattern) != section::object) return leaf(from, to, pointer, pattern);
    const json names = both(from, to);
    for (const auto& [name, value] : names.items())
      walk(value_at(from, name), value_at(to, name), wire::pointer(pointer, name));
  }

 private:
  static json both(const json& a, const json& b) {
    json names = a.is_object() ? a : json::object();
    if (b.is_object()) names.update(b);
    return names;
  }
  static json value_at(const json& object, const std::string& name) {
    return object.is_object() && object.contains(name) ? object[name] : json();
  }
  void leaf(const json& from, const json& to, const std::string& pointer, const std::string& pattern) {
    into_.push_back({pointer, from, to, apply_of(pattern), after_.origin_of(pointer)});
  }

  const loaded& after_;
  std::vector<change>& into_;
};

bool same_text(const std::string& a, const std::string& b) {
  if (a == b) return true;
  const auto one = wire::parse(a), other = wire::parse(b);
  return one && other && wire::same(*one, *other);
}

}  // namespace

std::vector<change> diff(const json& before, const loaded& after) {
  std::vector<change> changes;
  differ(after, changes).walk(before, after.document, "");
  return changes;
}

std::vector<change> diff(const loaded& before, const loaded& after) {
  auto changes = diff(before.document, after);
  // The same name of a credential, and another text behind it.
  for (const auto& [name, now] : after.values.plugins.instances) {
    const auto was = before.values.plugins.instances.find(name);
    const std::string path = wire::pointer("/plugins/instances", name);
    if (was == before.values.plugins.instances.end() || same_text(was->second.config, now.config) ||
        std::ranges::find(changes, path, &change::path) != changes.end())
      continue;
    const json::json_pointer at(path);
    changes.push_back({path, before.document[at], after.document[at], apply::live, after.origin_of(path)});
  }
  return changes;
}

}  // namespace tokiod::config
