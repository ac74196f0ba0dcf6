// Waits for something that another thread or process does, by looking again and again, and says what never came.
// Threads: any.
#pragma once
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

namespace tokiod::test {

// True as soon as `holds()` is; false when it is not within `limit`. For a condition with a reason see eventually().
template <class Condition>
bool becomes_true(Condition holds, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// Fails the test with the reason when it does not come to hold.
template <class Condition>
void eventually(const std::string& reason, Condition holds,
                std::chrono::milliseconds limit = std::chrono::seconds(20)) {
  REQUIRE_MESSAGE(becomes_true(holds, limit), "never: ", reason);
}

}  // namespace tokiod::test
