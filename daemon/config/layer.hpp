// The layers of a configuration, lowest first:
//   defaults < /usr/lib/tokiod/conf.d < /etc/tokiod/tokiod.json < /etc/tokiod/conf.d (a file there masks the one of the
//   same name in /usr/lib) < environment < command line < what was persisted at run time < what was only applied.
// Invariant: the two at the top are the daemon's own; what is below them is the administrator's and never written.
// Threads:   plain values.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/document.hpp"

namespace tokiod::config {

enum class level : std::uint8_t { defaults, vendor, file, conf_d, environment, command_line, persisted, runtime };
inline constexpr std::string_view level_names[] = {"default",     "vendor",       "file",      "conf.d",
                                                   "environment", "command_line", "persisted", "runtime"};
[[nodiscard]] constexpr std::string_view name(level l) { return level_names[static_cast<std::size_t>(l)]; }
[[nodiscard]] std::optional<level> level_named(std::string_view text);
[[nodiscard]] constexpr bool is_file(level l) {
  return l == level::vendor || l == level::file || l == level::conf_d || l == level::persisted;
}

struct layer {
  level of = level::file;
  document text;
  std::int64_t loaded_wall_ns = 0;
};

// The two layers that are changed at run time, as merge patches over everything below: null takes away.
struct overlays {
  wire::json persisted = wire::json::object(), runtime = wire::json::object();
  friend bool operator==(const overlays&, const overlays&) = default;
};
[[nodiscard]] overlays overlays_of(const std::vector<layer>& layers);
// The same lower layers with these on top; one that says what it said before keeps its places and its time.
[[nodiscard]] std::vector<layer> replaced(const std::vector<layer>& layers, const overlays& over,
                                          const std::string& overlay_file);
[[nodiscard]] layer runtime_layer(const wire::json& said);

// What the layers say together, up to and with `top`.
[[nodiscard]] wire::json said_by(const std::vector<layer>& layers, level top);
// The highest layer that says something of it; defaults: none.
[[nodiscard]] level top_level_of(const std::vector<layer>& layers, const std::string& pointer);

}  // namespace tokiod::config
