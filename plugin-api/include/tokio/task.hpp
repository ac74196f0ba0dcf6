// Everything of tokio/task.
#pragma once

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
