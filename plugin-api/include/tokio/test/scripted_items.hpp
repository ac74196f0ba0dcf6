// A stream that plays a script of items and pauses. Answers to tokio_test::stream_mock.
//   scripted_items<int> numbers(item_script<int>().next(1).wait(5ms).next(2));
// Invariant: the script is followed in order, and after its end there is none. A script that was not played to its end
//            ends the program with a sentence, unless an exception is on its way. A coroutine catches what is thrown in
//            it before its parameters go: a task that may throw holds its script as a local, or gets it by reference.
// Threads: [task].
#pragma once

#include <deque>
#include <exception>
#include <optional>
#include <utility>
#include <variant>

#include "tokio/stream/stream.hpp"
#include "tokio/test/fake_core.hpp"
#include "tokio/time/sleep.hpp"

namespace tokio::test {

template <class T>
class scripted_items;

template <class T>
class item_script {
 public:
  item_script& next(T item) {
    steps_.emplace_back(std::in_place_index<0>, std::move(item));
    return *this;
  }
  // Nothing comes for so long.
  item_script& wait(time::duration span) {
    steps_.emplace_back(std::in_place_index<1>, pause{span});
    return *this;
  }

 private:
  friend class scripted_items<T>;
  struct pause {
    time::duration span;
  };
  std::deque<std::variant<T, pause>> steps_;
};

template <class T>
class scripted_items : public stream::methods<scripted_items<T>> {
 public:
  using item = T;
  explicit scripted_items(item_script<T> plays) noexcept : steps_(std::move(plays.steps_)) {}
  scripted_items(scripted_items&& other) noexcept : steps_(std::exchange(other.steps_, {})) {}
  scripted_items& operator=(scripted_items&&) = delete;
  ~scripted_items() {
    if (!steps_.empty() && std::uncaught_exceptions() == 0)
      fake_misuse("scripted_items were destroyed before their script was played to the end");
  }

  stream::next_poll<T> poll_next(context& cx) {
    while (!steps_.empty()) {
      if (auto* waits = std::get_if<1>(&steps_.front())) {
        if (!pause_) pause_.emplace(time::instant::now() + waits->span);
        if (pause_->poll(cx).is_pending()) return pending;
        pause_.reset();
        steps_.pop_front();
      } else {
        std::optional<T> one(std::get<0>(std::move(steps_.front())));
        steps_.pop_front();
        return one;
      }
    }
    return std::optional<T>();
  }

 private:
  using pause = item_script<T>::pause;
  std::deque<std::variant<T, pause>> steps_;
  std::optional<time::sleep_future> pause_;  // of the first step
};

}  // namespace tokio::test
