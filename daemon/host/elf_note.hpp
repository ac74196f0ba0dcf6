// What can be known of a plugin's file without running any of its code: its note, its symbols, its dynamic section.
// Only what is needed is read, and how much a file can make us read and keep is bounded, so a truncated, huge or
// hostile file is refused with a sentence and neither crashes the reader nor keeps it busy.
// Invariant: nothing here maps a file as code; a value of this header holds no pointer into the file.
// Threads:   pure functions and values, [any].
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "host/elf_source.hpp"

namespace tokiod::host {

// The plugin's own words, from .note.tokiod.
struct plugin_note {
  std::uint32_t abi_major = 0, abi_minor = 0, abi_minor_min = 0;
  std::uint64_t fingerprint = 0;
  std::uint32_t flags = 0;  // TOKIO_PF_*
  std::string id, version;
  friend bool operator==(const plugin_note&, const plugin_note&) = default;
};

// Plain facts of the file.
struct elf_facts {
  std::optional<plugin_note> note;
  std::string build_id;              // hexadecimal, or empty
  std::vector<std::string> needed;   // DT_NEEDED
  std::vector<std::string> exports;  // defined and visible
  std::vector<std::string> imports;  // undefined
  std::vector<std::string> unique;   // STB_GNU_UNIQUE: glibc never unmaps an image that defines one
  std::vector<std::string> ifuncs;   // resolvers run inside dlopen
  bool thread_locals = false;        // PT_TLS
  bool static_tls = false;           // DF_STATIC_TLS
  bool no_delete = false;            // DF_1_NODELETE
  bool text_relocations = false;
  bool executable_stack = false;
  bool writable_code = false;  // a segment both writable and executable
  bool position_independent_executable = false;
  bool go = false;  // has .go.buildinfo
};

// `path` is only for the sentences.
[[nodiscard]] outcome<elf_facts> read_elf(const elf_source& file, std::string_view path);

}  // namespace tokiod::host
