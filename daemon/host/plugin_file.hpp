// A plugin's file before it is an image: where it is found, whether it may be trusted, what the gate says of it. The
// bytes that were inspected are the bytes that will be loaded: the file is opened once and read whole.
// Invariant: nothing here executes anything of the file.
// Threads:   [any].
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/page_block.hpp"
#include "host/elf_gate.hpp"

namespace tokiod::host {

struct plugin_file {
  std::string path;
  page_block bytes;

  [[nodiscard]] std::span<const std::byte> span() const { return bytes.bytes(); }
};

inline constexpr std::size_t max_plugin_bytes = std::size_t{512} << 20;

// "redis" of "/usr/lib/tokiod/plugins/redis.so".
[[nodiscard]] std::string name_of_file(std::string_view path);

// A regular file of root or of the daemon's user, that nobody else may write, in a directory that nobody else may
// write (a sticky one may be shared). Refuses with not_found, not_trusted, too_large or io_error.
[[nodiscard]] outcome<plugin_file> read_trusted(const std::string& path);

// The same without the rules of trust: for looking only.
[[nodiscard]] outcome<plugin_file> read_any(const std::string& path);

[[nodiscard]] outcome<inspection> inspect_file(const plugin_file& file);

// Files that end in ".so" of a directory, sorted; a directory that is missing has none.
[[nodiscard]] std::vector<std::string> plugin_files_in(const std::string& dir);

// The path of the plugin called `name` in the first of `dirs` that has it; not_found names the directories.
[[nodiscard]] outcome<std::string> find_by_name(const std::vector<std::string>& dirs, std::string_view name);

}  // namespace tokiod::host
