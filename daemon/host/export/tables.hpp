// Names the tables that plugins call, one per header of the contract, and finds one by its id.
// Threads: constants.
#pragma once
#include <cstdint>
#include <string_view>

#include "tokio/abi.h"

namespace tokiod::host {

extern const tokio_host host_table;
extern const tokio_time_ext time_table;
extern const tokio_net_ext net_table;
extern const tokio_fd_ext fd_table;
extern const tokio_resolve_ext resolve_table;
extern const tokio_fs_ext fs_table;
extern const tokio_blocking_ext blocking_table;
extern const tokio_log_ext log_table;
extern const tokio_metrics_ext metrics_table;
extern const tokio_control_ext control_table;
extern const tokio_account_ext account_table;
extern const tokio_process_ext process_table;
extern const tokio_signal_ext signal_table;
extern const tokio_trace_ext trace_table;
extern const tokio_workers_ext workers_table;

// Null: not served (service, local, span, lease, and what is not ours).
[[nodiscard]] const void* extension(std::string_view id);

}  // namespace tokiod::host
