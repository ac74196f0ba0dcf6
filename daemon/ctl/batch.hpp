// Many requests in one text, one a line: `METHOD key=value ...`, or {"method": ..., "params": ...}. Blank lines and
// those that begin with # are none. Threads: pure functions [any].
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "wire/json.hpp"

namespace tokiod::ctl {

using wire::json;

struct batch_request {
  std::size_t line = 0;  // of the text, from 1
  std::string method;
  json params = json::object();
};

// Fails with the first line that is none: parse_error, wrong_type, method_not_found.
[[nodiscard]] outcome<std::vector<batch_request>> read_batch(std::string_view text);

}  // namespace tokiod::ctl
