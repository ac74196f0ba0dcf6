// Whether a method answered with what the method table says it answers with, results and errors.
// Threads: any.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>

#include "support/json_schema.hpp"
#include "wire/get.hpp"
#include "wire/method.hpp"
#include "wire/named_error.hpp"
#include "wire/results.hpp"

namespace tokiod::test {

// What is wrong with the result, and where its form is written down; empty: nothing.
inline std::string faults_of_result(std::string_view method, const json& result) {
  static const json shared = wire::shared_schemas();
  const auto* const row = wire::find_method(method);
  if (!row) return {};
  const auto faults = schema_check(shared).faults_of(result, wire::result_schema(*row));
  if (faults.empty()) return {};
  std::string text = std::string(method) + " answered with another form than daemon/wire/results/" +
                     std::string(method.substr(0, method.find('.'))) + ".hpp gives it:";
  for (const auto& each : faults) text += "\n  " + each;
  return text;
}

// The same of an error: its kind stands in the method's row, or is one that the protocol gives for any method.
inline std::string faults_of_error(std::string_view method, const json& error) {
  const auto* const row = wire::find_method(method);
  if (!row || wire::is_general(static_cast<int>(wire::integer_or(error, "code", 0)))) return {};
  const json* const data = wire::find(error, "data");
  const std::string kind = data == nullptr ? std::string() : wire::text_or(*data, "kind");
  const auto is_it = [&](const wire::named_error& each) { return each.name == kind && each.code == error["code"]; };
  if (std::ranges::any_of(wire::errors_of(*row), is_it)) return {};
  return std::string(method) + " refused with \"" + kind + "\", which its row in daemon/wire/rows/ does not name";
}

// Of a whole reply; empty: nothing is wrong.
inline std::string faults_of_reply(std::string_view method, const json& reply) {
  if (const json* const error = wire::find(reply, "error")) return faults_of_error(method, *error);
  const json* const result = wire::find(reply, "result");
  return result == nullptr ? std::string() : faults_of_result(method, *result);
}

}  // namespace tokiod::test
