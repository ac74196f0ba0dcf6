// `bytes_codec`: whatever is there is one frame. For streams that are handed on as they come.
// Threads: [task].
#pragma once

#include <optional>
#include <string>

#include "tokio/codec/traits.hpp"

namespace tokio::codec {

class bytes_codec {
 public:
  using item = std::string;
  result<std::optional<std::string>> decode(buffer& from) {
    if (from.empty()) return std::nullopt;
    return from.take(from.size());
  }
  result<> encode(io::byte_view bytes, buffer& to) {
    to.append(bytes);
    return {};
  }
};

}  // namespace tokio::codec
