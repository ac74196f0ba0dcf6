#include "ctl/completion.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "ctl/verb.hpp"
#include "wire/method.hpp"
#include "wire/topic.hpp"

namespace tokiod::ctl {
namespace {

// What may follow some words: the next words, and options.
struct choice {
  std::vector<std::string> words;
  std::vector<std::string> options;
};
using tree = std::map<std::string, choice>;  // by the words before

void add_once(std::vector<std::string>& list, std::string word) {
  if (std::ranges::find(list, word) == list.end()) list.push_back(std::move(word));
}

void add(tree& all, const verb& each) {
  std::string before;
  std::string_view rest = each.words;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    const std::string word(rest.substr(0, end));
    add_once(all[before].words, word);
    before += (before.empty() ? "" : " ") + word;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const auto& row = *wire::find_method(each.method);
  auto& leaf = all[before];
  if (!each.positional.empty())
    for (const auto choice : std::ranges::find(row.params, each.positional.front(), &wire::param::name)->choices)
      leaf.words.emplace_back(choice);
  for (const auto& rule : row.params)
    if (std::ranges::find(each.positional, rule.name) == each.positional.end() && option_name(rule) != "--timeout")
      leaf.options.push_back(option_name(rule));
}

tree make_tree() {
  tree all;
  for (const auto& each : verbs()) add(all, each);
  for (const auto own : own_verbs) add_once(all[""].words, std::string(own));
  for (const auto shell : {"bash", "zsh", "fish"}) all["completion"].words.emplace_back(shell);
  for (const auto& topic : wire::topics())
    for (const auto* const before : {"events", "event recent"}) all[before].words.emplace_back(topic.name);
  for (const auto option : {"--tab", "--sort", "--reverse", "--filter", "--interval", "--batch", "--once", "--count"})
    all["top"].options.emplace_back(option);
  all["metrics"].options.emplace_back("--prometheus");
  for (const auto& row : wire::methods()) all["call"].words.emplace_back(row.name);
  for (const auto option : {"--help", "--json", "--quiet", "--no-color", "--socket", "--timeout"})
    for (auto& [before, leaf] : all) leaf.options.emplace_back(option);
  return all;
}

// The options whose value is a word of its own, and so is none of the words before.
std::vector<std::string> options_with_value() {
  std::vector<std::string> all = {"-s",      "--socket",      "-t",      "--timeout", "-n",
                                  "--count", "--interval-ms", "--match", "--since"};
  for (const auto& each : verbs())
    for (const auto& rule : wire::find_method(each.method)->params)
      if (rule.type != wire::param_type::boolean) add_once(all, option_name(rule));
  return all;
}

std::string join(const std::vector<std::string>& words, const char* between = " ") {
  std::string text;
  for (const auto& word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

// bash and zsh (through bashcompinit) share one function: the words so far select what may come.
std::string bash_function() {
  std::string text =
      "_tokioctl() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} before= word i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    case $word in\n"
      "      " +
      join(options_with_value(), "|") +
      ") [[ ${COMP_WORDS[i + 1]} == = ]] && ((i++)); ((i++));;\n"  // bash takes --socket=PATH for three words
      "      -*) ;;\n"
      "      *) before+=\"${before:+ }$word\";;\n"
      "    esac\n"
      "  done\n"
      "  COMPREPLY=()\n"
      "  ((i > COMP_CWORD)) && return\n"  // the value of an option: files
      "  case $before in\n";
  for (const auto& [before, leaf] : make_tree())
    text.append("    '")
        .append(before)
        .append("') COMPREPLY=($(compgen -W '")
        .append(join(leaf.words))
        .append(" ")
        .append(join(leaf.options))
        .append("' -- \"$cur\"));;\n");
  return text.append(
      "    *) COMPREPLY=($(compgen -f -- \"$cur\"));;\n"
      "  esac\n"
      "}\n"
      "complete -o default -F _tokioctl tokioctl\n");
}

std::string fish_script() {
  std::string text =
      "function __tokioctl_before\n"
      "  set -l words (commandline -opc)\n"
      "  set -e words[1]\n"
      "  set -l before\n"
      "  set -l value no\n"
      "  for word in $words\n"
      "    if test $value = yes\n"
      "      set value no\n"
      "      continue\n"
      "    end\n"
      "    switch $word\n"
      "      case " +
      join(options_with_value()) +
      "\n"
      "        set value yes\n"
      "      case '-*'\n"
      "      case '*'\n"
      "        set -a before $word\n"
      "    end\n"
      "  end\n"
      "  test \"$before\" = \"$argv[1]\"\n"
      "end\n"
      "complete -c tokioctl -f\n";
  for (const auto& [before, leaf] : make_tree()) {
    text.append("complete -c tokioctl -n '__tokioctl_before \"")
        .append(before)
        .append("\"' -a '")
        .append(join(leaf.words))
        .append("'\n");
    for (const auto& option : leaf.options)
      text.append("complete -c tokioctl -n '__tokioctl_before \"")
          .append(before)
          .append("\"' -l ")
          .append(option.substr(2))
          .append("\n");
  }
  return text;
}

}  // namespace

std::string completion_script(std::string_view shell) {
  if (shell == "fish") return fish_script();
  if (shell == "zsh") return "autoload -U +X bashcompinit && bashcompinit\n" + bash_function();
  return bash_function();
}

}  // namespace tokiod::ctl
