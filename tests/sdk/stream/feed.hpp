// A stream for tests: what the test puts into it comes out, and it counts its polls.
// Threads: one test at a time.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "tokio/stream/stream.hpp"

namespace sdk_test {

template <class T>
class feed : public tokio::stream::methods<feed<T>> {
  struct shared {
    std::deque<T> items;
    bool ended = false;
    int polls = 0;
    tokio::waker waits;
  };

 public:
  using item = T;

  tokio::stream::next_poll<T> poll_next(tokio::context& cx) {
    ++of_->polls;
    if (!of_->items.empty()) {
      std::optional<T> one(std::move(of_->items.front()));
      of_->items.pop_front();
      return one;
    }
    if (of_->ended) return std::optional<T>();
    of_->waits = cx.waker();
    return tokio::pending;
  }

  // The side of the test; valid after the stream was moved.
  class source {
   public:
    explicit source(std::shared_ptr<shared> of) : of_(std::move(of)) {}
    void put(T one) const {
      of_->items.push_back(std::move(one));
      of_->waits.wake();
    }
    void end() const {
      of_->ended = true;
      of_->waits.wake();
    }
    int polls() const { return of_->polls; }
    std::size_t left() const { return of_->items.size(); }
    bool is_gone() const { return of_.use_count() == 1; }

   private:
    std::shared_ptr<shared> of_;
  };
  source from() const { return source(of_); }

 private:
  std::shared_ptr<shared> of_ = std::make_shared<shared>();
};

}  // namespace sdk_test
