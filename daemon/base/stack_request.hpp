// A question to another thread that answers it in a signal handler: whether it was asked, is being answered, and is
// answered, in one word. The answer stands beside the word, where whoever has the turn touches it.
// Invariant: the answer is written by the asked thread between a successful begin() and finish(), and touched by the
//            asker otherwise: after answered() was true, or after a successful withdraw(), and until the next ask().
// Threads:   ask, answered, withdraw [one asker at a time]; begin, finish [the asked thread; no locks, so that a signal
//            handler may].
// Model:     tests/model/stack_request_model.cpp
#pragma once
#include <cstdint>

#include "base/policy.hpp"

namespace tokiod {

template <class P>
class basic_stack_request {
 public:
  // False: an earlier question is open still. Release pairs with begin(): the asker has done with the last answer.
  [[nodiscard]] bool ask() {
    // Acquire pairs with finish(): an answer that came too late for its question is complete, and may be overwritten.
    const std::uint32_t now = state_.load(acquire);
    if (now == asked || now == answering) return false;
    state_.store(asked, release);
    return true;
  }
  // Acquire pairs with finish(): the answer is there to read.
  [[nodiscard]] bool answered() const { return state_.load(acquire) == done; }
  // True: no answer will come. False: it is being written, or is there.
  [[nodiscard]] bool withdraw() {
    std::uint32_t now = asked;
    return state_.compare_exchange_strong(now, idle, relaxed, relaxed);
  }

  // Acquire pairs with ask(). False: nobody asks, or not any more.
  [[nodiscard]] bool begin() {
    std::uint32_t now = asked;
    return state_.compare_exchange_strong(now, answering, acquire, relaxed);
  }
  void finish() { state_.store(done, release); }  // publishes the answer; pairs with answered()

 private:
  static constexpr std::uint32_t idle = 0, asked = 1, answering = 2, done = 3;
  typename P::template atomic<std::uint32_t> state_{idle};
};

}  // namespace tokiod
