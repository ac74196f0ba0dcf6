#include "control/access.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "control/glob.hpp"

namespace tokiod::control {
namespace {

constexpr std::string_view admin_group = "tokiod-admin";
constexpr std::size_t lookup_bytes = 16384;  // for the strings of one entry; a group's members count too

std::optional<uid_t> uid_named(const std::string& name) {
  std::vector<char> strings(lookup_bytes);
  passwd entry{};
  passwd* found = nullptr;
  ::getpwnam_r(name.c_str(), &entry, strings.data(), strings.size(), &found);
  return found ? std::optional(found->pw_uid) : std::nullopt;
}

std::optional<gid_t> gid_named(const std::string& name) {
  for (std::size_t bytes = lookup_bytes; bytes <= (lookup_bytes << 8); bytes *= 2) {
    std::vector<char> strings(bytes);
    group entry{};
    group* found = nullptr;
    const int said = ::getgrnam_r(name.c_str(), &entry, strings.data(), strings.size(), &found);
    if (found) return found->gr_gid;
    if (said != ERANGE) return std::nullopt;
  }
  return std::nullopt;
}

bool names(const access_rule& rule, const peer& who) {
  if (rule.uid && *rule.uid != who.uid) return false;
  if (rule.gid && !who.in_group(*rule.gid)) return false;
  return true;
}

bool any_matches(const std::vector<std::string>& globs, std::string_view name) {
  return std::any_of(globs.begin(), globs.end(), [&](const auto& glob) { return matches(glob, name); });
}

outcome<void> look_up(access_rule& rule) {
  if (!rule.user.empty()) {
    rule.uid = uid_named(rule.user);
    if (!rule.uid) return refuse(kind::invalid_config, "control.access names the user ", rule.user, ", who is unknown");
  }
  if (!rule.group.empty()) {
    rule.gid = gid_named(rule.group);
    if (!rule.gid)
      return refuse(kind::invalid_config, "control.access names the group ", rule.group, ", which is unknown");
  }
  return {};
}

access_rule for_uid(uid_t uid) {
  access_rule rule;
  rule.uid = uid;
  rule.grants = level::admin;
  return rule;
}

}  // namespace

bool grant::may(const wire::method& row) const {
  if (row.needs > ceiling || any_matches(deny, row.name)) return false;
  return row.needs <= has || any_matches(allow, row.name);
}

outcome<access_policy> access_policy::compile(std::vector<access_rule> configured) {
  access_policy made;
  for (std::size_t i = 0; i < configured.size(); ++i) {
    if (const auto found = look_up(configured[i]); !found) {
      auto no = std::unexpected(found.error());
      no.error().path = "/control/access/" + std::to_string(i);
      return no;
    }
    made.rules_.push_back(std::move(configured[i]));
    made.names_.push_back("control.access[" + std::to_string(i) + "]");
  }
  const auto add = [&](access_rule rule, std::string name) {
    made.rules_.push_back(std::move(rule));
    made.names_.push_back(std::move(name));
  };
  add(for_uid(0), "root");
  add(for_uid(::geteuid()), "the daemon's own user");
  if (const auto gid = gid_named(std::string(admin_group))) {
    access_rule rule;
    rule.gid = *gid;
    rule.grants = level::admin;
    add(std::move(rule), "group " + std::string(admin_group));
  }
  add(access_rule{}, "everybody");
  return made;
}

grant access_policy::decide(const peer& who, level ceiling) const {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto& rule = rules_[i];
    if (names(rule, who)) return {std::min(rule.grants, ceiling), ceiling, names_[i], rule.allow, rule.deny};
  }
  return {level::none, ceiling, "no rule", {}, {}};
}

}  // namespace tokiod::control
