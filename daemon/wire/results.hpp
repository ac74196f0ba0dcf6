// What each method answers with, as data: shapes by the name of the method, and those that several of them share by
// names of their own. The rows stand in wire/results/<group>.hpp, beside those of wire/rows/<group>.hpp.
// Invariant: every method has a shape, and every shape that is named exists; a test says which is missing.
// Threads:   constants [any].
#pragma once
#include <span>
#include <string_view>

#include "wire/json.hpp"
#include "wire/method.hpp"

namespace tokiod::wire {

struct result_shape {
  std::string_view name;  // of a method, "task.get"; or of a part, "task_stats"
  std::string_view form;  // see wire/shape.hpp
};

// In alphabetical order of names.
[[nodiscard]] std::span<const result_shape> result_shapes();
[[nodiscard]] const result_shape* find_result_shape(std::string_view name);

[[nodiscard]] std::string_view form_of_shape(std::string_view name);  // empty: there is none

// The JSON Schema of what the method answers with. A method that may be told not to wait may also answer with the id of
// its operation. Anything, if the method has no shape.
[[nodiscard]] json result_schema(const method& row);
// The schemas of the shared parts, by name: what result_schema() refers to as #/components/schemas/.
[[nodiscard]] json shared_schemas();

}  // namespace tokiod::wire
