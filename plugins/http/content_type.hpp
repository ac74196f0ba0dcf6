// The type of a file by the end of its name.
// Threads: a plain function.
#pragma once
#include <string_view>

namespace http {

[[nodiscard]] std::string_view content_type(std::string_view path);

}  // namespace http
