// The loader's gate: what follows from the facts of a plugin's file. Each rule says whether the file is refused, or
// loaded and never unmapped, or unmapped only after its threads were replaced, or merely worth a line.
// Invariant: a rule's name is stable; the sentence names the thing, the fact and the consequence.
// Threads:   pure functions and values, [any].
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "host/elf_note.hpp"

namespace tokiod::host {

enum class verdict : std::uint8_t {
  refuse,    // must not be loaded
  resident,  // may be loaded and will never be unmapped
  rotate,    // may be unmapped once every thread that ran it was replaced
  warning,   // worth a line
};
[[nodiscard]] std::string_view name(verdict v);

struct finding {
  verdict weight = verdict::warning;
  kind why = kind::bad_plugin;  // of the refusal that it becomes
  std::string rule;             // "gnu_unique"
  std::string sentence;         // "defines the GNU-unique symbol _ZSt..., so that glibc never unmaps it"
};

[[nodiscard]] std::vector<finding> lint(const elf_facts& facts);  // heaviest first

// Everything `plugin inspect` shows.
struct inspection {
  std::string path;
  std::uint64_t size_bytes = 0;
  elf_facts facts;
  std::vector<finding> findings;

  [[nodiscard]] const finding* refused() const;   // the first reason not to load it, or null
  [[nodiscard]] const finding* resident() const;  // the first reason why it is never unmapped, or null
  [[nodiscard]] bool needs_rotation() const;
};

}  // namespace tokiod::host
