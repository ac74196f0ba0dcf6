// Words of the command line as JSON values.
// Invariant: a value has the type its parameter asks for, or there is a sentence that says why not.
// Threads:   pure functions [one thread]; files are read where a word says @FILE.
#pragma once
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "wire/json.hpp"
#include "wire/method.hpp"

namespace tokiod::ctl {

using wire::json;

// "30", "1.5s", "250ms", "300us" or "2m" as seconds; a plain number as itself.
[[nodiscard]] std::optional<double> seconds_named(std::string_view text);

// The text of @FILE, or of standard input for -. Fails: io_error.
[[nodiscard]] outcome<std::string> read_text(const std::string& word, std::istream& input);
// @FILE, - (standard input) or the JSON text itself. Fails: io_error, parse_error. Files may have comments.
[[nodiscard]] outcome<json> read_document(const std::string& word, std::istream& input);
// Fails: wrong_type.
[[nodiscard]] outcome<json> value_of(const wire::param& rule, const std::vector<std::string>& words,
                                     std::istream& input);
// k=v words; v is JSON if it reads as such, else a string. A single @FILE or - is the whole document. `row` may be
// null.
[[nodiscard]] outcome<json> pairs(const std::vector<std::string>& words, const wire::method* row, std::istream& input);

}  // namespace tokiod::ctl
