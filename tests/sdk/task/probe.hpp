// Small things that the SDK's task tests share: something that notes its own destruction, a gate opened by hand, and
// plain tasks.
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tokio/task.hpp"
#include "tokio/test.hpp"

namespace sdk_test {

// Writes its name when the last of its moved-from chain is destroyed.
class tracer {
 public:
  tracer(std::vector<std::string>& log, std::string name) : log_(&log), name_(std::move(name)) {}
  tracer(tracer&& other) noexcept : log_(std::exchange(other.log_, nullptr)), name_(std::move(other.name_)) {}
  tracer& operator=(tracer&&) = delete;
  ~tracer() {
    if (log_) log_->push_back(name_);
  }

 private:
  std::vector<std::string>* log_;
  std::string name_;
};

// A leaf that is ready once open() was called; counts its polls.
class gate {
 public:
  class waiting {
   public:
    using output = int;
    explicit waiting(gate& owner) noexcept : owner_(&owner) {}
    tokio::poll<int> poll(tokio::context& cx) {
      ++owner_->polls;
      if (owner_->value_) return *owner_->value_;
      owner_->waker_ = cx.waker();
      return tokio::pending;
    }

   private:
    gate* owner_;
  };
  waiting wait() noexcept { return waiting(*this); }
  void open(int value = 0) {
    value_ = value;
    waker_.wake();
  }
  // A wake without a reason.
  void nudge() const { waker_.wake(); }
  int polls = 0;

 private:
  std::optional<int> value_;
  tokio::waker waker_;
};

// Counts down its moves, each of them, and throws at the one that makes it zero; an exception is thrown once.
struct fragile {
  explicit fragile(int n) noexcept : value(n) {}
  fragile(fragile&& other) : value(other.value) {
    if (left != 0 && --left == 0) throw std::runtime_error("moved");
  }
  fragile& operator=(fragile&&) = delete;
  int value;
  static inline int left = 0;  // 0: none throws
};
inline tokio::task<fragile> give_fragile(int value) { co_return fragile(value); }

// An output that spawns a hundred tasks into a collection of its kind when it is destroyed.
template <template <class> class Collection>
class late_spawner {
 public:
  using collection = Collection<late_spawner>;
  explicit late_spawner(collection* into) noexcept : into_(into) {}
  late_spawner(late_spawner&& other) noexcept : into_(std::exchange(other.into_, nullptr)) {}
  late_spawner& operator=(late_spawner&&) = delete;
  ~late_spawner() {
    if (into_)
      for (int i = 0; i < 100; ++i) into_->spawn(give(nullptr));
  }
  static tokio::task<late_spawner> give(collection* into) { co_return late_spawner(into); }

 private:
  collection* into_;
};

// Tasks that end at once, when a gate opens, and not at all.
inline tokio::task<int> give(int value) { co_return value; }
inline tokio::task<int> after(gate& at) { co_return co_await at.wait(); }
inline tokio::task<int> never() {
  co_await tokio::poll_fn([](tokio::context&) -> tokio::poll<int> { return tokio::pending; });
  co_return 0;
}
// As never(), with something that is destroyed with it.
inline tokio::task<int> hold(std::shared_ptr<int>) { co_return co_await never(); }

}  // namespace sdk_test
