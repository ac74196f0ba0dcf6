// What config.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto config = std::to_array<result_shape>({
    {"config.apply", "config_changed"},
    {"config.check", "{valid: boolean, problems: [config_problem], plan?: [config_change]}"},
    {"config.confirm", "{revision: integer}"},
    {"config.diff", "config_difference"},
    {"config.drift", "{...config_difference, drift: boolean, problems?: [config_problem]}"},
    {"config.get", "{revision: integer, value: any, origins?: {*: text}, layers?: {*: text}}"},
    {"config.history",
     "{revisions: [{revision: integer, time: number, how: text, by: text, reason?: text, summary: [text]}]}"},
    {"config.layers", "{layers: [{layer: text, source: text, loaded_at?: number, sha256: text, value: object}]}"},
    {"config.reload", "{revision: integer, changed: [config_change], needs_restart: [text]}"},
    {"config.rollback", "config_changed"},
    {"config.save", "{revision: integer, path: text, sha256: text, left_out?: [text]}"},
    {"config.schema", "object"},
    {"config.set", "config_changed"},
    {"config.status", "{...config_status, sha256: text}"},
    {"config.unset", "config_changed"},
    {"config_change", "{path: text, from: any, to: any, apply: text, origin: text, why?: text}"},
    {"config_changed",
     "{revision: integer, applied: boolean, persisted: boolean, plan: [config_change], needs_restart: [text], "
     "confirm_within_s?: number}"},
    {"config_difference", "{patch: [{op: text, path: text, value?: any}], text: text}"},
    {"config_problem",
     "{path: text, kind: text, message: text, source?: text, expected?: text, got?: text, hint?: text}"},
    {"plugin.config", "config_changed"},
});

}  // namespace tokiod::wire::results
