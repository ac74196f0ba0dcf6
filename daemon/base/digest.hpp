// SHA-256 (FIPS 180-4): what a layer, a configuration and a plugin's file are told apart by.
// Threads: pure functions [any].
#pragma once
#include <string>
#include <string_view>

namespace tokiod {

[[nodiscard]] std::string sha256(std::string_view bytes);  // 64 hexadecimal digits

}  // namespace tokiod
