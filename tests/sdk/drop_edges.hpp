// What "cancel safe" means, as a test: an operation is dropped at every edge between two polls at which one can be
// dropped, and what it waited for is still there for the next one, which may stand in line already.
// An operation is described by a type that is made anew for each edge:
//   auto begin();               the operation
//   void give();                makes it ready: sends a message, gives a permit, lets time pass
//   void has(value);            checks that `value` is what give() gave; has() for an operation that gives none
//   void after();               optional: checks what is left when all is over
// Invariant: no edge knows what a future does in its polls; a future that is ready without budget is not dropped.
// Threads: one test at a time.
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "tokio/test/hand_poll.hpp"

namespace sdk_test {

// Where it is dropped. From `given` on, what it waits for came before that.
enum class edge { unpolled, without_budget, waits, waits_again, given_unpolled, given, given_without_budget };
inline constexpr std::array<std::pair<edge, const char*>, 7> all_edges{{
    {edge::unpolled, "before its first poll"},
    {edge::without_budget, "after a poll without budget"},
    {edge::waits, "after a poll that found nothing"},
    {edge::waits_again, "after two polls that found nothing"},
    {edge::given_unpolled, "before its first poll, which would have found it"},
    {edge::given, "woken, and not polled again"},
    {edge::given_without_budget, "woken, and polled again without budget"},
}};

inline tokio::test::fake_host& fake() { return static_cast<tokio::test::fake_host&>(*tokio::test::fake_core::current); }

template <class Operation, class F>
bool collects(Operation& of, tokio::test::hand_poll<F>& waits,
              std::int32_t budget = tokio::test::fake_core::current->budget) {
  auto polled = waits.poll_with_budget(budget);
  if (polled.is_pending()) return false;
  if constexpr (std::is_void_v<typename F::output>)
    of.has();
  else
    of.has(std::move(polled).value());
  return true;
}

// The same, with all that the host has to do for it in between, as long as that wakes it.
template <class Operation, class F>
bool collects_at_last(Operation& of, tokio::test::hand_poll<F>& waits) {
  for (int polls = 0; polls < 8; ++polls) {
    if (collects(of, waits)) return true;
    fake().run_until_stalled();
    if (!waits.is_woken()) return false;
  }
  return false;
}

// Brings `first` to the edge. False: it was ready, and has what was given.
template <class Operation, class F, class Then>
bool bring_to(edge at, Operation& of, tokio::test::hand_poll<F>& first, Then stand_in_line) {
  const bool waits =
      at == edge::waits || at == edge::waits_again || at == edge::given || at == edge::given_without_budget;
  if (waits) REQUIRE(first.poll().is_pending());
  if (at == edge::waits_again) REQUIRE(first.poll().is_pending());
  if (at == edge::without_budget) REQUIRE(first.poll_with_budget(0).is_pending());
  stand_in_line();
  if (at >= edge::given_unpolled) of.give();
  return at != edge::given_without_budget || !collects(of, first, 0);
}

// One that comes after it has what was given.
template <class Operation>
void drop_and_begin_anew(edge at) {
  tokio::test::fake_host host;
  Operation of;
  std::optional<tokio::test::hand_poll<decltype(of.begin())>> first(std::in_place, of.begin());
  if (bring_to(at, of, *first, [] {})) {
    first.reset();
    if (at < edge::given_unpolled) of.give();
    tokio::test::hand_poll next(of.begin());
    CHECK(collects_at_last(of, next));
  }
  first.reset();
  if constexpr (requires { of.after(); }) of.after();
}

// One that waits behind it is woken, and has what was given.
template <class Operation>
void drop_in_front(edge at) {
  tokio::test::fake_host host;
  Operation of;
  using future = decltype(of.begin());
  std::optional<tokio::test::hand_poll<future>> first(std::in_place, of.begin());
  {
    tokio::test::hand_poll<future> second(of.begin());
    if (bring_to(at, of, *first, [&] { REQUIRE(second.poll().is_pending()); })) {
      first.reset();
      if (at < edge::given_unpolled) of.give();
      CHECK(second.is_woken());
      CHECK(collects_at_last(of, second));
    }
  }
  first.reset();
  if constexpr (requires { of.after(); }) of.after();
}

template <class Operation>
void nothing_is_lost_wherever_it_is_dropped() {
  INFO(std::string(std::source_location::current().function_name()));  // which operation
  for (const auto& [at, where] : all_edges) {
    INFO(std::string(where));
    drop_and_begin_anew<Operation>(at);
    drop_in_front<Operation>(at);
  }
}

}  // namespace sdk_test
