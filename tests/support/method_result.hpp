// Whether a method answered with what the method table says it answers with.
// Threads: any.
#pragma once
#include <string>
#include <string_view>

#include "support/json_schema.hpp"
#include "wire/method.hpp"
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

}  // namespace tokiod::test
