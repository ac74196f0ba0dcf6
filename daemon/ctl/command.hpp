// What may be typed behind `tokioctl`, as values. They are read from the parser itself, so completion and manual pages
// can name nothing that it does not take.
// Threads: values [any].
#pragma once
#include <string>
#include <vector>

namespace tokiod::ctl {

struct argument {
  std::string name, doc;
  bool required = false;
  bool many = false;
};

struct option {
  std::vector<std::string> names;  // "--socket", "-s"; the long one first
  std::string doc;
  bool takes_value = false;
  bool required = false;
};

struct command {
  std::string words;  // "plugin load"; empty: tokioctl itself, whose options every command has
  std::string summary;
  std::vector<argument> arguments;
  std::vector<option> options;
  bool is_group = false;  // another word must follow
};

// tokioctl itself, then all others; a group stands before its members.
[[nodiscard]] const std::vector<command>& all_commands();
[[nodiscard]] const command* find_command(const std::string& words);  // null: there is none
// The option of that name, of the command or of tokioctl itself. Null: there is none.
[[nodiscard]] const option* find_option(const command& of, const std::string& name);
// The words that may follow in a group; the commands' first words for tokioctl itself.
[[nodiscard]] std::vector<const command*> members_of(const command& group);

}  // namespace tokiod::ctl
