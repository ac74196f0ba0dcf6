#include "host/trace/listening.hpp"

namespace tokiod::host::trace {
namespace {

// No model: set once, with release; whoever reads it has a complete book.
std::atomic<task_book*> last{nullptr};

}  // namespace

task_book& listen(std::size_t tasks, bool anew) {
  static task_book& all = *new task_book(tasks);
  if (anew && !on()) all.clear();
  last.store(&all, release);
  listening.store(&all, release);
  return all;
}

task_book* last_book() { return last.load(acquire); }

void ignore() { listening.store(nullptr, relaxed); }

}  // namespace tokiod::host::trace
