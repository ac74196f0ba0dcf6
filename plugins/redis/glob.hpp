// Glob patterns as Redis has them: * ? [abc] [^abc] [a-z] and \ before a character that means itself.
// Threads: pure.
#pragma once
#include <string_view>

namespace redis {

// Time is bounded by |pattern| * |text|: only the last star is ever tried again.
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace redis
