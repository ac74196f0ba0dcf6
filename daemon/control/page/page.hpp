// The page that GET / gives: one HTML document with no assets beside it, made from index.html at build time by
// embed.py. Threads: constants [any].
#pragma once
#include <string_view>

namespace tokiod::control {

extern const std::string_view page_text;
extern const std::string_view page_policy;  // the value of its Content-Security-Policy

}  // namespace tokiod::control
