// Everything of tokio/time.
#pragma once

#include "tokio/time/instant.hpp"
#include "tokio/time/interval.hpp"
#include "tokio/time/sleep.hpp"
#include "tokio/time/timeout.hpp"
