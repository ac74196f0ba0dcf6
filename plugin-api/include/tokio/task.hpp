// Everything of tokio/task but its collections (join_set, join_map, join_queue, task_tracker): they need more of the
// standard library, so who uses one includes it.
#pragma once

#include "tokio/task/abort_on_drop.hpp"
#include "tokio/task/awaitable.hpp"
#include "tokio/task/blocking.hpp"
#include "tokio/task/cancel.hpp"
#include "tokio/task/context.hpp"
#include "tokio/task/join.hpp"
#include "tokio/task/join_handle.hpp"
#include "tokio/task/local.hpp"
#include "tokio/task/select.hpp"
#include "tokio/task/spawn.hpp"
#include "tokio/task/task.hpp"
#include "tokio/task/waker.hpp"
#include "tokio/task/yield.hpp"
