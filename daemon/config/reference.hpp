// The two files under config/ that describe every setting, made from the table: a commented tokiod.json with every
// default, and its JSON Schema. A test compares them with what is checked in.
// Threads: plain values.
#pragma once
#include <string>

#include "wire/parse.hpp"

namespace tokiod::config {

[[nodiscard]] std::string reference_text();  // config/tokiod.json
[[nodiscard]] wire::json schema();           // config/tokiod.schema.json, and config.schema on the control socket

}  // namespace tokiod::config
