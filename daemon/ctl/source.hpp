// Where the words come from that may stand for an argument or behind an option: choices of the method table, lists that
// never change, files, or what the running daemon has.
// Invariant: what the daemon does not answer in time is no word; nothing here fails.
// Threads:   [one thread].
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/command.hpp"
#include "wire/json.hpp"

namespace tokiod::ctl {

using wire::json;

struct suggestion {
  std::string word, about;
};

struct suggestions {
  std::vector<suggestion> words;
  bool files = false;  // also any file
};

// The result of a method, null when there is none.
using asker = std::function<json(std::string_view method, const json& params)>;

// The place of a word: its command, the arguments that were given before it, and the argument's or option's name.
struct place {
  const command& of;
  const std::vector<std::string>& given;
  std::string name;  // "plugin", "--state"
};

[[nodiscard]] suggestions words_for(const place& at, const asker& ask);

}  // namespace tokiod::ctl
