// What the kernel says of this process, as metric families. The files are opened once and read again and again: these
// numbers are asked for when something has run out, and then there is no descriptor to open a file with.
// Invariant: what cannot be read is left out, never told as 0.
// Threads:   families [any].
#pragma once
#include <dirent.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "control/metric_family.hpp"

namespace tokiod::app {

class process_numbers {
 public:
  process_numbers();
  [[nodiscard]] std::vector<control::metric_family> families() const;

 private:
  struct close_directory {
    void operator()(DIR* directory) const { ::closedir(directory); }
  };
  [[nodiscard]] std::optional<std::uint64_t> open_descriptors() const;
  [[nodiscard]] std::string status_text() const;

  const std::unique_ptr<DIR, close_directory> descriptors_;
  const unique_fd status_;
  const std::optional<double> started_;  // Unix seconds
  mutable std::mutex mutex_;             // the directory's position is one for all
};

}  // namespace tokiod::app
