#include "ctl/value.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/fd.hpp"
#include "wire/get.hpp"
#include "wire/parse.hpp"

namespace tokiod::ctl {
namespace {

constexpr std::size_t max_document_bytes = 16u << 20;

bool names_document(const std::string& word) { return word == "-" || word.starts_with('@'); }

outcome<json> as_type(const wire::param& rule, const std::string& word) {
  const auto wrong = [&] {
    return refuse(kind::wrong_type, rule.name, " must be of type ", json_type(rule.type), ", got ", word.substr(0, 60));
  };
  auto parsed = wire::parse(word);
  if (!parsed) return wrong();
  const bool fits = rule.type == wire::param_type::integer  ? parsed->is_number_integer()
                    : rule.type == wire::param_type::number ? parsed->is_number()
                                                            : parsed->is_boolean();
  if (!fits) return wrong();
  return std::move(*parsed);
}

const wire::param* find_param(const wire::method* row, std::string_view name) {
  if (!row) return nullptr;
  const auto found = std::ranges::find(row->params, name, &wire::param::name);
  return found == row->params.end() ? nullptr : &*found;
}

json guess(const std::string& word) {
  auto parsed = wire::parse(word);
  return parsed ? std::move(*parsed) : json(word);
}

}  // namespace

std::optional<double> seconds_named(std::string_view text) {
  double number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc()) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (unit.empty() || unit == "s") return number;
  if (unit == "ms") return number / 1e3;
  if (unit == "us") return number / 1e6;
  if (unit == "m") return number * 60;
  return std::nullopt;
}

outcome<std::string> read_text(const std::string& word, std::istream& input) {
  if (word == "-") return std::string(std::istreambuf_iterator<char>(input), {});
  auto text = read_file(word.substr(1), max_document_bytes);
  if (!text) return refuse(kind::io_error, "cannot read ", word.substr(1), ": ", text.error().text());
  return std::move(*text);
}

outcome<json> read_document(const std::string& word, std::istream& input) {
  if (!names_document(word)) return wire::parse(word);
  const auto text = read_text(word, input);
  if (!text) return std::unexpected(text.error());
  auto parsed = wire::parse(*text, {64, 1u << 20, true});
  if (!parsed) parsed.error().sentence = word + ": " + parsed.error().sentence;
  return parsed;
}

outcome<json> value_of(const wire::param& rule, const std::vector<std::string>& words, std::istream& input) {
  const auto& word = words.front();
  switch (rule.type) {
    case wire::param_type::text: return json(word);
    case wire::param_type::texts: return json(words);
    case wire::param_type::object: return read_document(word, input);
    case wire::param_type::any: return names_document(word) ? read_document(word, input) : guess(word);
    case wire::param_type::integer:
    case wire::param_type::number:
    case wire::param_type::boolean:
      if (word == "on" || word == "off") return json(word == "on");
      return as_type(rule, word);
  }
  return json(word);
}

outcome<json> pairs(const std::vector<std::string>& words, const wire::method* row, std::istream& input) {
  if (words.size() == 1 && names_document(words.front())) return read_document(words.front(), input);
  json object = json::object();
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      return refuse(kind::wrong_type, "a parameter is written key=value, got ", word.substr(0, 60));
    const auto key = word.substr(0, equals), text = word.substr(equals + 1);
    const auto* rule = find_param(row, key);
    // A list by name: topics=a,b would be ambiguous, so it is JSON.
    const bool known = rule && rule->type != wire::param_type::texts;
    auto value = known ? value_of(*rule, {text}, input) : outcome<json>(guess(text));
    if (!value) return value;
    object[key] = std::move(*value);
  }
  return object;
}

}  // namespace tokiod::ctl
