// What operation.*, and a method that is told not to wait, answers with. Part of wire/results.cpp.
#pragma once
#include <array>

#include "wire/results.hpp"

namespace tokiod::wire::results {

inline constexpr auto operation = std::to_array<result_shape>({
    {"operation.cancel", "{id: text, state: operation_state}"},
    {"operation.get", "{...operation, result?: any, error?: {code: integer, message: text, data: any}}"},
    {"operation.list", "{operations: [operation]}"},
    {"operation",
     "{id: text, method: text, about: text, state: operation_state, client: text, uid: integer, asked: number, "
     "began?: number, ended?: number}"},
    {"operation_begun", "{accepted: boolean, operation_id: text}"},
    {"operation_state", R"("waiting" | "running" | "done" | "failed" | "cancelled")"},
});

}  // namespace tokiod::wire::results
