#include "control/access.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/accounts.hpp"
#include "base/glob.hpp"
#include "wire/topic.hpp"

namespace tokiod::control {
namespace {

constexpr std::string_view admin_group = "tokiod-admin";

// A rule that names nobody is for nobody, whatever it grants.
bool names(const access_rule& rule, const peer& who) {
  if (rule.uid && *rule.uid != who.uid) return false;
  if (rule.gid && !who.in_group(*rule.gid)) return false;
  return rule.uid || rule.gid;
}

// The first that matches; empty: none does.
std::string_view matching(const std::vector<std::string>& globs, std::string_view name) {
  const auto found = std::ranges::find_if(globs, [&](const auto& glob) { return matches(glob, name); });
  return found == globs.end() ? std::string_view() : *found;
}

outcome<void> look_up(access_rule& rule) {
  if (!rule.user.empty()) {
    const auto uid = uid_named(rule.user);
    if (!uid) return std::unexpected(uid.error());
    if (!*uid) return refuse(kind::invalid_config, "control.access names the user ", rule.user, ", who is unknown");
    rule.uid = *uid;
  }
  if (!rule.group.empty()) {
    const auto gid = gid_named(rule.group);
    if (!gid) return std::unexpected(gid.error());
    if (!*gid) return refuse(kind::invalid_config, "control.access names the group ", rule.group, ", which is unknown");
    rule.gid = *gid;
  }
  if (!rule.uid && !rule.gid) return refuse(kind::invalid_config, "control.access has a rule that names nobody");
  return {};
}

access_rule for_uid(uid_t uid) {
  access_rule rule;
  rule.uid = uid;
  rule.grants = level::admin;
  return rule;
}

// Topics that show what a method shows: who may not call the one does not hear the other.
constexpr std::pair<std::string_view, std::string_view> shown_by[] = {{"async_ops", "resource.list"},
                                                                      {"metrics", "metrics.get"},
                                                                      {"resources", "resource.list"},
                                                                      {"task", "task.get"},
                                                                      {"tasks", "task.list"}};

}  // namespace

std::optional<std::string> grant::deaf_to(std::string_view topic) const {
  const auto* const row = wire::find_topic(topic);
  if (!row) return std::nullopt;
  if (row->needs > has) return "the topic " + std::string(topic) + " needs the level " + std::string(name(row->needs));
  for (const auto& [shown, method] : shown_by)
    if (shown == topic && !may(*wire::find_method(method)))
      return "the topic " + std::string(topic) + " shows what " + std::string(method) +
             " does, and this caller may not call that";
  return std::nullopt;
}

bool grant::has_or_names(level needs, std::string_view method) const {
  return has >= needs || (ceiling >= needs && !matching(allow, method).empty());
}

decision grant::judge(const wire::method& row) const {
  if (row.needs > ceiling) return {false, "ceiling", {}};
  if (const auto glob = matching(deny, row.name); !glob.empty()) return {false, "deny", glob};
  if (row.needs <= has) return {true, "level", {}};
  if (const auto glob = matching(allow, row.name); !glob.empty()) return {true, "allow", glob};
  return {false, "level", {}};
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
  const auto admins = gid_named(std::string(admin_group));
  if (!admins) return std::unexpected(admins.error());
  if (*admins) {
    access_rule rule;
    rule.gid = **admins;
    rule.grants = level::admin;
    add(std::move(rule), "group " + std::string(admin_group));
  }
  return made;
}

grant access_policy::decide(const peer& who, level ceiling) const {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto& rule = rules_[i];
    if (names(rule, who)) return {std::min(rule.grants, ceiling), ceiling, names_[i], rule.allow, rule.deny};
  }
  return {std::min(level::observe, ceiling), ceiling, "everybody", {}, {}};
}

}  // namespace tokiod::control
