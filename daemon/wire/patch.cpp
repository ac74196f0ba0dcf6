#include "wire/patch.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace tokiod::wire {
namespace {

constexpr int test_failed = 501;  // nlohmann's numbers of exceptions

std::string why_of(const json::exception& e) {
  const std::string what = e.what();
  const auto end = what.find("] ");  // before it is the library's name for it
  return end == std::string::npos ? what : what.substr(end + 2);
}

}  // namespace

// NOLINTNEXTLINE(misc-no-recursion): as deep as the document
bool same(const json& a, const json& b) {
  if (a.is_number() && b.is_number()) return a == b;
  if (a.type() != b.type() || a.size() != b.size() || a.is_primitive()) return a == b;
  if (a.is_array()) return std::ranges::equal(a, b, same);
  for (const auto& [name, value] : a.items())
    if (!b.contains(name) || !same(value, b[name])) return false;
  return true;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the patch
json merged(json target, const json& patch) {
  if (!patch.is_object()) return patch;
  if (!target.is_object()) target = json::object();
  for (const auto& [name, value] : patch.items()) {
    if (value.is_null()) {
      target.erase(name);
    } else {
      json before = target.contains(name) ? std::move(target[name]) : json();
      target[name] = merged(std::move(before), value);
    }
  }
  return target;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the patch
json composed(json first, const json& then) {
  if (!first.is_object() || !then.is_object()) return then;
  for (const auto& [name, value] : then.items()) {
    json before = first.contains(name) ? std::move(first[name]) : json();
    first[name] = composed(std::move(before), value);
  }
  return first;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the documents
json merge_diff(const json& from, const json& to) {
  json patch = json::object();
  for (const auto& [name, value] : from.items())
    if (!to.contains(name)) patch[name] = nullptr;
  for (const auto& [name, value] : to.items()) {
    if (!from.contains(name)) {
      patch[name] = value;
    } else if (from[name].is_object() && value.is_object()) {
      if (json below = merge_diff(from[name], value); !below.empty()) patch[name] = std::move(below);
    } else if (!same(from[name], value)) {
      patch[name] = value;
    }
  }
  return patch;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the patch
json without(json patch, const json& other) {
  if (!patch.is_object() || !other.is_object()) return patch;
  for (const auto& [name, value] : other.items()) {
    if (!patch.contains(name)) continue;
    const bool both = patch[name].is_object() && value.is_object();
    json left = both ? without(std::move(patch[name]), value) : json::object();
    if (left.empty())
      patch.erase(name);
    else
      patch[name] = std::move(left);
  }
  return patch;
}

outcome<json> patch_at(std::string_view path, json value) {
  const std::string pointer = pointer_of(path);
  try {
    json patch = std::move(value);
    for (json::json_pointer up(pointer); !up.empty(); up = up.parent_pointer()) {
      json above = json::object();
      above[up.back()] = std::move(patch);
      patch = std::move(above);
    }
    if (!pointer.empty()) return patch;
    return refuse(kind::invalid_params, "path must name one setting; config.apply takes a whole patch");
  } catch (const json::exception&) {  // "/a~x"
    return refuse(kind::invalid_params, path, " is no JSON Pointer");
  }
}

std::string pointer_of(std::string_view path_or_name) {
  std::string pointer(path_or_name);
  if (pointer.empty() || pointer.front() == '/') return pointer;
  std::ranges::replace(pointer, '.', '/');
  return "/" + pointer;
}

outcome<json> operated(const json& target, const json& operations) {
  if (!operations.is_array()) return refuse(kind::invalid_params, "ops must be an array of operations (RFC 6902)");
  try {
    return target.patch(operations);
  } catch (const json::parse_error& e) {
    return refuse(kind::invalid_params, "ops are no list of operations (RFC 6902): ", why_of(e));
  } catch (const json::out_of_range& e) {
    return refuse(kind::not_found, "an operation leads nowhere: ", why_of(e));
  } catch (const json::exception& e) {
    if (e.id == test_failed) return refuse(kind::refused, "a test of ops did not hold: ", why_of(e));
    return refuse(kind::invalid_params, "ops cannot be carried out: ", why_of(e));
  }
}

}  // namespace tokiod::wire
