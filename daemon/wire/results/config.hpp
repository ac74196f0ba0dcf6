// What config.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto config = std::to_array<result_shape>({
    {"config.check", "{valid: boolean, problems: [config_problem], plan?: [config_change]}"},
    {"config.get", "{revision: integer, value: any, origins?: {*: text}}"},
    {"config.reload", "{revision: integer, changed: [config_change], needs_restart: [text]}"},
    {"config.schema", "object"},
    {"config_change", "{path: text, from: any, to: any, apply: text, origin: text}"},
    {"config_problem",
     "{path: text, kind: text, message: text, source?: text, expected?: text, got?: text, hint?: text}"},
});

}  // namespace tokiod::wire::results
