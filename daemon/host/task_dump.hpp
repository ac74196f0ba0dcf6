// What a task that waits waits at: its chain of awaits, read while the task is kept from running.
// Invariant: the task is not polled, woken or changed; of its plugin only `walk` and `spawned_at` are called, which
// read.
//            What is told is copied meanwhile, so it outlives the task and its image.
//            The plugin's code runs on a thread made for that, which is left behind if it does not come back.
// Threads:   [any], also while every worker is in a poll that does not end.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/own_thread.hpp"
#include "runtime/runtime.hpp"

namespace tokiod::host {

struct awaited_place {
  std::string function, file;  // cut at `most_place_text` bytes
  std::uint32_t line = 0, column = 0;
  std::uint32_t depth = 0;  // how many of the places behind it wait for it
};

struct task_dump {
  static constexpr std::size_t most_places = 256;

  bool asked = false;                 // false: there was no time left, or no thread
  bool late = false;                  // its plugin has not told in time, and may never; the task is held meanwhile
  bool held = false;                  // it waited, and was looked at
  bool walks = false;                 // its plugin tells where it waits
  std::vector<awaited_place> places;  // innermost first
  bool cut = false;                   // there are more of them, outer ones
};

inline constexpr std::size_t most_place_text = 512;

// One after the other, all of them in this time. `threads` are those of [ctl] calls.
[[nodiscard]] std::vector<task_dump> dump_tasks(own_threads& threads, const std::vector<task_view>& which,
                                                duration_ns at_most);

}  // namespace tokiod::host
