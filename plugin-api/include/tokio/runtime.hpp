// A runtime inside a program of its own, and handles to the one that code runs in. Programs link libtokio.so for it;
// plugins are given their runtime, and may use handles.
#pragma once

#include "tokio/runtime/builder.hpp"
#include "tokio/runtime/dump.hpp"
#include "tokio/runtime/handle.hpp"
#include "tokio/runtime/local_runtime.hpp"
#include "tokio/runtime/metrics.hpp"
#include "tokio/runtime/run.hpp"
#include "tokio/runtime/runtime.hpp"
#include "tokio/runtime/wrap.hpp"
