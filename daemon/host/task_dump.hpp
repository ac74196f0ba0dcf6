// What a task that waits waits at: its chain of awaits, read while the task is kept from running.
// Invariant: the task is not polled, woken or changed; of its plugin only `walk` and `spawned_at` are called, which
// read.
//            What is told is copied meanwhile, so it outlives the task and its image.
// Threads:   [any], also while every worker is in a poll that does not end.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/runtime.hpp"

namespace tokiod::host {

struct awaited_place {
  std::string function, file;  // cut at `most_place_text` bytes
  std::uint32_t line = 0, column = 0;
  std::uint32_t depth = 0;  // how many of the places behind it wait for it
};

struct task_dump {
  static constexpr std::size_t most_places = 256;

  bool held = false;                  // it waited, and was looked at
  bool walks = false;                 // its plugin tells where it waits
  std::vector<awaited_place> places;  // innermost first
  bool cut = false;                   // there are more of them, outer ones
};

inline constexpr std::size_t most_place_text = 512;

[[nodiscard]] task_dump dump_task(const task_view& which);

}  // namespace tokiod::host
