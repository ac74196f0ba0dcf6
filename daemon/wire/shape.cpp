#include "wire/shape.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tokiod::wire {
namespace {

struct type_word {
  std::string_view word, type;
};
constexpr type_word type_words[] = {
    {"boolean", "boolean"}, {"integer", "integer"}, {"null", "null"},
    {"number", "number"},   {"object", "object"},   {"text", "string"},
};

bool in_a_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

json of_word(std::string_view word) {
  if (word == "any") return json::object();
  const auto found = std::ranges::find(type_words, word, &type_word::word);
  if (found == std::end(type_words)) return reference_to_shape(word);
  return {{"type", found->type}};
}

// Each function reads what it is named after from the front of what is left; after a mistake nothing is read any more.
class shape_reader {
 public:
  shape_reader(std::string_view notation, shape_finder find) : rest_(notation), find_(find) {}

  outcome<json> whole() {
    json schema = choice();
    skip_blanks();
    if (!good_ || !rest_.empty()) return refuse(kind::parse_error, "no shape: ", rest_);
    return schema;
  }

 private:
  json choice() {
    json all = json::array();
    do all.push_back(single());
    while (good_ && take("|"));
    if (all.size() == 1) return std::move(all.front());
    if (!std::ranges::all_of(all, [](const json& each) { return each.contains("enum"); })) return {{"anyOf", all}};
    json words = {{"type", "string"}, {"enum", json::array()}};
    for (const auto& each : all) words["enum"].push_back(each["enum"][0]);
    return words;
  }

  json single() {
    if (take("[")) return list();
    if (take("{")) return members();
    if (take("\"")) return constant();
    const auto word = name();
    if (word.empty()) good_ = false;
    return of_word(word);
  }

  json list() {
    json items = choice();
    expect("]");
    return {{"type", "array"}, {"items", std::move(items)}};
  }

  json constant() {
    const auto word = name();
    good_ = good_ && rest_.starts_with('"');
    if (good_) rest_.remove_prefix(1);
    return {{"type", "string"}, {"enum", {word}}};
  }

  json members() {
    if (take("*")) return names_of_any_kind();
    json schema = {{"type", "object"}, {"properties", json::object()}, {"additionalProperties", false}};
    if (take("}")) return schema;
    do {
      if (take("..."))
        members_of(name(), schema);
      else
        member(schema);
    } while (good_ && take(","));
    expect("}");
    return schema;
  }

  void member(json& schema) {
    const std::string key(name());
    if (!take("?")) schema["required"].push_back(key);
    expect(":");
    good_ = good_ && !key.empty() && !schema["properties"].contains(key);
    if (good_) schema["properties"][key] = choice();
  }

  // No name: members that nobody knows yet.
  void members_of(std::string_view word, json& schema) {
    if (word.empty()) {
      schema.erase("additionalProperties");
      return;
    }
    const auto other = schema_of_shape(find_(word), find_);
    good_ = good_ && other && other->contains("properties");
    if (!good_) return;
    schema["properties"].update((*other)["properties"]);
    if (!other->contains("required")) return;
    for (const auto& key : (*other)["required"]) schema["required"].push_back(key);
  }

  json names_of_any_kind() {
    expect(":");
    json each = choice();
    expect("}");
    return {{"type", "object"}, {"additionalProperties", std::move(each)}};
  }

  std::string_view name() {
    skip_blanks();
    const auto end = std::ranges::find_if(rest_, [](char c) { return !in_a_word(c); });
    const auto word = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(word.size());
    return word;
  }

  bool take(std::string_view mark) {
    skip_blanks();
    if (!good_ || !rest_.starts_with(mark)) return false;
    rest_.remove_prefix(mark.size());
    return true;
  }
  void expect(std::string_view mark) { good_ = take(mark); }
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

  std::string_view rest_;
  shape_finder find_;
  bool good_ = true;
};

}  // namespace

outcome<json> schema_of_shape(std::string_view notation, shape_finder find) {
  return shape_reader(notation, find).whole();
}

json reference_to_shape(std::string_view name) { return {{"$ref", "#/components/schemas/" + std::string(name)}}; }

}  // namespace tokiod::wire
