// Polls one future by hand: poll(), is_woken(). The waker is a real one of the fake host, the loop never polls it.
// Answers to tokio_test::task::Spawn; a waker's references cannot be counted here, because it holds none.
//   test::hand_poll waiting(notify.notified()); CHECK(waiting.poll().is_pending()); notify.notify_one();
//   CHECK(waiting.is_woken());
// Threads: the one that made the fake host.
#pragma once

#include "tokio/task/awaitable.hpp"
#include "tokio/test/fake_host.hpp"

namespace tokio::test {

template <pollable F>
class hand_poll {
 public:
  using output = output_of<F>;
  explicit hand_poll(F future) : future_(std::in_place, std::move(future)) { enroll(); }
  // Builds the future in place: hand_poll<sleep>(std::in_place, args...).
  template <class... Args>
  explicit hand_poll(std::in_place_t, Args&&... args) : future_(std::in_place, std::forward<Args>(args)...) {
    enroll();
  }
  ~hand_poll() {
    drop();
    fake_core::of(task_).core->free(fake_core::of(task_));
  }
  hand_poll(const hand_poll&) = delete;
  hand_poll& operator=(const hand_poll&) = delete;

  tokio::poll<output> poll(call_site at = call_site::current()) {
    return poll_with_budget(fake_core::of(task_).core->budget, at);
  }
  tokio::poll<output> poll_with_budget(std::int32_t budget, call_site at = call_site::current()) {
    return blaming(at, [&] { return enter([](F& future, context& cx) { return future.poll(cx); }, budget); });
  }
  // Polls it as long as each poll wakes it for another one. Panics when that does not end.
  tokio::poll<output> poll_until_idle(call_site at = call_site::current()) {
    for (int round = 0; round < most_rounds; ++round) {
      auto polled = poll(at);
      if (polled.is_ready() || !is_woken()) return polled;
    }
    panic("poll_until_idle: the future has woken itself in each of 150 polls", at);
  }
  // What a poll does, but with `fn(future, cx)` instead of the future's own poll().
  template <class Fn>
  auto enter(Fn fn) {
    return enter(std::move(fn), fake_core::of(task_).core->budget);
  }
  template <class Fn>
  auto enter(Fn fn, std::int32_t budget) {
    auto& task = fake_core::of(task_);
    tokio_cx raw;
    task.core->make_cx(task, &budget, &raw);
    thread_state before = this_thread;
    this_thread = {task.owner, &raw, {}, nullptr};
    struct restore {
      thread_state before;
      ~restore() { this_thread = before; }
    } after{before};
    task.begin_poll(task.core->now_ns);
    struct settle {
      fake_task& task;
      context cx;
      const std::int32_t& budget;
      std::int32_t& left;
      ~settle() {
        if (cx.yielded()) task.core->wake(fake_core::key_of(task));
        task.running = false;
        left = budget;
      }
    } now{task, context(&raw), budget, budget_left_};
    return fn(*future_, now.cx);
  }
  // Woken since the last poll began.
  bool is_woken() const { return fake_core::of(task_).woken; }
  std::uint64_t wakes() const { return fake_core::of(task_).wakes; }
  std::int32_t budget_left() const { return budget_left_; }
  F& future() { return *future_; }
  F into_inner() && { return *std::move(future_); }
  // Destroys the future; the hand stays.
  void drop() { future_.reset(); }

 private:
  static constexpr int most_rounds = 150;

  void enroll() {
    if (!fake_core::current) fake_misuse("hand_poll needs a fake_host");
    auto& core = *fake_core::current;
    if (core.alloc(this_thread.instance, 1, 16, &task_) != TOKIO_OK) fake_misuse("hand_poll: no memory");
    fake_core::of(task_).by_hand = true;
  }

  std::optional<F> future_;
  tokio_task* task_ = nullptr;
  std::int32_t budget_left_ = 0;
};
template <class F>
hand_poll(F) -> hand_poll<F>;

}  // namespace tokio::test
