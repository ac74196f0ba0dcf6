// `local_pool`: some threads of its own, each with local tasks that never leave it: for what is bound to a thread.
// Answers to tokio_util::task::LocalPoolHandle.
//   local_pool pool(2);  auto handle = pool.spawn_pinned([] { return render(); });  // called and polled on its thread
// The threads are jobs of the blocking pool (so each costs a place there), and end with the last copy of the pool, or
// when the host ends the instance's background tasks; what runs on them then is destroyed there.
// Invariant: a task is made, polled and destroyed on one thread. A function or a task that throws ends by itself.
// Threads:   everything [any] that works for an instance.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "tokio/task/blocking.hpp"
#include "tokio/task/local_set.hpp"

namespace tokio {

// internal: what a thread of the pool runs, until it is asked to end.
class local_pool_thread {
 public:
  using output = void;
  explicit local_pool_thread(local_tasks& tasks) noexcept : tasks_(&tasks) {}

  tokio::poll<void> poll(context& cx) noexcept {
    if (!tasks_->asked_to_close()) tasks_->turn(cx, driver_);
    if (!tasks_->asked_to_close()) return pending;
    tasks_->close();
    return ready();
  }

 private:
  local_tasks* tasks_;
  local_driver driver_;
};

// internal: the tasks of all threads; whoever destroys it tells them to end.
class local_pool_threads {
 public:
  explicit local_pool_threads(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) all.push_back(std::make_shared<local_tasks>());
  }
  ~local_pool_threads() { end(); }
  local_pool_threads(const local_pool_threads&) = delete;
  local_pool_threads& operator=(const local_pool_threads&) = delete;

  void end() const noexcept {
    for (auto& each : all) each->ask_to_close();
  }
  std::vector<std::shared_ptr<local_tasks>> all;
};

// internal: a background task whose end is the end of the threads; the host ends it when the instance drains.
class local_pool_guard {
 public:
  using output = void;
  static constexpr std::uint32_t task_flags = TOKIO_TF_SYSTEM;
  explicit local_pool_guard(std::weak_ptr<local_pool_threads> of) noexcept : of_(std::move(of)) {}
  local_pool_guard(local_pool_guard&& other) noexcept : of_(std::exchange(other.of_, {})) {}
  local_pool_guard& operator=(local_pool_guard&&) = delete;
  ~local_pool_guard() {
    if (const auto threads = of_.lock()) threads->end();
  }
  tokio::poll<void> poll(context&) noexcept { return pending; }

 private:
  std::weak_ptr<local_pool_threads> of_;
};

class local_pool {
 public:
  // Panics when `threads` is 0, or when the host gives no thread. A thread that has to wait for a place in the blocking
  // pool begins when there is one, and its tasks wait for that.
  explicit local_pool(std::size_t threads, call_site at = call_site::current()) {
    if (threads == 0) panic("a local_pool needs one thread: it was given 0", at);
    auto started = std::make_shared<running>(threads);
    for (auto& each : started->threads->all) start_thread(each, at);
    auto guard = try_spawn_from<"local_pool">(at, local_pool_guard(started->threads));
    if (!guard) panic("the host refused the background task of a local_pool", at);
    started->guard = *std::move(guard);
    running_ = std::move(started);
  }

  std::size_t num_threads() const noexcept { return threads().size(); }
  // Of each thread, how many tasks are on it.
  std::vector<std::size_t> task_loads() const {
    std::vector<std::size_t> loads;
    for (auto& each : threads()) loads.push_back(each->len());
    return loads;
  }

  // Calls `fn` on the thread with the fewest tasks, and runs the future that it gives there. An abort of the handle
  // destroys it there.
  template <task_name Name = "", class Fn>
  auto spawn_pinned(Fn&& fn, call_site at = call_site::current()) const {
    const auto least =
        std::ranges::min_element(threads(), {}, [](const std::shared_ptr<local_tasks>& each) { return each->len(); });
    return spawn_on<Name>(**least, at, std::forward<Fn>(fn));
  }
  // On that thread; panics when there is none with this number.
  template <task_name Name = "", class Fn>
  auto spawn_pinned_by_idx(Fn&& fn, std::size_t index, call_site at = call_site::current()) const {
    if (index >= num_threads()) panic("local_pool: there is no thread with this number", at);
    return spawn_on<Name>(*threads()[index], at, std::forward<Fn>(fn));
  }

 private:
  struct running {
    explicit running(std::size_t count) : threads(std::make_shared<local_pool_threads>(count)) {}
    ~running() { guard.abort(); }
    std::shared_ptr<local_pool_threads> threads;
    join_handle<void> guard;
  };

  static void start_thread(const std::shared_ptr<local_tasks>& tasks, call_site at) {
    using job = blocking_cell<thread_main>;
    auto* instance = current_instance("there is no runtime here: a local_pool needs an instance", at);
    if (!host.blocking) panic("blocking jobs are not offered by this host (tokio.blocking/1)", at);
    auto* shared = new job(instance, thread_main(tasks));
    const tokio_job_desc desc{sizeof(tokio_job_desc), 0,           shared, &job::run, &job::drop,
                              to_str("local_pool"),   to_place(at)};
    const auto status = host.blocking->spawn(instance, &desc, nullptr);
    shared->release();  // nobody waits for it
    if (status < 0) panic("the host gave no thread for a local_pool", at);
  }
  struct thread_main {
    explicit thread_main(std::shared_ptr<local_tasks> of) noexcept : tasks(std::move(of)) {}
    void operator()() const {
      sync::block_on(local_pool_thread(*tasks), "a thread of a local_pool is inside of a task");
    }
    std::shared_ptr<local_tasks> tasks;
  };

  const std::vector<std::shared_ptr<local_tasks>>& threads() const noexcept { return running_->threads->all; }
  template <task_name Name, class Fn>
  static auto spawn_on(local_tasks& tasks, call_site at, Fn&& fn) {
    static_assert(task_function<Fn>, "spawn_pinned takes a function that gives a task, because it is called there.");
    return spawn_from<Name>(at, make_local(tasks, at, std::forward<Fn>(fn)));
  }

  std::shared_ptr<const running> running_;
};

}  // namespace tokio
