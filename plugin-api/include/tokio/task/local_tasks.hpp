// internal to task/: what local_set and local_pool are made of, tasks that are polled by whoever drives them and by
// nobody else. Each has a relay, a task of the host: it stands for the local one outside, so that wakers, join handles,
// abort handles and names are the host's, and puts it into the queue when it is woken.
// Invariant: a local task is polled and destroyed only by its driver. It is in the queue at most once; its future is
//            gone before its relay hears that it is over. The relay of a task that is over ends by itself.
//            No task is polled or destroyed while it is already being polled or destroyed. A driver waits only while
//            the queue is empty: each task that enters it wakes all that wait.
// Threads:   turn, leave and close [a driver, one at a time]; the rest [any]. All state is under one lock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "tokio/core/lock.hpp"
#include "tokio/core/slot.hpp"
#include "tokio/sync/park.hpp"
#include "tokio/task/beside.hpp"
#include "tokio/task/local.hpp"
#include "tokio/tracing/local_poll.hpp"

namespace tokio {

class local_tasks;

// One local task, whatever its future is.
class local_entry {
 public:
  local_entry() noexcept = default;
  local_entry(const local_entry&) = delete;
  local_entry& operator=(const local_entry&) = delete;
  virtual ~local_entry() = default;

  // True: it is over. The future is gone then, and the outcome is there.
  virtual bool poll(context& cx) noexcept = 0;
  // Destroys the future; what that throws is the outcome.
  virtual void drop() noexcept = 0;
  virtual void walk(walker& to) const noexcept = 0;
  virtual bool failed() const noexcept = 0;

 private:
  friend class local_tasks;

  // All under the lock of the local_tasks.
  std::shared_ptr<local_entry> self_;  // from its entry until it is over and in no queue
  local_entry* next_ready_ = nullptr;
  local_entry* before_ = nullptr;  // of those that are not over
  local_entry* after_ = nullptr;
  tokio_plugin* instance_ = nullptr;
  tokio_waker relay_{};  // all zeroes before its first poll, and when it is gone
  bool ready_ = false;
  bool running_ = false;   // is being polled or destroyed
  bool again_ = false;     // was woken while it was running
  bool unwanted_ = false;  // is to be destroyed instead of polled
  bool over_ = false;
};

template <class T>
class local_result : public local_entry {
 public:
  bool failed() const noexcept override { return outcome.has_exception(); }
  slot<T> outcome;  // empty: it was cancelled
};

template <class F>
class local_body final : public local_result<output_of<F>> {
  static_assert(std::is_nothrow_destructible_v<F>,
                "spawn_local: the destructor of the future may throw, and nobody could catch it.");

 public:
  template <class... Args>
  explicit local_body(Args&&... args) : future_(std::in_place, std::forward<Args>(args)...) {}

  bool poll(context& cx) noexcept override {
    try {
      auto polled = future_->poll(cx);
      if (polled.is_pending()) return false;
      destroy();
      if constexpr (std::is_void_v<output_of<F>>)
        this->outcome.emplace();
      else
        this->outcome.emplace(std::move(polled).value());
    } catch (...) {
      this->outcome.set_exception(std::current_exception());
      future_.reset();
    }
    return true;
  }
  void drop() noexcept override {
    try {
      destroy();
    } catch (...) {
      this->outcome.set_exception(std::current_exception());
      future_.reset();
    }
  }
  void walk(walker& to) const noexcept override {
    if (future_) to.future(*future_);
  }

 private:
  void destroy() {
    if constexpr (drops_aloud<F>)
      if (future_) future_->drop();
    future_.reset();
  }
  std::optional<F> future_;
};

// One who polls local tasks, such as a run_until() or a scope. While it waits it is in the list of its local_tasks, and
// goes from there when it is woken, polled again, or destroyed: nobody keeps the waker of one that is gone.
class local_driver {
 public:
  local_driver() noexcept = default;
  local_driver(local_driver&&) noexcept {}  // of one that has not waited yet
  local_driver& operator=(local_driver&&) = delete;
  ~local_driver();

 private:
  friend class local_tasks;
  local_tasks* of_ = nullptr;  // since it waited for the first time
  local_driver* next_ = nullptr;
  waker waker_;
};

// While it lives, spawn_local() on this thread means these tasks.
class [[nodiscard]] local_link {
 public:
  local_link(local_tasks& of, const char& how) noexcept
      : link_{&how, &of, static_cast<local_scope_link*>(this_thread.local_scopes)} {
    this_thread.local_scopes = &link_;
  }
  ~local_link() { this_thread.local_scopes = link_.outer; }
  local_link(const local_link&) = delete;
  local_link& operator=(const local_link&) = delete;

 private:
  local_scope_link link_;
};

class local_tasks : public std::enable_shared_from_this<local_tasks> {
 public:
  static constexpr int tasks_per_turn = 61;
  static constexpr std::int32_t budget_of_a_task = 128;

  enum class kind : unsigned char { set, scope };

  explicit local_tasks(kind of = kind::set) noexcept : kind_(of) {}
  // A driver that never came, such as a thread that the host did not give, has not closed them.
  ~local_tasks() {
    close();
    leave(awaited_);
  }
  local_tasks(const local_tasks&) = delete;
  local_tasks& operator=(const local_tasks&) = delete;

  // Those that are not over.
  std::size_t len() const noexcept {
    const lock_scope scope(lock_);
    return count_;
  }
  bool was_used() const noexcept {
    const lock_scope scope(lock_);
    return used_;
  }
  // A task has ended with an exception.
  bool has_failed() const noexcept {
    const lock_scope scope(lock_);
    return failed_;
  }

  // From here on its relay, when it is polled, makes it ready. When all is closed it is over at once.
  void enter(const std::shared_ptr<local_entry>& task, tokio_plugin* instance) noexcept {
    task->instance_ = instance;
    if (link(task)) return;
    task->drop();
    const lock_scope scope(lock_);
    task->over_ = true;
  }
  // What a relay does in each of its polls: true when its task is over.
  bool hear(local_entry& task, context& cx) noexcept {
    const lock_scope scope(lock_);
    if (task.over_) return true;
    task.relay_ = cx.waker().raw();
    task.unwanted_ |= cx.cancelled();  // an abort, also the one with which a host asks all tasks of an instance
    make_ready(task);
    return false;
  }
  // A task was ended though nobody asked it to: the host refused its relay, or destroyed it.
  bool has_lost() const noexcept {
    const lock_scope scope(lock_);
    return lost_;
  }
  // The relay is gone.
  void abandon(local_entry& task) noexcept {
    const lock_scope scope(lock_);
    if (task.over_) return;
    task.relay_ = {};
    lost_ |= !task.unwanted_ && !closed_ && !asked_to_close_;
    task.unwanted_ = true;
    make_ready(task);
  }

  // What those that are not over wait at. [the driver, or while it is kept from polling] Others only enter new ones in
  // front of the first, so the way from there is the driver's.
  void walk(walker& to) const noexcept {
    for (const auto* task = first_alive(); task && !to.full(); task = task->after_) task->walk(to);
  }

  // Polls tasks that are ready. When there are more than belong into one turn, `cx` yields; when there are none, `by`
  // waits: the task of `cx` is woken by the next one.
  void turn(context& cx, local_driver& by) noexcept {
    leave(by);
    for (int n = 0; n < tasks_per_turn; ++n) {
      auto* task = take_ready(by, cx.waker());
      if (!task) return;
      run(*task, cx);
    }
    cx.yield();
  }
  // It does not wait any more: it is being polled, is ready, or goes.
  void leave(local_driver& by) noexcept {
    if (!by.of_) return;
    const lock_scope scope(lock_);
    by.of_ = nullptr;
    auto** at = &first_driver_;
    while (*at && *at != &by) at = &(*at)->next_;
    if (*at) *at = by.next_;
  }
  // The driver of those who await all of them.
  local_driver& awaited() noexcept { return awaited_; }
  // Destroys all tasks, here and now; later ones are over at once.
  void close() noexcept {
    while (auto* task = take_one_to_close()) {
      drop_here(*task);
      end(*task);
    }
    forget_queue();
  }
  // The driver shall close: it is woken, and finds out.
  void ask_to_close() noexcept {
    const lock_scope scope(lock_);
    asked_to_close_ = true;
    wake_drivers();
  }
  bool asked_to_close() const noexcept {
    const lock_scope scope(lock_);
    return asked_to_close_;
  }

 private:
  // This thread works for a task of a set, in whose polls `cx` is not nullptr.
  class on_behalf {
   public:
    on_behalf(local_tasks& of, tokio_plugin* instance, tokio_cx* cx, tokio_waker task) noexcept
        : link_(of.link_of_tasks()), before_(std::exchange(this_thread, thread_state{instance, cx, task, &link_})) {}
    ~on_behalf() { this_thread = before_; }
    on_behalf(const on_behalf&) = delete;
    on_behalf& operator=(const on_behalf&) = delete;

   private:
    local_scope_link link_;
    thread_state before_;
  };

  // What tasks of these see around them. Children of a scope are in no set, or in the one that the scope is in.
  local_scope_link link_of_tasks() noexcept {
    if (kind_ == kind::set) return {&local_set_runs, this, nullptr};
    return {&locals_end, nullptr, static_cast<local_scope_link*>(this_thread.local_scopes)};
  }
  const local_entry* first_alive() const noexcept {
    const lock_scope scope(lock_);
    return first_alive_;
  }
  bool link(const std::shared_ptr<local_entry>& task) noexcept {
    const lock_scope scope(lock_);
    used_ = true;
    if (closed_) return false;
    task->self_ = task;
    task->after_ = first_alive_;
    if (first_alive_) first_alive_->before_ = task.get();
    first_alive_ = task.get();
    ++count_;
    return true;
  }
  void unlink(local_entry& task) noexcept {
    (task.before_ ? task.before_->after_ : first_alive_) = task.after_;
    if (task.after_) task.after_->before_ = task.before_;
    --count_;
  }
  // A parked thread is woken under the lock, as its waker is only good while its driver is here.
  void wake_drivers() noexcept {
    while (first_driver_) {
      const auto& next = *std::exchange(first_driver_, first_driver_->next_);
      sync::wake(next.waker_);
    }
  }
  // One that is running enters the queue after that: another turn, inside of its own, must not find it there.
  void make_ready(local_entry& task) noexcept {
    if (task.running_) task.again_ = true;
    if (task.running_ || std::exchange(task.ready_, true)) return;
    task.next_ready_ = nullptr;
    (last_ready_ ? last_ready_->next_ready_ : first_ready_) = &task;
    last_ready_ = &task;
    wake_drivers();
  }
  // Lets go of those that were woken, and then ended, on its way. Nothing is destroyed under the lock. Of one that is
  // running there is only what was left when the set was closed, and its end lets go of it.
  local_entry* take_ready(local_driver& by, const waker& who) noexcept {
    while (true) {
      std::shared_ptr<local_entry> gone;
      const lock_scope scope(lock_);
      used_ = true;
      auto* task = pop_ready();
      if (!task) return wait(by, who), nullptr;
      if (task->over_)
        gone = std::move(task->self_);
      else if (!std::exchange(task->running_, true))
        return task;
    }
  }
  void wait(local_driver& by, const waker& who) noexcept {
    by.of_ = this;
    by.waker_ = who;
    by.next_ = std::exchange(first_driver_, &by);
  }
  local_entry* pop_ready() noexcept {
    auto* task = first_ready_;
    if (!task) return nullptr;
    first_ready_ = task->next_ready_;
    if (!first_ready_) last_ready_ = nullptr;
    task->ready_ = false;
    return task;
  }
  // Of closed ones nobody takes from the queue any more; it must keep none of those that are over.
  void forget_queue() noexcept {
    while (true) {
      std::shared_ptr<local_entry> gone;
      const lock_scope scope(lock_);
      auto* task = pop_ready();
      if (!task) return;
      if (task->over_) gone = std::move(task->self_);
    }
  }
  local_entry* take_one_to_close() noexcept {
    const lock_scope scope(lock_);
    closed_ = true;
    first_driver_ = nullptr;
    auto* task = first_alive_;
    while (task && task->running_) task = task->after_;  // one that closes its own set ends after its poll
    if (task) task->running_ = true;                     // what its destructor does must not find it here once more
    return task;
  }

  void run(local_entry& task, context& driver) noexcept {
    bool yields = false;
    if (poll_here(task, driver, yields) || dropped_if_unwanted(task)) return end(task);
    const lock_scope scope(lock_);
    task.running_ = false;
    if (std::exchange(task.again_, false) || yields) make_ready(task);
  }
  bool poll_here(local_entry& task, context& driver, bool& yields) noexcept {
    tokio_cx raw = *driver.raw();
    raw.size = std::min<decltype(raw.size)>(raw.size, sizeof raw);  // a newer host's has more than is copied here
    if (!look_before_poll(task, raw.waker)) return false;
    std::int32_t budget = budget_of_a_task;
    raw.budget = &budget;
    raw.flags &= ~std::uint64_t{TOKIO_CX_CANCELLED | TOKIO_CX_UNBUDGETED};
    raw.plugin = task.instance_;
    if (raw.now_ns == 0) raw.now_ns = host.core->now_ns(task.instance_);  // a thread that is no worker has no reading
    const on_behalf scope(*this, task.instance_, &raw, raw.waker);
    tracing::local_poll told(raw.waker);
    context cx(&raw);
    const bool over = task.poll(cx);
    yields = cx.yielded();
    told.again(yields && !over);
    return over;
  }
  bool look_before_poll(const local_entry& task, tokio_waker& relay) const noexcept {
    const lock_scope scope(lock_);
    relay = task.relay_;
    return !task.unwanted_ && !closed_;
  }
  bool dropped_if_unwanted(local_entry& task) noexcept {
    {
      const lock_scope scope(lock_);
      if (!task.unwanted_ && !closed_) return false;
    }
    drop_here(task);
    return true;
  }
  void drop_here(local_entry& task) noexcept {
    const on_behalf scope(*this, task.instance_, nullptr, relay_of(task));
    task.drop();
  }
  tokio_waker relay_of(const local_entry& task) const noexcept {
    const lock_scope scope(lock_);
    return task.relay_;
  }
  void end(local_entry& task) noexcept {
    std::shared_ptr<local_entry> mine;
    tokio_waker relay;
    bool closed = false;
    {
      const lock_scope scope(lock_);
      unlink(task);
      task.over_ = true;
      failed_ |= task.failed();
      relay = task.relay_;
      closed = closed_;
      if (!task.ready_) mine = std::move(task.self_);
    }
    waker(relay).wake();
    if (closed) forget_queue();
  }

  mutable spin_lock lock_;
  local_entry* first_ready_ = nullptr;
  local_entry* last_ready_ = nullptr;
  local_entry* first_alive_ = nullptr;
  std::size_t count_ = 0;
  local_driver* first_driver_ = nullptr;  // of those that wait
  local_driver awaited_;
  bool closed_ = false;
  bool asked_to_close_ = false;
  bool used_ = false;
  bool failed_ = false;
  bool lost_ = false;
  const kind kind_;
};

inline local_driver::~local_driver() {
  if (of_) of_->leave(*this);
}

// The task of the host that stands for a local one.
template <class T>
class [[nodiscard]] local_relay {
 public:
  using output = T;
  static constexpr std::uint32_t task_flags = TOKIO_TF_GRACEFUL | TOKIO_TF_RELAY;

  local_relay(std::shared_ptr<local_tasks> of, std::shared_ptr<local_result<T>> task) noexcept
      : of_(std::move(of)), task_(std::move(task)) {}
  local_relay(local_relay&&) noexcept = default;
  local_relay& operator=(local_relay&&) = delete;
  ~local_relay() {
    if (of_) of_->abandon(*task_);
  }

  tokio::poll<T> poll(context& cx) {
    if (of_ && !of_->hear(*task_, cx)) return pending;
    if (task_->outcome.empty()) {
      if (awaited_ && !cx.cancelled()) panic("a future of a local_set was awaited, and the set ended before it did");
      return cancelled_ = true, pending;
    }
    if constexpr (std::is_void_v<T>)
      return task_->outcome.take(), ready();
    else
      return task_->outcome.take();
  }
  // For who polls it as a plain future, which cannot say that it was cancelled: it panics when the set ends first.
  local_relay awaited(bool plainly) && noexcept {
    awaited_ = plainly;
    return std::move(*this);
  }
  // There will be no value: the task ends as cancelled.
  bool reported_cancelled() const noexcept { return cancelled_; }

 private:
  std::shared_ptr<local_tasks> of_;  // nullptr: they were being destroyed already, and the task is over
  std::shared_ptr<local_result<T>> task_;
  bool awaited_ = false;
  bool cancelled_ = false;
};

// A future among the local tasks, and its relay, which is not spawned yet.
template <class... Args>
local_relay<spawned_output<Args...>> make_local(local_tasks& among, call_site at, Args&&... args) {
  static_assert(spawnable<Args...>,
                "spawn_local takes a task (moved in), or a function and its arguments that together give a task.");
  using body = local_body<typename spawned_future<Args...>::type>;
  auto* instance = current_instance("there is no runtime here: spawn_local() needs an instance", at);
  auto task = std::make_shared<body>(std::forward<Args>(args)...);
  among.enter(task, instance);
  return local_relay<spawned_output<Args...>>(among.weak_from_this().lock(), std::move(task));
}

}  // namespace tokio
