// A stack for the handlers of faults: a thread that has run out of its own can still say so.
// Invariant: a thread that has one takes the signals of faults, whatever its mask was; who has one already keeps it.
// Threads:   want [before the threads that are to have one]; an object belongs to the thread that made it.
#pragma once

namespace tokiod {

class alternate_stack {
 public:
  static void want();  // from here on; until then the objects do nothing
  alternate_stack();
  alternate_stack(const alternate_stack&) = delete;
  alternate_stack& operator=(const alternate_stack&) = delete;
  ~alternate_stack();

 private:
  void* at_ = nullptr;
};

}  // namespace tokiod
