#include "app/diag/self_test.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "app/diag/stacks.hpp"
#include "app/show.hpp"
#include "base/fd.hpp"
#include "base/thread_stack.hpp"

namespace tokiod::app {
namespace {

using control::self_check;

// Set by whoever does the work; outlives who waits, because work may come late.
class done_flag {
 public:
  void set() {
    {
      const std::lock_guard hold(mutex_);
      set_ = true;
    }
    changed_.notify_all();
  }
  bool wait() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::nanoseconds(self_test_patience), [this] { return set_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool set_ = false;
};

// Owns itself: the pool has it until it ran.
class empty_job final : public blocking::job {
 public:
  explicit empty_job(std::shared_ptr<done_flag> tells)
      : job(blocking::at_stop::drop, nullptr), tells_(std::move(tells)) {}
  void run() noexcept override {
    tells_->set();
    delete this;
  }
  void drop() noexcept override { delete this; }
  ~empty_job() = default;

 private:
  const std::shared_ptr<done_flag> tells_;
};

self_check timed(const std::string& name, const std::function<std::string()>& wrong) {
  const instant_ns begun = steady_clock().now();
  self_check check;
  check.name = name;
  check.detail = wrong();
  check.ok = check.detail.empty();
  check.seconds = seconds(steady_clock().now() - begun);
  return check;
}

std::string runs_a_task(tokiod::runtime& rt) {
  const auto done = std::make_shared<done_flag>();
  if (const auto begun = rt.run_on_worker([done] { done->set(); }); !begun) return begun.error().text();
  return done->wait() ? "" : "no worker has run a task in time";
}

std::string runs_a_job(tokiod::runtime& rt) {
  const auto done = std::make_shared<done_flag>();
  auto job = std::make_unique<empty_job>(done);
  if (const auto begun = rt.submit(*job); !begun) return begun.error().text();
  (void)job.release();
  return done->wait() ? "" : "no blocking thread has run a job in time";
}

std::string workers_answer(const tokiod::runtime& rt) {
  std::vector<answering_thread> workers;
  for (const auto& one : answering_threads())
    for (const auto& t : rt.threads())
      if (t.os_thread == one.os_thread && t.kind == sched::thread_kind::worker) workers.push_back(one);
  if (workers.empty()) return "no worker answers for its stack";
  for (const auto& said : ask_all(workers, self_test_patience))
    if (!said.missing.empty()) return said.missing;
  return {};
}

std::string numbers_add_up(const tokiod::runtime& rt) {
  const auto tasks = rt.metrics().all_tasks();
  return tasks.spawned >= tasks.live() ? "" : "more tasks live than were spawned";
}

// A page is written, because a full disk lets files be made.
std::string state_is_writable(const std::string& state) {
  if (state.empty()) return {};  // none is wanted
  const std::string path = state + "/self-test";
  const unique_fd file(
      retry_eintr([&] { return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600); }));
  if (!file) return path + ": " + error::last("open").text();
  constexpr std::array<std::byte, 4096> page{};
  const auto written = write_all(file.get(), page);
  ::unlink(path.c_str());
  return written ? "" : path + ": " + written.error().text();
}

}  // namespace

std::vector<self_check> self_test(tokiod::runtime& rt, const std::string& state) {
  return {timed("task", [&] { return runs_a_task(rt); }), timed("blocking", [&] { return runs_a_job(rt); }),
          timed("stacks", [&] { return workers_answer(rt); }), timed("metrics", [&] { return numbers_add_up(rt); }),
          timed("state_directory", [&] { return state_is_writable(state); })};
}

}  // namespace tokiod::app
