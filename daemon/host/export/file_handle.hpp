// Internal to host/export: a plugin's open file. The handle and every operation that works on the file share it.
// Invariant: the descriptor is closed by the last of them; `at_work` counts the operations that have not ended, each of
//            which lets go of the file before its waiter hears of it.
// Threads:   the handle as its plugin uses it; the descriptor [any], the folder's reader under its lock.
#pragma once
#include <dirent.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/fd.hpp"
#include "base/policy.hpp"
#include "host/handle_pool.hpp"
#include "tokio/abi/fs.h"

namespace tokiod::host {

struct close_folder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using open_folder = std::unique_ptr<DIR, close_folder>;

struct open_file {
  explicit open_file(unique_fd file) : fd(std::move(file)) {}
  explicit open_file(open_folder read) : folder(std::move(read)) {}

  [[nodiscard]] int descriptor() const { return folder ? ::dirfd(folder.get()) : fd.get(); }

  unique_fd fd;
  open_folder folder;  // it owns the descriptor of a folder
  std::mutex reading;  // what readdir() moves on
  int failed = 0;      // what readdir() said after names that were given: told by the next one; under `reading`
  // No model: a count that goes down with release, and is read with acquire by who wants the descriptor for itself.
  std::atomic<std::uint32_t> at_work{0};
};

// A new handle of `file`, charged to `p`. ENOMEM.
[[nodiscard]] tokio_status new_file(tokio_plugin& p, std::shared_ptr<open_file> file, tokio_file** out) noexcept;
void close_file(tokio_file& handle, tokio_plugin& of) noexcept;

}  // namespace tokiod::host

struct tokio_file final : tokiod::host::pooled<tokio_file> {
  std::shared_ptr<tokiod::host::open_file> file;
};
