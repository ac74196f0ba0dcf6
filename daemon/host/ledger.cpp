#include "host/ledger.hpp"

namespace tokiod::host {

std::string_view name(entry e) {
  constexpr std::string_view names[entry_count] = {"jobs",       "callbacks",     "registrations", "calls",   "sockets",
                                                   "timers",     "operations",    "children",      "signals", "files",
                                                   "metrics",    "leases",        "memory_bytes",  "panics",  "misuses",
                                                   "read_bytes", "written_bytes", "job_cpu_ns"};
  return names[static_cast<std::size_t>(e)];
}

}  // namespace tokiod::host
