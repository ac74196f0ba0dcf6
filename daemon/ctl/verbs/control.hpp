// The verbs of control.*. Part of ctl/verb.cpp.
#pragma once
#include <array>

#include "ctl/verbs/common.hpp"

namespace tokiod::ctl::rows {

inline constexpr sv by_method[] = {"method"};
inline constexpr column client_columns[] = {
    {"ID", "/id"},
    {"NAME", "/name"},
    {"UID", "/uid"},
    {"PID", "/pid"},
    {"PROGRAM", "/comm"},
    {"SOCKET", "/socket"},
    {"LEVEL", "/level"},
    {"REQUESTS", "/requests", format::count},
    {"BUSY", "/in_flight", format::count},
    {"EVENTS", "/subscriptions", format::count},
};

inline constexpr column method_columns[] = {
    {"METHOD", "/name"},
    {"LEVEL", "/level"},
    {"ALLOWED", "/allowed"},
    {"SUMMARY", "/summary"},
};

inline constexpr auto control = std::to_array<verb>({
    {"client can", "control.can", by_method},
    {"client hello", "control.hello"},
    {"client kill", "control.kill", by_id, {}, {}, "close the connection"},
    {"client list", "control.clients", {}, "clients", client_columns},
    {"client methods", "control.methods", by_match, "methods", method_columns},
    {"ping", "control.ping"},
    {"whoami", "control.whoami"},
});

}  // namespace tokiod::ctl::rows
