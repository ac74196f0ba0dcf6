#include "host/export/file_handle.hpp"

#include <utility>

#include "host/export/common.hpp"

namespace tokiod::host {

tokio_status new_file(tokio_plugin& p, std::shared_ptr<open_file> file, tokio_file** out) noexcept {
  auto* handle = handle_pool<tokio_file>::take(&p);
  if (handle == nullptr) return fail(TOKIO_ENOMEM, "no memory for a file");
  handle->file = std::move(file);
  p.count(entry::files, 1);
  *out = handle;
  return TOKIO_OK;
}

void close_file(tokio_file& handle, tokio_plugin& of) noexcept {
  handle.file.reset();
  of.count(entry::files, -1);
  handle_pool<tokio_file>::give(handle);
}

}  // namespace tokiod::host
