#include "host/elf_source.hpp"

#include <unistd.h>

#include "base/fd.hpp"

namespace tokiod::host {

bool file_source::fetch(std::uint64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    const auto n = retry_eintr([&] { return ::pread(fd_, into.data(), into.size(), static_cast<off_t>(offset)); });
    if (n <= 0) return false;  // an error, or it has become shorter
    offset += static_cast<std::uint64_t>(n);
    into = into.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace tokiod::host
