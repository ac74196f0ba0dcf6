// A terminal that is drawn on: what changed since the last frame is sent, and keys come one by one. The only user of
// curses.
// Invariant: the terminal is as it was before when this is gone, also when a signal that curses knows ends or stops the
//            program (SIGINT, SIGTERM, SIGTSTP).
// Threads:   one owner; one at a time in a process.
#pragma once
#include <optional>
#include <span>
#include <utility>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "ctl/top/view.hpp"

namespace tokiod::ctl {

class screen {
 public:
  // On standard input and output. Fails: unsupported, they are no terminal, or $TERM names none that curses knows.
  [[nodiscard]] static outcome<screen> open(bool color);
  screen(screen&& other) noexcept : open_(std::exchange(other.open_, false)), color_(other.color_) {}
  screen& operator=(screen&&) = delete;
  ~screen();

  [[nodiscard]] screen_size size() const;
  void draw(std::span<const line> frame);
  // A character, or one of `key`. Nothing: none came in time, or the size changed. `q` when the
  // terminal has hung up.
  [[nodiscard]] std::optional<int> read_key(duration_ns wait);

 private:
  explicit screen(bool color) : open_(true), color_(color) {}

  bool open_;
  bool color_;
};

}  // namespace tokiod::ctl
