#include "host/trace/listening.hpp"

namespace tokiod::host::trace {
namespace {

// No model: set once, with release; whoever reads one has a complete book.
std::atomic<task_book*> last{nullptr};
std::atomic<resource_book*> last_of_resources{nullptr};

void tell_plugins(bool on) { std::atomic_ref(listening_word).store(on ? 1 : 0, relaxed); }

}  // namespace

alignas(cache_line) constinit std::uint32_t listening_word = 0;

task_book& listen(std::size_t tasks, bool anew) {
  static task_book& all = *new task_book(tasks);
  static resource_book& of_resources = *new resource_book(tasks, tasks);
  if (anew && !on()) {
    all.clear();
    of_resources.clear();
  }
  last.store(&all, release);
  last_of_resources.store(&of_resources, release);
  listening.store(&all, release);
  tell_plugins(true);
  return all;
}

task_book* last_book() { return last.load(acquire); }
resource_book* last_resources() { return last_of_resources.load(acquire); }

void ignore() {
  tell_plugins(false);
  listening.store(nullptr, relaxed);
}

void pause() {
  tell_plugins(true);
  listening.store(nullptr, relaxed);
}

}  // namespace tokiod::host::trace
