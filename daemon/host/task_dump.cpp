#include "host/task_dump.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

#include "host/plugin_task.hpp"
#include "host/texts.hpp"

namespace tokiod::host {
namespace {

std::string short_text_of(tokio_str s) {
  std::string text = text_of(s);
  text.resize(std::min(text.size(), most_place_text));
  return text;
}

std::int32_t keep(void* user, const tokio_place* at, std::uint32_t depth) noexcept try {
  auto& into = *static_cast<task_dump*>(user);
  if (into.places.size() == task_dump::most_places) {
    into.cut = true;
    return 0;
  }
  into.places.push_back({short_text_of(at->function), short_text_of(at->file), at->line, at->column, depth});
  return 1;
} catch (const std::bad_alloc&) {
  static_cast<task_dump*>(user)->cut = true;
  return 0;
}

// [who holds the task still]
void read(task::header& task, task_dump& into) {
  into.held = true;
  if (task::owner_of(task) == 0) return;  // the runtime's own
  const tokio_task_vt& kind = kind_of(task);
  if (!TOKIO_HAS(tokio_task_vt, &kind, walk) || kind.walk == nullptr) return;
  into.walks = true;
  const tokio_walk walk = {.size = sizeof walk, .flags = 0, .user = &into, .place = keep};
  const call_scope scope(plugin_of(task));
  kind.walk(task::body_of(task), &walk);
}

task_dump dump_task(const task_view& which) {
  const sched::host_entry inside;
  task_dump into;
  into.asked = true;
  (void)runtime::hold_still(which.which, [&](task::header& task) { read(task, into); });
  return into;
}

// What the thread and whoever waits for it share; the thread may outlive the wait.
class round {
 public:
  explicit round(std::vector<task_view> which) : which_(std::move(which)), told_(which_.size()) {}

  void walk() {
    for (std::size_t at = 0; begin(at); ++at) {
      auto one = dump_task(which_[at]);
      const std::lock_guard hold(mutex_);
      told_[at] = std::move(one);
    }
  }
  // Nobody is asked after this.
  std::vector<task_dump> end(bool late) {
    const std::lock_guard hold(mutex_);
    over_ = true;
    if (late && begun_ != 0) told_[begun_ - 1].asked = told_[begun_ - 1].late = true;
    return told_;
  }

 private:
  bool begin(std::size_t at) {
    const std::lock_guard hold(mutex_);
    if (over_ || at == which_.size()) return false;
    begun_ = at + 1;
    return true;
  }

  const std::vector<task_view> which_;
  std::mutex mutex_;  // for what follows
  std::vector<task_dump> told_;
  std::size_t begun_ = 0;
  bool over_ = false;
};

}  // namespace

std::vector<task_dump> dump_tasks(own_threads& threads, const std::vector<task_view>& which, duration_ns at_most) {
  if (which.empty()) return {};
  const auto it = std::make_shared<round>(which);
  const auto ran = threads.run("tokio-walk", steady_clock().now() + at_most, [it] { it->walk(); });
  return it->end(ran == own_thread_result::late);
}

}  // namespace tokiod::host
