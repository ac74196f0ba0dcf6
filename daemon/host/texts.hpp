// Values of the contract, and times, as the host writes them into names, labels and sentences.
//
// Invariant: pure functions.
// Threads: any.
#pragma once
#include <cstdio>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "tokio/abi.h"

namespace tokiod::host {

[[nodiscard]] inline std::string text_of(tokio_str s) {
  return s.ptr == nullptr ? std::string() : std::string(s.ptr, s.len);
}

// A field of a log record, or a label of a metric.
[[nodiscard]] inline std::string text_of(const tokio_kv& pair) {
  switch (pair.type) {
    case TOKIO_KV_STR: return text_of(pair.v.s);
    case TOKIO_KV_I64: return std::to_string(pair.v.i);
    case TOKIO_KV_U64: return std::to_string(pair.v.u);
    case TOKIO_KV_F64: return std::to_string(pair.v.f);
    case TOKIO_KV_BOOL: return pair.v.u != 0 ? "true" : "false";
    default: return "?";
  }
}

[[nodiscard]] inline std::string seconds_text(duration_ns ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(ns) / 1e9);
  return text;
}

}  // namespace tokiod::host
