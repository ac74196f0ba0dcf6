#include "ctl/command.hpp"

#include <algorithm>

namespace tokiod::ctl {
namespace {

const option* own_option(const command& of, const std::string& name) {
  for (const auto& each : of.options)
    if (std::ranges::find(each.names, name) != each.names.end()) return &each;
  return nullptr;
}

}  // namespace

const command* find_command(const std::string& words) {
  const auto& all = all_commands();
  const auto found = std::ranges::find(all, words, &command::words);
  return found == all.end() ? nullptr : &*found;
}

const option* find_option(const command& of, const std::string& name) {
  const auto* const own = own_option(of, name);
  return own ? own : own_option(all_commands().front(), name);
}

std::vector<const command*> members_of(const command& group) {
  std::vector<const command*> members;
  const auto before = group.words.empty() ? std::string() : group.words + " ";
  for (const auto& each : all_commands())
    if (each.words.size() > before.size() && each.words.starts_with(before) &&
        each.words.find(' ', before.size()) == std::string::npos)
      members.push_back(&each);
  return members;
}

}  // namespace tokiod::ctl
