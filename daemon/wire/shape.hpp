// The form of a value in one line, and the JSON Schema that it stands for:
//   text integer number boolean null object any    a value of that type
//   "a" | "b",  A | B                              one of these
//   [A]                                            a list of them
//   {a: A, b?: B}                                  exactly these members, b may be absent; {a: A, ...}: and others
//   {...word, c: C}                                the members of the shape of that name, and more
//   {*: A}                                         members of any name
//   word                                           the shape of that name in wire/results
// Threads: pure functions [any].
#pragma once
#include <string_view>

#include "base/error.hpp"
#include "wire/json.hpp"

namespace tokiod::wire {

// The form of the shape of that name; empty: there is none.
using shape_finder = std::string_view (*)(std::string_view name);

// `find` is asked for what `...word` names. Fails: parse_error, with the rest of the notation that was not understood.
[[nodiscard]] outcome<json> schema_of_shape(std::string_view notation, shape_finder find);

// Where a schema looks for the shape of a name.
[[nodiscard]] json reference_to_shape(std::string_view name);

}  // namespace tokiod::wire
