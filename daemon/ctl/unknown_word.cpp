#include "ctl/unknown_word.hpp"

#include <algorithm>
#include <string_view>

#include "ctl/command.hpp"
#include "wire/method.hpp"

namespace tokiod::ctl {
namespace {

std::string name_of(const std::string& option_word) { return option_word.substr(0, option_word.find('=')); }

// As far as the words lead, and the word that leads nowhere.
struct way {
  const command* to = &all_commands().front();
  std::optional<std::string> astray;
};

way follow(const std::vector<std::string>& args) {
  way seen;
  for (std::size_t i = 0; i < args.size() && seen.to->is_group; ++i) {
    if (args[i].starts_with('-')) {
      const auto* const named = find_option(*seen.to, args[i]);
      if (named && named->takes_value) ++i;
      continue;
    }
    const auto* const next = find_command(seen.to->words + (seen.to->words.empty() ? "" : " ") + args[i]);
    if (!next) {
      seen.astray = args[i];
      return seen;
    }
    seen.to = next;
  }
  return seen;
}

std::string meant(const std::string& word, const std::vector<std::string>& known, const std::string& before) {
  const std::vector<std::string_view> names(known.begin(), known.end());
  const auto near = wire::nearest(word, names);
  return near ? "; did you mean " + before + std::string(*near) + "?" : "";
}

}  // namespace

std::optional<std::string> unknown_command(const std::vector<std::string>& args) {
  const auto seen = follow(args);
  if (!seen.astray) return std::nullopt;
  const auto group = seen.to->words.empty() ? std::string() : seen.to->words + " ";
  std::vector<std::string> known;
  for (const auto* const each : members_of(*seen.to)) known.push_back(each->words.substr(group.size()));
  return "there is no command " + group + *seen.astray + meant(*seen.astray, known, group) + "; see tokioctl " + group +
         "--help";
}

std::optional<std::string> unknown_option(const std::vector<std::string>& args) {
  const auto& at = *follow(args).to;
  std::vector<std::string> known;
  for (const auto* const of : {&at, &all_commands().front()})
    for (const auto& each : of->options) known.insert(known.end(), each.names.begin(), each.names.end());
  for (std::size_t i = 0; i < args.size(); ++i) {
    const auto name = name_of(args[i]);
    if (!args[i].starts_with("--") || args[i] == "--") continue;
    const auto* const found = find_option(at, name);
    if (found && found->takes_value && args[i] == name) ++i;
    if (!found)
      return "there is no option " + name + meant(name, known, "") + "; see tokioctl " +
             (at.words.empty() ? "" : at.words + " ") + "--help";
  }
  return std::nullopt;
}

}  // namespace tokiod::ctl
