// A plugin's file before it is an image: where it is found, whether it may be trusted, what the gate says of it. It is
// opened once, and only what is needed is read; what will be loaded is a private copy, which is inspected again.
// Invariant: nothing here executes anything of the file.
// Threads:   [any].
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"
#include "host/elf_gate.hpp"

namespace tokiod::host {

struct plugin_file {
  std::string path;
  unique_fd fd;
  std::uint64_t size_bytes = 0;  // when it was opened
};

inline constexpr std::uint64_t max_plugin_bytes = std::uint64_t{512} << 20;

// "redis" of "/usr/lib/tokiod/plugins/redis.so".
[[nodiscard]] std::string name_of_file(std::string_view path);

// A regular file of root or of the daemon's user, that not everybody may write, in a directory of theirs that not
// everybody may write (a sticky one may be shared). Where the path is a symbolic link, the same goes for the link, its
// directory, and all that it leads through. Refuses with not_found, not_trusted, too_large or io_error.
[[nodiscard]] outcome<plugin_file> open_trusted(const std::string& path);

// The same without the rules of trust: for looking only.
[[nodiscard]] outcome<plugin_file> open_any(const std::string& path);

[[nodiscard]] outcome<inspection> inspect_file(const plugin_file& file);

// Files that end in ".so" of a directory, sorted; a directory that is missing has none.
[[nodiscard]] std::vector<std::string> plugin_files_in(const std::string& dir);

// The path of the plugin called `name` in the first of `dirs` that has it; not_found names the directories.
[[nodiscard]] outcome<std::string> find_by_name(const std::vector<std::string>& dirs, std::string_view name);

}  // namespace tokiod::host
