// The rows of control.* and rpc.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr param ping_params[] = {{"echo", any, false, "given back unchanged"}};
inline constexpr param can_params[] = {{"method", text, true, "name of a method", "", 1, 64}};
inline constexpr sv levels_to_drop_to[] = {"observe", "operate"};
inline constexpr param drop_params[] = {
    {"level", text, true, "what the connection may do from now on", "", 0, 16, levels_to_drop_to}};
inline constexpr param hello_params[] = {
    {"client", text, false, "what the connection is to be called in control.clients", "", 1, 64},
    {"protocol", integer, false, "the version that the client speaks", "1", 0, 1'000'000},
    {"want", texts, false, "features that the client cannot do without", "[]", 0, 16},
};
inline constexpr param kill_params[] = {{"id", text, true, "as control.clients gives it", "", 3, 32}, reason};
inline constexpr param name_params[] = {{"name", text, true, "shown by control.clients", "", 1, 64}};
inline constexpr param methods_params[] = {
    {"match", text, false, "only methods whose name matches: plugin.*", R"("*")", 0, 64}};
inline constexpr kind e_hello[] = {kind::unsupported};
inline constexpr kind e_level[] = {kind::permission_denied};

inline constexpr auto control = std::to_array<method>({
    {"control.can", level::observe, always, can_params, "May this connection call a method, and which rule says so",
     "{method, allowed, required, have, rule, decided_by, pattern?}", e_found, R"({"method":"plugin.load"})"},
    {"control.clients",
     level::operate,
     always,
     {},
     "Every connection of the control sockets",
     "{clients:[{id, name, uid, pid, comm, socket, level, since, requests, in_flight, out_bytes, subscriptions}]}",
     {},
     "{}"},
    {"control.drop", level::observe, always, drop_params,
     "Gives up what is above a level, for this connection and good, and hears no more of what that showed", "{level}",
     e_level, R"({"level":"observe"})"},
    {"control.hello", level::observe, always, hello_params, "What the daemon speaks and offers; needed by nobody",
     "{server, version, protocol:{min, max}, features, limits, level, instance_id, client}", e_hello,
     R"({"client":"example","protocol":1,"want":["events"]})"},
    {"control.kill", level::admin, always, kill_params, "Closes a connection", "{id}", e_found, R"({"id":"c-2"})"},
    {"control.methods",
     level::observe,
     always,
     methods_params,
     "Every method in a line, with who may call it when, and whether this connection may",
     "{methods:[{name, level, allowed, summary, states, since}]}",
     {},
     R"({"match":"control.*"})"},
    {"control.name",
     level::observe,
     always,
     name_params,
     "Names this connection for control.clients",
     "{}",
     {},
     R"({"name":"example"})"},
    {"control.ping",
     level::observe,
     always,
     ping_params,
     "Answers at once",
     "{echo?, now, loop_lag_seconds}",
     {},
     R"({"echo":"hello"})"},
    {"control.whoami",
     level::observe,
     always,
     {},
     "Who the daemon takes the caller for, and what he may do",
     "{uid, gid, groups, pid, comm, socket, level, ceiling, rule, allow, deny}",
     {},
     "{}"},
    {"rpc.discover", level::observe, always, {}, "This table, as an OpenRPC document", "OpenRPC document", {}, "{}"},
});

}  // namespace tokiod::wire::rows
