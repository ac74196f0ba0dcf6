// What another thread of this process is doing: its call stack, which the thread itself writes down when it is asked by
// a signal. The handler walks the frames by the unwinder's tables and names them (code_place.hpp) into memory that was
// there before: it takes no lock and allocates nothing, so it may interrupt anything, malloc and the loader included.
// The signal is a real-time one that nobody handled when it was chosen, once, at the first thread that answers; it lets
// system calls go on where the kernel can do that (SA_RESTART). The walk ends where the tables end: in code without
// them (a stub of the linker, code that was generated) the innermost frame is all there is.
// Invariant: a place is never freed, so a question may outlive the thread that it was put to; it is then not answered.
//            Of several who ask one thread at a time one is heard; the others are refused.
// Threads:   stack_answers [the thread that answers]; stack_question [its owner]; answering_threads [any].
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

// As long as it lives, this thread answers. One that answers already goes on doing so.
class stack_answers {
 public:
  // From here on every os_thread answers, not only those that say so. [before the threads that are to]
  static void want_of_all();
  [[nodiscard]] static bool wanted_of_all();

  explicit stack_answers(bool wanted);
  stack_answers(const stack_answers&) = delete;
  stack_answers& operator=(const stack_answers&) = delete;
  ~stack_answers();
  // Where it answers. Null: it does not, because that is not wanted or no signal can be had.
  [[nodiscard]] stack_place* place() const { return place_; }

 private:
  stack_place* place_ = nullptr;
  bool ours_ = false;
};

// Those that answer now.
struct answering_thread {
  int os_thread = 0;
  stack_place* place = nullptr;
};
[[nodiscard]] std::vector<answering_thread> answering_threads();

class stack_question {
 public:
  // Asks the thread with that id, which answers there.
  stack_question(stack_place* place, int os_thread);
  stack_question(stack_question&& other) noexcept;
  stack_question& operator=(stack_question&& other) noexcept;
  ~stack_question();  // one that is open is taken back
  // Nothing: it may still come. With `last` the question is taken back if it has not come, and the answer says so.
  // Nobody asks a second time.
  [[nodiscard]] std::optional<thread_stack> answer(bool last);
  // Somebody else asks that thread just now, or asked and was not answered: it may be asked a little later.
  [[nodiscard]] bool is_held_up() const { return held_up_; }

 private:
  void let_go();

  stack_place* place_;
  bool claimed_ = false;  // nobody else may ask
  bool held_up_ = false;
  const char* refused_ = nullptr;  // why it cannot be asked
};

// The signal that asks, or 0: none can be had. Chosen at the first call.
[[nodiscard]] int stack_signal();

}  // namespace tokiod
