// What control.* and rpc.* answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto control = std::to_array<result_shape>({
    {"access_level", R"("none" | "observe" | "operate" | "admin")"},
    {"client",
     "{id: text, name: text, uid: integer, pid: integer, comm: text, socket: text, level: access_level, since: number, "
     "requests: integer, in_flight: integer, out_bytes: integer, subscriptions: integer}"},
    {"control.can",
     "{method: text, allowed: boolean, required: access_level, have: access_level, rule: text, decided_by: text, "
     "pattern?: text}"},
    {"control.clients", "{clients: [client]}"},
    {"control.drop", "{level: access_level}"},
    {"control.hello",
     "{server: text, version: text, protocol: {min: integer, max: integer}, features: [text], limits: {*: integer}, "
     "level: access_level, instance_id: text, client: text}"},
    {"control.kill", "{id: text}"},
    {"control.methods", R"({methods: [{name: text, level: access_level, allowed: boolean, summary: text, )"
                        R"(states: ["starting" | "running" | "draining"], since: text}]})"},
    {"control.name", "{}"},
    {"control.ping", "{echo?: any, now: number, loop_lag_seconds: number}"},
    {"control.whoami",
     "{uid: integer, gid: integer, groups: [integer], pid: integer, comm: text, socket: text, level: access_level, "
     "ceiling: access_level, rule: text, allow: [text], deny: [text]}"},
    {"rpc.discover",
     "{openrpc: text, info: {title: text, version: text, ...}, methods: [object], components: {schemas: {*: object}, "
     "errors: {*: {code: integer, message: text}}}}"},
});

}  // namespace tokiod::wire::results
