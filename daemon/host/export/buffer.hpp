// Internal to host/export: leases of the host's memory.
// Invariant: a lease's bytes are freed when its last share is released; each share is one entry of the ledger.
// Threads:   [any].
#pragma once
#include <cstddef>
#include <cstdint>

#include "tokio/abi/base.h"

namespace tokiod::host {

// A lease of `bytes` (contents unspecified, len 0). ENOMEM, EQUOTA.
[[nodiscard]] tokio_status new_lease(tokio_plugin& p, std::size_t bytes, tokio_buf* out) noexcept;
// As buf_alloc() gave it to this plugin, but for its length, and with one share.
[[nodiscard]] bool is_whole_lease(const tokio_buf& given, const tokio_plugin& of) noexcept;
// What the plugin still holds of our leases is freed. Only when nothing of it runs.
std::uint64_t take_back_leases(tokio_plugin& of) noexcept;

}  // namespace tokiod::host
