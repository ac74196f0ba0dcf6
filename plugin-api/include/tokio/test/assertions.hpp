// Assertions on polls and results, for any test framework: they throw `assertion_failed`, whose text begins with the
// place of the call. Answers to the macros of tokio_test.
//   test::hand_poll waits(notify.notified());  test::assert_pending(waits.poll());
//   int value = test::assert_ready_ok(receiving.poll());
// Threads: [any].
#pragma once

#include <chrono>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

#include "tokio/core/poll.hpp"
#include "tokio/time/instant.hpp"

namespace tokio::test {

class assertion_failed : public std::logic_error {
 public:
  assertion_failed(const char* fact, const std::source_location& at)
      : std::logic_error(std::string(at.file_name()) + ":" + std::to_string(at.line()) + ": " + fact) {}
};

inline void assert_that(bool fact, const char* otherwise, const std::source_location& at) {
  if (!fact) throw assertion_failed(otherwise, at);
}

// The value.
template <class T>
T assert_ready(poll<T> polled, std::source_location at = std::source_location::current()) {
  assert_that(polled.is_ready(), "the poll is pending, and must be ready", at);
  return std::move(polled).value();
}
template <class T>
void assert_pending(const poll<T>& polled, std::source_location at = std::source_location::current()) {
  assert_that(polled.is_pending(), "the poll is ready, and must be pending", at);
}
template <class T, class U>
void assert_ready_eq(poll<T> polled, const U& expected, std::source_location at = std::source_location::current()) {
  assert_that(assert_ready(std::move(polled), at) == expected, "the poll is ready with another value", at);
}

// Of a std::expected: the value, or the error.
template <class E>
auto assert_ok(E result, std::source_location at = std::source_location::current()) -> E::value_type {
  assert_that(result.has_value(), "the result is an error, and must be a value", at);
  if constexpr (!std::is_void_v<typename E::value_type>) return *std::move(result);
}
template <class E>
auto assert_err(E result, std::source_location at = std::source_location::current()) -> E::error_type {
  assert_that(!result.has_value(), "the result is a value, and must be an error", at);
  return std::move(result.error());
}
template <class E>
auto assert_ready_ok(poll<E> polled, std::source_location at = std::source_location::current()) {
  return assert_ok(assert_ready(std::move(polled), at), at);
}
template <class E>
auto assert_ready_err(poll<E> polled, std::source_location at = std::source_location::current()) {
  return assert_err(assert_ready(std::move(polled), at), at);
}

// So much time has passed since `start`, a millisecond more or less.
inline void assert_elapsed(time::instant start, time::duration expected,
                           std::source_location at = std::source_location::current()) {
  constexpr time::duration tolerance = std::chrono::milliseconds(1);
  const auto passed = start.elapsed();
  assert_that(passed + tolerance >= expected, "less time has passed than must have", at);
  assert_that(passed <= expected + tolerance, "more time has passed than must have", at);
}

}  // namespace tokio::test
