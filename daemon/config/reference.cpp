#include "config/reference.hpp"

#include <sstream>

#include "config/load.hpp"
#include "config/setting.hpp"

namespace tokiod::config {
namespace {

using wire::json;

json schema_of_type(const setting& row) {
  switch (row.what) {
    case type::integer: return {{"type", "integer"}, {"minimum", row.minimum}, {"maximum", row.maximum}};
    case type::boolean: return {{"type", "boolean"}};
    case type::text: return {{"type", "string"}, {"minLength", row.minimum}, {"maxLength", row.maximum}};
    case type::file_mode: return {{"type", "string"}, {"pattern", "^0?[0-7]{3}$"}};
    case type::text_list: return {{"type", "array"}, {"items", {{"type", "string"}}}};
    case type::any_object: return {{"type", "object"}};
    case type::choice: {
      json choices = json::array();
      std::istringstream words{std::string(row.choices)};
      for (std::string word; std::getline(words, word, '|');) choices.push_back(word);
      return {{"type", "string"}, {"enum", std::move(choices)}};
    }
  }
  return {};
}

json schema_of_row(const setting& row, const json& defaults) {
  json s = schema_of_type(row);
  s["description"] = row.doc;
  s["x-apply"] = name(row.when);
  s["x-level"] = is_for_operators(row.pattern) ? "operate" : "admin";
  if (!row.unit.empty()) s["x-unit"] = row.unit;
  if (row.secret) s["x-secret"] = true;
  const json::json_pointer at{std::string(row.pattern)};
  if (defaults.contains(at)) s["default"] = defaults[at];
  if (row.pattern == worker_threads_pattern) s["type"] = {"integer", "null"};
  return s;
}

// The schema object at a pattern, made with its parents.
json& place_for(json& root, std::string_view pattern) {
  json* at = &root;
  while (!pattern.empty()) {
    pattern.remove_prefix(1);
    const std::string token(pattern.substr(0, pattern.find('/')));
    pattern.remove_prefix(token.size());
    if (token == "#") {
      (*at)["type"] = "array";
      at = &(*at)["items"];
      continue;
    }
    (*at)["type"] = "object";
    if (token == "*") {
      at = &(*at)["additionalProperties"];
    } else {
      (*at)["additionalProperties"] = false;
      at = &(*at)["properties"][token];
    }
  }
  return *at;
}

std::string comment_of(const setting& row) {
  std::string text = std::string(row.doc) + " (" + expectation(row);
  if (row.unit == "ms" || row.unit == "bytes") text.append(" ").append(row.unit);
  return text + "; " + std::string(name(row.when)) + ")";
}

// Comment lines of at most 110 columns.
void print_comment(std::ostringstream& to, const std::string& text) {
  std::istringstream words(text);
  std::string line = "    //";
  for (std::string word; words >> word; line += " " + word) {
    if (line.size() + word.size() < 110) continue;
    to << line << "\n";
    line = "    //";
  }
  to << line << "\n";
}

// A member of a section: one comment per row that describes it (a "*" or "#" member has several), then its default.
void print_member(std::ostringstream& to, const std::string& pattern, const json& value) {
  for (const setting& row : settings()) {
    if (row.pattern == pattern) print_comment(to, comment_of(row));
    if (row.pattern.starts_with(pattern + "/"))
      print_comment(to, std::string(row.pattern.substr(pattern.size() + 1)) + ": " + comment_of(row));
  }
  to << "    " << wire::dump(pattern.substr(pattern.rfind('/') + 1)) << ": " << wire::dump(value);
}

}  // namespace

std::string reference_text() {
  const json defaults = default_document();
  std::ostringstream text;
  text << "// Every setting of tokiod with its default. Copy what you change; what is left out keeps its default.\n{\n";
  const char* section_end = "";
  for (const std::string& section : names_below("")) {
    text << section_end << "  " << wire::dump(section) << ": {\n";
    const char* member_end = "";
    for (const std::string& member : names_below("/" + section)) {
      text << member_end;
      print_member(text, "/" + section + "/" + member, defaults[section][member]);
      member_end = ",\n";
    }
    text << "\n  }";
    section_end = ",\n";
  }
  text << "\n}\n";
  return std::move(text).str();
}

json schema() {
  const json defaults = default_document();
  json root = {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "tokiod.json"}};
  for (const setting& row : settings()) place_for(root, row.pattern) = schema_of_row(row, defaults);
  root["properties"]["plugins"]["properties"]["instances"]["additionalProperties"]["required"] = {"plugin"};
  return root;
}

}  // namespace tokiod::config
