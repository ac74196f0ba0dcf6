// The lives of an image (a mapped .so) and of an instance (one configured plugin in it), each as one table of moves.
//
//   image     loading -> loaded -> unloading -> unloaded | resident | quarantined
//                '-> failed            '-> loaded (a stop that failed leaves the image as it was)
//   instance  starting -> running -> draining -> stopped | failed | quarantined
//                '-> failed     '-> failed (it gave up; draining follows)
//             stopped | failed -> starting (start, restart)
//
// resident: the code stays mapped for a known reason, nothing of it runs. quarantined: something of it may still run or
// be referred to, so nothing is unmapped and every call of it is answered with TOKIO_EGONE.
// Invariant: a state changes only along `allowed`.
// Threads:   values; the registry's lock guards the fields that hold them.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"

namespace tokiod::host {

enum class image_state : std::uint8_t { loading, loaded, unloading, unloaded, resident, quarantined, failed };
enum class instance_state : std::uint8_t { starting, running, draining, stopped, failed, quarantined };

[[nodiscard]] constexpr std::string_view name(image_state s) {
  constexpr std::string_view names[] = {"loading",  "loaded",      "unloading", "unloaded",
                                        "resident", "quarantined", "failed"};
  return names[static_cast<unsigned>(s)];
}
[[nodiscard]] constexpr std::string_view name(instance_state s) {
  constexpr std::string_view names[] = {"starting", "running", "draining", "stopped", "failed", "quarantined"};
  return names[static_cast<unsigned>(s)];
}

struct image_move {
  image_state from, to;
};
inline constexpr image_move image_moves[] = {
    {image_state::loading, image_state::loaded},     {image_state::loading, image_state::failed},
    {image_state::loaded, image_state::unloading},   {image_state::unloading, image_state::unloaded},
    {image_state::unloading, image_state::resident}, {image_state::unloading, image_state::quarantined},
    {image_state::unloading, image_state::loaded},   {image_state::quarantined, image_state::unloading},
};

struct instance_move {
  instance_state from, to;
};
inline constexpr instance_move instance_moves[] = {
    {instance_state::starting, instance_state::running},     {instance_state::starting, instance_state::failed},
    {instance_state::starting, instance_state::quarantined}, {instance_state::running, instance_state::draining},
    {instance_state::draining, instance_state::stopped},     {instance_state::draining, instance_state::failed},
    {instance_state::draining, instance_state::quarantined}, {instance_state::stopped, instance_state::starting},
    {instance_state::failed, instance_state::starting},      {instance_state::quarantined, instance_state::draining},
};

[[nodiscard]] constexpr bool allowed(image_state from, image_state to) {
  for (const auto& move : image_moves)
    if (move.from == from && move.to == to) return true;
  return false;
}
[[nodiscard]] constexpr bool allowed(instance_state from, instance_state to) {
  for (const auto& move : instance_moves)
    if (move.from == from && move.to == to) return true;
  return false;
}

template <class State>
void move_to(State& state, State next) {
  TOKIOD_ASSERT(allowed(state, next));
  state = next;
}

}  // namespace tokiod::host
