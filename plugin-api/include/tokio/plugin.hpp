// Everything of tokio/plugin.
#pragma once

#include "tokio/plugin/config.hpp"
#include "tokio/plugin/control.hpp"
#include "tokio/plugin/log.hpp"
#include "tokio/plugin/metrics.hpp"
#include "tokio/plugin/plugin.hpp"
