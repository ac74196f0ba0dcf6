// Everything of tokio/tracing that a plugin uses: spans. Their records are those of the log.
#pragma once

#include "tokio/tracing/span.hpp"
