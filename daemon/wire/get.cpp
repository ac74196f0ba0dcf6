#include "wire/get.hpp"

#include <limits>

namespace tokiod::wire {
namespace {

std::unexpected<refusal> wrong(const json& value, std::string_view path, std::string_view wanted) {
  auto no = refuse(kind::wrong_type, path, " must be ", wanted, ", got ", type_name(value));
  no.error().path = path;
  return no;
}

template <class Number>
std::unexpected<refusal> outside(std::string_view path, Number min, Number max, const json& got) {
  auto no = refuse(kind::out_of_range, path, " must be ", min, "..", max, ", got ", got.dump());
  no.error().path = path;
  return no;
}

bool fits_signed(const json& value) {
  return !value.is_number_unsigned() ||
         value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}

}  // namespace

const json* find(const json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  for (const auto& member : object.get_ref<const json::object_t&>())
    if (member.first == key) return &member.second;
  return nullptr;
}

std::string_view type_name(const json& value) {
  switch (value.type()) {
    case json::value_t::null: return "null";
    case json::value_t::object: return "an object";
    case json::value_t::array: return "a list";
    case json::value_t::string: return "a string";
    case json::value_t::boolean: return "a boolean";
    case json::value_t::number_integer:
    case json::value_t::number_unsigned: return "an integer";
    case json::value_t::number_float: return "a fraction";
    case json::value_t::binary:
    case json::value_t::discarded: break;
  }
  return "no value";
}

std::string pointer(std::string_view parent, std::string_view key) {
  std::string path(parent);
  path += '/';
  for (const char c : key) {
    if (c == '~')
      path += "~0";
    else if (c == '/')
      path += "~1";
    else
      path += c;
  }
  return path;
}

outcome<std::int64_t> get_integer(const json& value, std::string_view path, std::int64_t min, std::int64_t max) {
  if (!value.is_number_integer()) return wrong(value, path, "an integer");
  if (!fits_signed(value)) return outside(path, min, max, value);
  const auto number = value.get<std::int64_t>();
  if (number < min || number > max) return outside(path, min, max, value);
  return number;
}

outcome<double> get_number(const json& value, std::string_view path, double min, double max) {
  if (!value.is_number()) return wrong(value, path, "a number");
  const auto number = value.get<double>();
  if (!(number >= min && number <= max)) return outside(path, min, max, value);
  return number;
}

outcome<bool> get_boolean(const json& value, std::string_view path) {
  if (!value.is_boolean()) return wrong(value, path, "a boolean");
  return value.get<bool>();
}

outcome<std::string> get_string(const json& value, std::string_view path) {
  if (!value.is_string()) return wrong(value, path, "a string");
  return value.get<std::string>();
}

std::string text_or(const json& object, std::string_view key, std::string_view fallback) {
  const json* value = find(object, key);
  return value && value->is_string() ? value->get<std::string>() : std::string(fallback);
}

std::int64_t integer_or(const json& object, std::string_view key, std::int64_t fallback) {
  const json* value = find(object, key);
  return value && value->is_number_integer() && fits_signed(*value) ? value->get<std::int64_t>() : fallback;
}

double number_or(const json& object, std::string_view key, double fallback) {
  const json* value = find(object, key);
  return value && value->is_number() ? value->get<double>() : fallback;
}

bool boolean_or(const json& object, std::string_view key, bool fallback) {
  const json* value = find(object, key);
  return value && value->is_boolean() ? value->get<bool>() : fallback;
}

}  // namespace tokiod::wire
