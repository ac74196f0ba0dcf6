// The SDK's words under the explorer: their policy, with wakers that set an event of the model.
// Threads: the fibers of one execution.
#pragma once
#include "explorer/model_policy.hpp"
#include "tokio/sync/policy.hpp"
#include "tokio/task/context.hpp"

namespace tokiod::model {

// A thread that waits, as block_on() does: parked on its event until its waker is used. It must not be woken when it is
// gone (a task may; a primitive does not know which it has). Two of them differ in both halves of their wakers.
class sync_task {
 public:
  explicit sync_task(std::uint64_t generation = 1) : name_(generation), generation_(generation) {}
  tokio::waker waker() { return tokio::waker(tokio_waker{reinterpret_cast<tokio_task*>(this), name_}); }
  void park() { event_.wait(); }
  static void wake(const tokio::waker& who) {
    auto* task = reinterpret_cast<sync_task*>(who.raw().task);
    check(task->generation_.load(std::memory_order_relaxed) == who.raw().generation, "a torn waker is used");
    task->event_.set();
  }

  // Polls a real future to its end.
  template <class F>
  auto run(F&& future) {
    std::int32_t budget = 0;
    tokio_cx raw{};
    raw.size = sizeof raw;
    raw.budget = &budget;
    raw.waker = waker().raw();
    raw.flags = TOKIO_CX_UNBUDGETED;
    while (true) {
      tokio::context cx(&raw);
      auto outcome = future.poll(cx);
      if (outcome.is_ready()) return std::move(outcome).value();
      park();
    }
  }

 private:
  event event_;
  const std::uint64_t name_;
  atomic<std::uint64_t> generation_;  // the explorer tells when it is used after its end
};

struct sync_policy {
  template <class T>
  using atomic = model::atomic<T>;
  template <class T>
  using cell = model::cell<T>;
  using mutex = model::mutex;
  using shared_mutex = model::shared_mutex;
  class guarded {
   public:
    void touch() { used_.set(0); }

   private:
    cell<int> used_{0};
  };
  static void wake(const tokio::waker& who) {
    if (who) sync_task::wake(who);
  }
  static void spin() { execution::current().yield(); }
  static void wait(unsigned&) { execution::current().yield(); }
  static constexpr std::uint32_t block_slots = 2;
  // Nobody listens: what is told is no part of any protocol.
  struct resource {
    explicit resource(tokio::sync::resource_type, const tokio::call_site& = {}, std::uint64_t = 0) {}
    static constexpr std::uint64_t id() { return 0; }
    static constexpr bool seen() { return false; }
    static void poll_begins() {}
    static void polled(bool) {}
    static void give_up() {}
    template <class... What>
    static void set(const What&...) {}
    template <class... What>
    static void add(const What&...) {}
    template <class... What>
    static void subtract(const What&...) {}
  };
  using resource_of_one = resource;
  struct operation {
    static void poll_begins() {}
    static constexpr bool wanted() { return false; }
    static void polled(const resource&, bool) {}
    static void end() {}
  };
  using wait_name = operation;
};

// A value whose every copy, move and use is an access that can race, and that is a leak when it is not destroyed.
struct sync_value {
  explicit sync_value(int v) : value(v) {}
  sync_value(const sync_value& other) : value(other.value.get()) {}
  sync_value(sync_value&& other) : value(other.value.get()) { other.value.set(0); }
  cell<int> value;
  atomic<bool> alive{true};
};

}  // namespace tokiod::model
