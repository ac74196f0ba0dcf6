// `local_set`: tasks that are polled by the one task, or thread, that drives the set, one after the other and never
// beside each other. Answers to tokio::task::LocalSet.
//   local_set set;  set.spawn_local(f());
//   co_await set.run_until(main_part());   // spawn_local() works inside, and in all tasks of the set
//   co_await set;                          // until none is left
// They share what they like without locks. Which thread polls them is the driver's affair: a spawned task moves between
// workers, and its set with it; what is bound to a thread belongs into a local_pool, or under block_on.
// Invariant: tasks run only while run_until() or the set is polled, at most 61 of them in one turn; the end of the set
//            destroys what is left of them, there.
// Threads:   one at a time; join and abort handles, and wakers, [any]. spawn_local needs an instance.
#pragma once

#include "tokio/task/local_tasks.hpp"

namespace tokio {

// Names a set among those alive.
struct local_set_id {
  std::uintptr_t value = 0;
  friend constexpr auto operator<=>(const local_set_id&, const local_set_id&) noexcept = default;
};

template <pollable F>
class local_run;

class [[nodiscard]] local_set {
 public:
  using output = void;
  enum class panic_policy : unsigned char {
    ignore,    // it is the outcome of its task, and nothing else
    shut_down  // it ends all tasks of the set, and whoever drives it panics
  };

  local_set() : tasks_(std::make_shared<local_tasks>()) {}
  local_set(local_set&& other) noexcept : tasks_(std::move(other.tasks_)), policy_(other.policy_) {}
  local_set& operator=(local_set&&) = delete;
  ~local_set() {
    if (tasks_) tasks_->close();
  }

  // As tokio::spawn(), into the set; also before it runs, which wakes it. An aborted task is destroyed by the driver.
  template <task_name Name = "", class F>
  auto spawn_local(F&& future, call_site at = call_site::current()) {
    return spawn_from<Name>(at, make_local(*tasks_, at, std::forward<F>(future)));
  }
  template <task_name Name = "", class Fn, class First, class... Args>
  auto spawn_local(Fn&& fn, First&& first, Args&&... args) {
    return spawn_from<Name>(
        {}, make_local(*tasks_, {}, std::forward<Fn>(fn), std::forward<First>(first), std::forward<Args>(args)...));
  }
  // A future that runs what it was given in the set, whoever polls it: joins.spawn(set.local(f())), or a branch of a
  // select. Dropping it is an abort. It panics when the set ends before it does. Who awaits it in the task that drives
  // the set does so inside of run_until(): beside it, in another branch of that task, each poll would ask for the next.
  template <class... Args>
  local_relay<spawned_output<Args...>> local(Args&&... args) {
    return make_local(*tasks_, {}, std::forward<Args>(args)...).awaited(true);
  }

  // What `future` gives; it and the tasks take turns. The others stay in the set when it is ready, or dropped. It
  // shares the budget of whoever polls it; each task has its own. Cancel safe when the future is.
  template <pollable F>
  local_run<F> run_until(F future);
  // Awaited itself, the set is ready when it has no task any more. Cancel safe.
  tokio::poll<void> poll(context& cx) {
    const auto mine = tasks_;  // a task may be the one that ends the set
    drive(*mine, mine->awaited(), policy_, cx);
    if (mine->len() != 0) return pending;
    mine->leave(mine->awaited());
    return ready();
  }
  // run_until() on whatever has a block_on(future), for example a runtime.
  template <class Runtime, pollable F>
  output_of<F> block_on(Runtime& on, F future) {
    return on.block_on(run_until(std::move(future)));
  }

  // Until the end of the scope spawn_local() on this thread means this set.
  [[nodiscard]] local_link enter() noexcept { return local_link(*tasks_, local_set_entered); }

  local_set_id id() const noexcept { return {reinterpret_cast<std::uintptr_t>(tasks_.get())}; }
  std::size_t len() const noexcept { return tasks_->len(); }
  // Panics once the set has a task, or was polled.
  local_set& unhandled_panic(panic_policy policy, call_site at = call_site::current()) {
    if (tasks_->was_used()) panic("local_set: what a panic does is said before its first task and its first poll", at);
    policy_ = policy;
    return *this;
  }

 private:
  template <pollable F>
  friend class local_run;

  static void drive(local_tasks& tasks, local_driver& by, panic_policy policy, context& cx) {
    tasks.turn(cx, by);
    if (policy == panic_policy::ignore || !tasks.has_failed()) return;
    tasks.close();
    panic("a task of this local_set panicked, which ends all of them (panic_policy::shut_down)");
  }

  std::shared_ptr<local_tasks> tasks_;
  panic_policy policy_ = panic_policy::ignore;
};

template <pollable F>
class [[nodiscard]] local_run {
 public:
  using output = output_of<F>;
  local_run(const local_set& set, F future)
      : tasks_(set.tasks_), policy_(set.policy_), future_(std::in_place, std::move(future)) {}
  local_run(local_run&&) = default;
  local_run& operator=(local_run&&) = delete;
  ~local_run() {
    if (!tasks_) return;
    const local_link scope(*tasks_, local_set_runs);
    future_.reset();
  }

  tokio::poll<output> poll(context& cx) {
    tasks_->leave(driver_);  // which is awake: what its future makes ready is polled by the turn below
    auto polled = poll_future(cx);
    if (polled.is_pending()) local_set::drive(*tasks_, driver_, policy_, cx);
    return polled;
  }

 private:
  tokio::poll<output> poll_future(context& cx) {
    const local_link scope(*tasks_, local_set_runs);
    return future_->poll(cx);
  }

  std::shared_ptr<local_tasks> tasks_;
  local_driver driver_;
  local_set::panic_policy policy_;
  std::optional<F> future_;
};

template <pollable F>
local_run<F> local_set::run_until(F future) {
  return local_run<F>(*this, std::move(future));
}

// The tasks of the set that runs here or was entered.
inline local_tasks& current_local_tasks(const call_site& at) {
  auto* found = innermost_local([](const void* key) { return key == &local_set_runs || key == &local_set_entered; });
  if (!found) panic("spawn_local() needs a local_set: run_until(), one of its tasks, or enter()", at);
  return *static_cast<local_tasks*>(found);
}

// A new task of the set that runs here. Panics outside of one.
template <task_name Name = "", class F>
auto spawn_local(F&& future, call_site at = call_site::current()) {
  return spawn_from<Name>(at, make_local(current_local_tasks(at), at, std::forward<F>(future)));
}
template <task_name Name = "", class Fn, class First, class... Args>
auto spawn_local(Fn&& fn, First&& first, Args&&... args) {
  return spawn_from<Name>({}, make_local(current_local_tasks({}), {}, std::forward<Fn>(fn), std::forward<First>(first),
                                         std::forward<Args>(args)...));
}

}  // namespace tokio
