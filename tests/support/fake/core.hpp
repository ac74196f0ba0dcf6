// What the parts of a fake daemon share: one lock, and the switches that make work slow or wrong.
// Threads: any; guarded.
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace tokiod::test {

class fake_core {
 public:
  void hold_operations() {
    change([&] { held_ = true; });
  }
  void release_operations() {
    change([&] { held_ = false; });
    changed_.notify_all();
  }
  void wait_for_operation() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return operations_ > 0; });
  }
  void fail_plugin_work(refusal why) {
    change([&] { failure_ = std::move(why); });
  }

  // The next call of that function throws.
  void run_out_of_memory_in(std::string function) {
    change([&] { throws_in_ = std::move(function); });
  }

 protected:
  template <class Change>
  void change(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }

  outcome<void> work(const std::function<bool()>& given_up = nullptr) {
    std::unique_lock lock(mutex_);
    throw_if_told("work");
    ++operations_;
    changed_.notify_all();
    while (held_ && !(given_up && given_up())) changed_.wait_for(lock, std::chrono::milliseconds(1));
    if (held_) return refuse(kind::cancelled, "given up");
    if (failure_) return std::unexpected(*failure_);
    return {};
  }

  void throw_if_told(std::string_view function) const {
    if (throws_in_ != function) return;
    throws_in_.clear();
    throw std::bad_alloc();
  }

  mutable std::mutex mutex_;  // for what all parts hold
  std::condition_variable changed_;

 private:
  mutable std::string throws_in_;
  bool held_ = false;
  int operations_ = 0;
  std::optional<refusal> failure_;
};

}  // namespace tokiod::test
