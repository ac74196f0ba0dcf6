#include "config/diff.hpp"

#include <algorithm>

#include "config/setting.hpp"
#include "wire/get.hpp"

namespace tokiod::config {
namespace {

using wire::json;

constexpr std::string_view instance_pattern = "/plugins/instances/*";

// Objects that differ only in the order of their members are equal here: moving a line in a file changes nothing.
bool same(const json& a, const json& b) {
  if (a.type() != b.type() || a.size() != b.size() || a.is_primitive()) return a == b;
  if (a.is_array()) return std::ranges::equal(a, b, same);
  return std::ranges::all_of(
      a.items(), [&](const auto& member) { return b.contains(member.key()) && same(member.value(), b[member.key()]); });
}

class differ {
 public:
  differ(const loaded& after, std::vector<change>& into) : after_(after), into_(into) {}

  void walk(const json& from, const json& to, const std::string& pointer) {
    if (same(from, to)) return;
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

}  // namespace

std::vector<change> diff(const loaded& before, const loaded& after) {
  std::vector<change> changes;
  differ(after, changes).walk(before.document, after.document, "");
  return changes;
}

}  // namespace tokiod::config
