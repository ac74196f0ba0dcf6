// Internal to host/export: a completion operation (tokio_op). What it works on belongs to the host until it is over, so
// a plugin may drop the handle at any time.
// Invariant: the handle and the work each hold the operation; the results go to whoever takes them, once.
// Threads:   finish [the work, once]; the rest [the holder of the handle].
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/completion.hpp"
#include "host/export/file_handle.hpp"
#include "host/handle_pool.hpp"
#include "tokio/abi/host.h"

namespace tokiod::host {

struct operation {
  completion done;
  tokio_res result = 0;  // written before done.finish()
  std::vector<tokio_addr> addresses;
  tokio_buf lease{};
  std::shared_ptr<open_file> opened;

  operation() = default;
  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;
  ~operation() { tokio_buf_release(&lease); }
};

// Counts a new handle of `work`. ENOMEM.
[[nodiscard]] tokio_status new_op(tokio_plugin& p, std::shared_ptr<operation> work, tokio_op** out) noexcept;
void drop_op(tokio_op& handle, tokio_plugin& of) noexcept;

}  // namespace tokiod::host

struct tokio_op final : tokiod::host::pooled<tokio_op> {
  std::shared_ptr<tokiod::host::operation> work;
};
