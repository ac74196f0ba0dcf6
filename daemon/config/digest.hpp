// SHA-256 (FIPS 180-4): what a layer and a configuration are told apart by.
// Threads: pure functions [any].
#pragma once
#include <string>
#include <string_view>

namespace tokiod::config {

[[nodiscard]] std::string sha256(std::string_view bytes);  // 64 hexadecimal digits

}  // namespace tokiod::config
