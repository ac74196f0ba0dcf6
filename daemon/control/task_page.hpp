// A page of tasks: those that were asked for, in the order that was asked for.
// Threads: pure functions [any].
#pragma once
#include <string_view>
#include <vector>

#include "control/backend/task.hpp"

namespace tokiod::control {

// As the method table names it: "busy". By id where there is none of that name.
[[nodiscard]] task_order task_order_named(std::string_view name);

// As a query names it: in a state, of an instance, by name and place. Without a state only what lives.
[[nodiscard]] bool is_asked_for(const task_query& query, const task_info& task);

// Of all tasks, sorted by id. By anything but the id there is one page: the largest first, equal ones by id; what has
// no such number counts as 0.
[[nodiscard]] task_page page_of(std::vector<task_info> all, const task_query& query);

}  // namespace tokiod::control
