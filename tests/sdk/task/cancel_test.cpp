// Cancellation tokens.
#include "tokio/task/cancel.hpp"

#include <doctest/doctest.h>

#include <random>

#include "sdk/task/probe.hpp"

using sdk_test::gate;
using tokio::cancellation_token;
using tokio::task;
using tokio::test::block_on;
using tokio::test::fake_host;
using tokio::test::hand_poll;

TEST_CASE("[SN-11] copies are equal and are cancelled together; others are not") {
  cancellation_token a, b;
  auto copy = a;
  CHECK(copy == a);
  CHECK(copy.hash() == a.hash());
  CHECK_FALSE(a == b);
  copy.cancel();
  CHECK(a.is_cancelled());
  CHECK_FALSE(b.is_cancelled());
}

TEST_CASE("[SN-11] a child is cancelled with its parent, not the other way round") {
  cancellation_token parent;
  auto child = parent.child_token(), sibling = parent.child_token();
  child.cancel();
  CHECK(child.is_cancelled());
  CHECK_FALSE(parent.is_cancelled());
  CHECK_FALSE(sibling.is_cancelled());
  parent.cancel();
  CHECK(sibling.is_cancelled());
  CHECK(parent.child_token().is_cancelled());
}

TEST_CASE("[SN-11] dropping a token in the middle leaves its children to its parent") {
  cancellation_token root;
  std::optional<cancellation_token> middle = root.child_token();
  auto leaf = middle->child_token(), other = middle->child_token();
  middle.reset();
  CHECK_FALSE(leaf.is_cancelled());
  root.cancel();
  CHECK(leaf.is_cancelled());
  CHECK(other.is_cancelled());
}

TEST_CASE("[SN-11] dropping the root cancels nothing") {
  std::optional<cancellation_token> root(std::in_place);
  auto child = root->child_token();
  root.reset();
  CHECK_FALSE(child.is_cancelled());
  auto grandchild = child.child_token();
  child.cancel();
  CHECK(grandchild.is_cancelled());
}

TEST_CASE("[B-082] tokens of a tree may be dropped and cancelled in any order") {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<cancellation_token, int>> tokens;  // with the index of the parent
    std::vector<cancellation_token> kept;
    tokens.emplace_back(cancellation_token(), -1);
    for (int i = 1; i < 12; ++i) {
      auto parent = static_cast<int>(random() % tokens.size());
      tokens.emplace_back(tokens[static_cast<std::size_t>(parent)].first.child_token(), parent);
    }
    auto cancelled = static_cast<int>(random() % tokens.size());
    tokens[static_cast<std::size_t>(cancelled)].first.cancel();
    for (int i = 0; i < 12; ++i) {
      bool below = false;
      for (int at = i; at >= 0; at = tokens[static_cast<std::size_t>(at)].second) below |= at == cancelled;
      CHECK(tokens[static_cast<std::size_t>(i)].first.is_cancelled() == below);
    }
    while (!tokens.empty()) tokens.erase(tokens.begin() + static_cast<long>(random() % tokens.size()));
  }
}

TEST_CASE("[SN-12] cancel wakes everyone who waits, in the whole tree") {
  fake_host host;
  cancellation_token root;
  auto child = root.child_token();
  hand_poll first(root.cancelled()), second(child.cancelled()), third(child.cancelled());
  CHECK(first.poll().is_pending());
  CHECK(second.poll().is_pending());
  CHECK(third.poll().is_pending());
  third.drop();  // cancel safe: nothing is left behind
  root.cancel();
  CHECK(first.is_woken());
  CHECK(second.is_woken());
  CHECK_FALSE(third.is_woken());
  CHECK(first.poll().is_ready());
  CHECK(second.poll().is_ready());
}

TEST_CASE("[SN-12] waiting keeps the token alive, and a poll again updates the waker") {
  fake_host host;
  std::optional<cancellation_token> parent(std::in_place);
  std::optional<cancellation_token> child = parent->child_token();
  hand_poll waiting(child->cancelled());
  CHECK(waiting.poll().is_pending());
  child.reset();
  CHECK(waiting.poll().is_pending());
  CHECK(waiting.wakes() == 0);
  parent->cancel();
  CHECK(waiting.wakes() == 1);
  CHECK(waiting.poll().is_ready());
}

TEST_CASE("[SN-12] being cancelled costs one unit of budget to see") {
  fake_host host;
  cancellation_token token;
  token.cancel();
  hand_poll waiting(token.cancelled());
  CHECK(waiting.poll_with_budget(0).is_pending());
  CHECK(waiting.is_woken());
  CHECK(waiting.poll_with_budget(2).is_ready());
  CHECK(waiting.budget_left() == 1);
}

TEST_CASE("[SN-13] a guard cancels when it goes, unless it is disarmed") {
  cancellation_token token;
  {
    auto disarmed = token.guard(), moved = std::move(disarmed);
    CHECK(std::move(moved).disarm() == token);
  }
  CHECK_FALSE(token.is_cancelled());
  {
    auto guard = token.guard();
  }
  CHECK(token.is_cancelled());
}

TEST_CASE("[SN-14] run_until_cancelled does not poll under a cancelled token") {
  fake_host host;
  cancellation_token token;
  token.cancel();
  gate gate;
  gate.open(1);
  CHECK_FALSE(block_on(token.run_until_cancelled(gate.wait())).has_value());
  CHECK(gate.polls == 0);
}

TEST_CASE("[SN-14] run_until_cancelled prefers the future when both are ready") {
  fake_host host;
  cancellation_token token;
  gate gate;
  hand_poll running(token.run_until_cancelled(gate.wait()));
  CHECK(running.poll().is_pending());
  gate.open(4);
  token.cancel();
  CHECK(running.poll().value() == 4);
  sdk_test::gate other;
  cancellation_token stop;
  hand_poll stopped(stop.run_until_cancelled(other.wait()));
  CHECK(stopped.poll().is_pending());
  stop.cancel();
  CHECK(stopped.is_woken());
  CHECK_FALSE(stopped.poll().value().has_value());
}
