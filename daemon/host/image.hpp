// One loaded plugin: its file's findings, its private copy, its descriptor, and every run of its instances.
// Invariant: a late call of the plugin meets its tokio_plugin: while the image is mapped, `runs` keeps each run that is
//            not over, and the last hundred that are. All of them where the plugin may have threads of its own.
// Threads:   the fields below "state" are guarded by the registry's lock; the facts are written under it once, and
//            constant like the others then.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "host/elf_gate.hpp"
#include "host/library.hpp"
#include "host/plugin.hpp"
#include "host/plugin_file.hpp"
#include "host/plugin_state.hpp"

namespace tokiod::host {

inline constexpr std::size_t ended_runs_kept = 100;

// What the file and the descriptor say. Found out without the lock, while others look at the image already, and moved
// into it at once.
struct image_facts {
  inspection seen;
  std::unique_ptr<library> code;                  // null: linked in
  std::string sha256;                             // of the file; empty: linked in
  const tokio_plugin_desc* descriptor = nullptr;  // read it only while the image is mapped

  // What the descriptor says, for when it is gone.
  std::string id, version, description, config_schema;
  std::uint32_t abi_major = 0, abi_minor = 0;
  std::uint64_t flags = 0;
  std::vector<std::string> required_extensions, optional_extensions;

  [[nodiscard]] bool multi() const { return (flags & TOKIO_PF_MULTI) != 0; }
};

struct image : image_facts {
  std::string name;
  std::string path;              // empty: linked into this program
  std::uint64_t generation = 0;  // of this process

  // state
  image_state state = image_state::loading;
  std::int64_t since_wall_ns = 0;
  std::string reason;
  std::string operation = "load";  // in progress; empty: none
  std::function<bool()> enough;    // of that: somebody waits no longer for tasks to end by themselves
  bool mapped = false;             // its constants may be read by whoever holds the lock
  std::vector<std::unique_ptr<tokio_plugin>> runs;
};

// The sentence of a status that a plugin function returned.
[[nodiscard]] std::string text_of_status(tokio_status status);

}  // namespace tokiod::host
