// One loaded plugin: its file's findings, its private copy, its descriptor, and every run of its instances.
// Invariant: `runs` only grows while the image is mapped: a late call of the plugin must meet its tokio_plugin.
// Threads:   the fields below "state" are guarded by the registry's lock; the others are constant after open_image().
#pragma once
#include <cstdint>
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

struct image {
  std::string name;
  std::string path;              // empty: linked into this program
  std::uint64_t generation = 0;  // of this process
  inspection seen;
  std::unique_ptr<library> code;  // null: linked in
  const tokio_plugin_desc* descriptor = nullptr;

  // state
  image_state state = image_state::loading;
  std::int64_t since_wall_ns = 0;
  std::string reason;
  std::string operation = "load";  // in progress; empty: none
  std::vector<std::unique_ptr<tokio_plugin>> runs;

  [[nodiscard]] bool multi() const { return (descriptor->flags & TOKIO_PF_MULTI) != 0; }
};

// The sentence of a status that a plugin function returned.
[[nodiscard]] std::string text_of_status(tokio_status status);

}  // namespace tokiod::host
