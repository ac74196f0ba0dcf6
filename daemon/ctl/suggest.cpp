#include "ctl/suggest.hpp"

#include <algorithm>
#include <utility>

#include "ctl/print.hpp"
#include "ctl/value.hpp"
#include "wire/method.hpp"

namespace tokiod::ctl {
namespace {

// "--tab", "=", "x" is one word.
std::vector<std::string> joined(std::vector<std::string> words) {
  std::vector<std::string> whole;
  bool goes_on = false;
  for (auto& word : words) {
    const bool divides = word == "=" && !whole.empty();
    if ((divides || goes_on) && !whole.empty())
      whole.back() += word;
    else
      whole.push_back(std::move(word));
    goes_on = divides;
  }
  return whole;
}

// What stands before the word to complete, understood.
struct typed {
  const command* at = &all_commands().front();
  std::vector<std::string> given;  // arguments
  const option* open = nullptr;    // waits for its value
};

void read_option(typed& so_far, const std::string& word) {
  const auto* const named = find_option(*so_far.at, word.substr(0, word.find('=')));
  if (named && named->takes_value && word.find('=') == std::string::npos) so_far.open = named;
}

typed read(const std::vector<std::string>& words) {
  typed so_far;
  for (const auto& word : words) {
    const auto* const next = find_command(so_far.at->words + (so_far.at->words.empty() ? "" : " ") + word);
    if (so_far.open)
      so_far.open = nullptr;
    else if (word.starts_with('-') && word.size() > 1)
      read_option(so_far, word);
    else if (next && so_far.given.empty())
      so_far.at = next;
    else
      so_far.given.push_back(word);
  }
  return so_far;
}

suggestions with_prefix(const std::string& prefix, suggestions found) {
  for (auto& each : found.words) each.word.insert(0, prefix);
  return found;
}

suggestions option_names(const command& at) {
  suggestions all;
  for (const auto* const of : {&at, &all_commands().front()})
    for (const auto& each : of->options) {
      const bool there = std::ranges::find(all.words, each.names.front(), &suggestion::word) != all.words.end();
      if (!there) all.words.push_back({each.names.front(), each.doc});
    }
  return all;
}

// Of `call METHOD key=value ...`, from the method's row.
suggestions pair_words(const wire::method& row, const std::string& word) {
  suggestions all;
  const auto key = word.substr(0, word.find('='));
  for (const auto& rule : row.params)
    if (word.find('=') == std::string::npos)
      all.words.push_back({std::string(rule.name) + "=", std::string(rule.doc)});
    else if (rule.name == key)
      for (const auto choice : rule.choices) all.words.push_back({key + "=" + std::string(choice), ""});
  return all;
}

suggestions argument_words(const typed& so_far, const std::string& word, const asker& ask) {
  if (so_far.at->words == "call" && !so_far.given.empty()) {
    const auto* const row = wire::find_method(so_far.given.front());
    return row ? pair_words(*row, word) : suggestions();
  }
  const auto& arguments = so_far.at->arguments;
  if (arguments.empty()) return {};
  const auto at = std::min(so_far.given.size(), arguments.size() - 1);
  if (so_far.given.size() >= arguments.size() && !arguments[at].many) return {};
  return words_for({*so_far.at, so_far.given, arguments[at].name}, ask);
}

suggestions next_words(const typed& so_far, const std::string& word, const asker& ask) {
  suggestions all;
  for (const auto* const each : members_of(*so_far.at))
    all.words.push_back(
        {each->words.substr(so_far.at->words.empty() ? 0 : so_far.at->words.size() + 1), each->summary});
  if (!all.words.empty() && so_far.given.empty()) return all;
  return argument_words(so_far, word, ask);
}

suggestions candidates(const typed& so_far, const std::string& word, const asker& ask) {
  if (so_far.open) return words_for({*so_far.at, so_far.given, so_far.open->names.front()}, ask);
  if (!word.starts_with('-')) return next_words(so_far, word, ask);
  const auto equals = word.find('=');
  if (equals == std::string::npos) return option_names(*so_far.at);
  const auto* const named = find_option(*so_far.at, word.substr(0, equals));
  if (!named) return {};
  return with_prefix(word.substr(0, equals + 1), words_for({*so_far.at, so_far.given, named->names.front()}, ask));
}

}  // namespace

suggestions suggest(std::vector<std::string> words, const asker& ask) {
  words = joined(std::move(words));
  const auto word = words.empty() ? std::string() : words.back();
  if (!words.empty()) words.pop_back();
  auto found = candidates(read(words), word, ask);
  std::erase_if(found.words, [&](const suggestion& each) { return each.word.empty() || !each.word.starts_with(word); });
  return found;
}

daemon_name daemon_named_in(std::vector<std::string> words) {
  words = joined(std::move(words));
  daemon_name named;
  const auto take = [&](std::size_t at, std::string_view option, std::string& to) {
    const std::string& word = words[at];
    if (word == option && at + 1 < words.size()) to = words[at + 1];
    if (word.starts_with(option) && word.substr(option.size()).starts_with('=')) to = word.substr(option.size() + 1);
  };
  bool in_command = false;  // there --instance is the command's, where it has one
  for (std::size_t i = 0; i < words.size(); ++i) {
    take(i, "--socket", named.socket);
    take(i, "-s", named.socket);
    if (!in_command) take(i, "--instance", named.instance);
    in_command = in_command || !words[i].starts_with('-');
  }
  return named;
}

std::string text_of(const suggestions& found) {
  std::string text;
  for (const auto& each : found.words) text += clean(each.word) + "\t" + clean(each.about) + "\n";
  return found.files ? text + ":files\n" : text;
}

}  // namespace tokiod::ctl
