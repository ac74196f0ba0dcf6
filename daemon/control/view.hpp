// The backend's values as the JSON that methods answer with, all groups of them.
// Threads: pure functions [any].
#pragma once
#include "control/view/daemon.hpp"
#include "control/view/metrics.hpp"
#include "control/view/plugin.hpp"
#include "control/view/runtime.hpp"
#include "control/view/task.hpp"
#include "control/view/time.hpp"
