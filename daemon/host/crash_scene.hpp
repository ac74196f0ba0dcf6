// Whose code this thread runs, for the handler of a fault.
// Invariant: takes no lock and allocates nothing, so it may interrupt anything. What scene_here names is mapped: the
//            code that the thread is inside of.
// Threads:   [any, also in a signal handler].
#pragma once
#include <cstdint>
#include <string_view>

namespace tokiod {
class runtime;
}

namespace tokiod::host {

struct crash_scene {
  std::string_view instance, plugin;   // plugin: its id; both empty: no plugin's code is on the stack
  std::string_view image, image_file;  // what the loader was told to map, and the plugin file that it is a copy of
  std::uint64_t task = 0;              // that is being polled; 0: none
  std::string_view name, file;         // of it, and where it is spawned
  std::uint32_t line = 0;
  std::int32_t worker = -1;
};

[[nodiscard]] crash_scene scene_here() noexcept;

// What a worker of a runtime polls, if anything. It goes on meanwhile, so the texts may be those of a plugin that is
// being unmapped: to be asked for last.
[[nodiscard]] crash_scene scene_on(const runtime& of, std::uint32_t worker) noexcept;

}  // namespace tokiod::host
