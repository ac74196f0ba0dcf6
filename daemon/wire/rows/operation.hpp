// The rows of operation.*. Part of wire/method_table.cpp.
#pragma once
#include <array>

#include "wire/rows/common.hpp"

namespace tokiod::wire::rows {

inline constexpr param operation_id_params[] = {
    {"id", text, true, "as a method gave it that was told not to wait: op-3", "", 4, 32}};
inline constexpr sv operation_states[] = {"waiting", "running", "done", "failed", "cancelled"};
inline constexpr param operation_list_params[] = {
    {"state", text, false, "only operations in this state", "", 0, 16, operation_states},
    {"limit", integer, false, "at most this many, the newest", "100", 1, 1000},
};
inline constexpr kind e_cancel[] = {kind::not_found, kind::unsupported, kind::permission_denied};

inline constexpr auto operation = std::to_array<method>({
    {"operation.cancel", level::operate, always, operation_id_params,
     "Takes back an operation that waits, or ends one that runs and can be ended; a drain then aborts what still runs",
     "{id, state}", e_cancel, R"({"id":"op-1"})"},
    {"operation.get", level::observe, always, operation_id_params,
     "One operation; what it gave is shown to who may call its method",
     "{id, method, about, state, client, uid, asked, began?, ended?, result?, error?}", e_found, R"({"id":"op-1"})"},
    {"operation.list",
     level::observe,
     always,
     operation_list_params,
     "Operations that wait or run, and the newest of those that have ended; the newest first",
     "{operations:[{id, method, about, state, client, uid, asked, began?, ended?}]}",
     {},
     "{}"},
});

}  // namespace tokiod::wire::rows
