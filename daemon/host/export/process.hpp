// Internal to host/export: the functions of tokio.process/1 that have a file of their own.
// Threads: as tokio/abi/process.h says.
#pragma once
#include "tokio/abi/process.h"

namespace tokiod::host {

// process_spawn.cpp
tokio_status process_spawn(tokio_plugin* p, const tokio_proc_params* given, tokio_proc** out) noexcept;

}  // namespace tokiod::host
