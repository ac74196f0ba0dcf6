#include "ctl/top/filter.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "ctl/print.hpp"
#include "ctl/value.hpp"

namespace tokiod::ctl {

outcome<row_filter> row_filter::read(std::string_view text, const tab& of) {
  row_filter made;
  for (std::size_t from = text.find_first_not_of(' '); from < text.size();) {
    const auto end = std::min(text.find(' ', from), text.size());
    auto word = read_word(text.substr(from, end - from), of);
    if (!word) return std::unexpected(word.error());
    made.terms_.push_back(std::move(*word));
    from = text.find_first_not_of(' ', end);
  }
  return made;
}

outcome<row_filter::term> row_filter::read_word(std::string_view word, const tab& of) {
  term made;
  const auto sign = word.find_first_of(":<>=");
  if (sign == std::string_view::npos) {
    made.text = word;
    return made;
  }
  made.of = column_named(of, word.substr(0, sign));
  if (made.of == nullptr && word[sign] == ':') {  // main.cpp:42, tokio::spawn
    made.text = word;
    return made;
  }
  if (made.of == nullptr)
    return refuse(kind::invalid_params, "the filter ", word, " names no column of the tab ", of.title, ", which has ",
                  titles_of(of.columns));
  const bool or_equal = sign + 1 < word.size() && word[sign + 1] == '=' && word[sign] != '=' && word[sign] != ':';
  const auto value = word.substr(sign + (or_equal ? 2 : 1));
  if (word[sign] == ':') {
    made.how = comparison::like;
    made.text = value;
    return made;
  }
  made.how = word[sign] == '='   ? comparison::equal
             : word[sign] == '<' ? (or_equal ? comparison::at_most : comparison::less)
                                 : (or_equal ? comparison::at_least : comparison::more);
  const auto number = seconds_named(value);
  if (!number)
    return refuse(kind::invalid_params, "the filter ", word, " must end with a number as 10, 1.5s, 20ms, 300us or 2m");
  made.number = *number;
  return made;
}

bool row_filter::passes(const json& row, const tab& of) const {
  for (const auto& each : terms_)
    if (!holds(each, row, of)) return false;
  return true;
}

bool row_filter::holds(const term& each, const json& row, const tab& of) {
  if (each.how == comparison::anywhere) {
    for (const auto& one : of.columns)
      if (cell(row, one).find(each.text) != std::string::npos) return true;
    return false;
  }
  if (each.how == comparison::like) return matches(each.text, cell(row, *each.of));
  const json* value = value_at(row, each.of->pointer);
  if (value == nullptr || !value->is_number()) return false;
  const auto number = value->get<double>();
  switch (each.how) {
    case comparison::less: return number < each.number;
    case comparison::at_most: return number <= each.number;
    case comparison::equal: return number == each.number;
    case comparison::at_least: return number >= each.number;
    case comparison::more: return number > each.number;
    case comparison::anywhere:
    case comparison::like: break;
  }
  return false;
}

}  // namespace tokiod::ctl
