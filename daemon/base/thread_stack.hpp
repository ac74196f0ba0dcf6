// What another thread of this process is doing: its call stack, which the thread itself writes down when it is asked by
// a signal. The handler walks the frames by the unwinder's tables and names them (code_place.hpp) into memory that was
// there before: it takes no lock and allocates nothing, so it may interrupt anything, malloc and the loader included.
// The signal is a real-time one that nobody handled when it was chosen, once, at the first thread that answers; it lets
// system calls go on where the kernel can do that (SA_RESTART). The walk ends where the tables end: in code without
// them (a stub of the linker, code that was generated) the innermost frame is all there is.
// Invariant: a place is never freed, so a question may outlive the thread that it was put to; it is then not answered.
// Threads:   stack_answers [the thread that answers]; stack_question [one asker at a time per place].
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace tokiod {

inline constexpr std::size_t max_stack_frames = 32;

struct stack_frame {
  std::string module;        // the file as the loader was told it; empty: this program
  std::uint64_t offset = 0;  // in it
  std::string symbol;        // as the linker knows it; empty: not exported
};

struct thread_stack {
  std::vector<stack_frame> frames;  // innermost first
  std::string missing;              // why there are none
};

class stack_place;

// As long as it lives, this thread answers.
class stack_answers {
 public:
  explicit stack_answers(bool wanted);
  stack_answers(const stack_answers&) = delete;
  stack_answers& operator=(const stack_answers&) = delete;
  ~stack_answers();
  // Where it answers. Null: it does not, because that is not wanted or no signal can be had.
  [[nodiscard]] stack_place* place() const { return place_; }

 private:
  stack_place* place_ = nullptr;
};

class stack_question {
 public:
  // Asks the thread with that id, which answers there.
  stack_question(stack_place* place, int os_thread);
  // Nothing: it may still come. With `last` the question is taken back if it has not come, and the answer says so.
  [[nodiscard]] std::optional<thread_stack> answer(bool last);

 private:
  stack_place* place_;
  const char* refused_ = nullptr;  // why it cannot be asked
};

// The signal that asks, or 0: none can be had. Chosen at the first call.
[[nodiscard]] int stack_signal();

}  // namespace tokiod
