// The nodes behind cancellation tokens: cancels against waits, children that are made or left meanwhile, and the last
// token of each node.
#include "tokio/task/cancel_tree.hpp"

#include <doctest/doctest.h>

#include "explorer/expect.hpp"
#include "sync_policy.hpp"

using namespace tokiod::model;
using tokiod::acquire;
using tokiod::relaxed;
using tokiod::release;

namespace {

using node = tokio::basic_cancel_node<sync_policy>;

// What a future of cancelled() does: stands in line until it is woken, and leaves the line at its end.
void wait_for_cancel(node& of) {
  sync_task task;
  tokio::cancel_waiter waiter;
  while (of.wait(waiter, task.waker())) task.park();
  of.forget(waiter);
}

struct token {
  explicit token(node* counted) : at(counted) {}
  token(const token&) = delete;
  ~token() { at->release(); }
  node* operator->() const { return at; }
  node* at;
};

void cancel_publishes() {
  const token root(node::make_root());
  cell<int> note{0};
  thread waits([&] {
    wait_for_cancel(*root.at);
    check(note.get() == 1, "what came before the cancel is missing");
  });
  note.set(1);
  root->cancel();
  waits.join();
}

// Who only looks sees it, too.
void a_look_sees() {
  const token root(node::make_root());
  cell<int> note{0};
  thread cancels([&] {
    note.set(1);
    root->cancel();
  });
  if (root->cancelled()) check(note.get() == 1, "what came before the cancel is missing");
  cancels.join();
}

// The wait is given up while the cancel comes: the waiter is gone afterwards, and nobody touches it.
void give_up_against_cancel() {
  const token root(node::make_root());
  thread cancels([&] { root->cancel(); });
  sync_task task;
  {
    tokio::cancel_waiter waiter;
    (void)root->wait(waiter, task.waker());
    root->forget(waiter);
  }
  cancels.join();
  check(root->cancelled(), "a cancel is lost");
}

void child_against_cancel() {
  const token root(node::make_root());
  thread cancels([&] { root->cancel(); });
  const token child(root->make_child());
  const token grandchild(child->make_child());
  wait_for_cancel(*grandchild.at);
  check(child->cancelled(), "a child is not cancelled with its parent");
  cancels.join();
}

// The node in the middle goes: its child is its grandparent's from then on.
void middle_leaves_against_cancel() {
  const token root(node::make_root());
  node* middle = root->make_child();
  const token child(middle->make_child());
  const token sibling(middle->make_child());
  thread leaves([&] { middle->release(); });
  thread cancels([&] { root->cancel(); });
  wait_for_cancel(*child.at);
  wait_for_cancel(*sibling.at);
  leaves.join();
  cancels.join();
}

void child_is_cancelled_alone() {
  const token root(node::make_root());
  const token child(root->make_child());
  thread cancels([&] { child->cancel(); });
  wait_for_cancel(*child.at);
  cancels.join();
  check(!root->cancelled(), "a parent is cancelled with its child");
}

// Two cancel at once, one of them from below: whoever comes back has everything below it cancelled.
void two_cancels(bool from_below) {
  const token root(node::make_root());
  const token middle(root->make_child());
  const token leaf(middle->make_child());
  thread other([&] { root->cancel(); });
  const token& mine = from_below ? middle : root;
  mine->cancel();
  check(leaf->cancelled(), "a cancel returns and a child is not cancelled");
  other.join();
}

// The last token of a node may be any, and so may the last node of a tree.
void last_tokens() {
  node* root = node::make_root();
  node* child = root->make_child();
  root->hold();
  cell<int> note{0};
  const auto last = [&](node* of) {
    (void)of->cancelled();
    of->release();
  };
  thread one([&] { last(root); });
  thread two([&] { last(child); });
  last(root);
  one.join();
  two.join();
}

// Tokens are copied on both sides while children are made.
void copies_and_children() {
  node* root = node::make_root();
  const auto copy = [&] {
    root->hold();
    root->make_child()->release();
    root->release();
  };
  thread other(copy);
  copy();
  other.join();
  root->release();
}

using change = mutant::change;

}  // namespace

TEST_CASE("a cancel wakes who waits, and publishes what came before") { passes(cancel_publishes); }
TEST_CASE("a look at a cancelled token sees what came before the cancel") { passes(a_look_sees); }
TEST_CASE("a wait that is given up while the cancel comes is not touched afterwards") {
  passes(give_up_against_cancel);
}
TEST_CASE("a child that is made while its parent is cancelled is cancelled too") { passes(child_against_cancel); }
TEST_CASE("a node that leaves hands its children to its parent") { passes(middle_leaves_against_cancel); }
TEST_CASE("a child is cancelled without its parent") { passes(child_is_cancelled_alone); }
TEST_CASE("a cancel that returns has cancelled everything below, whoever did it") {
  for (const bool from_below : {false, true}) passes([from_below] { two_cancels(from_below); });
}
TEST_CASE("the last token frees the node, and the last node the tree") { passes(last_tokens); }

TEST_CASE("tokens and nodes are counted from both sides") { passes(copies_and_children); }

TEST_CASE("mutants of the tree are caught") {
  catches({change::weaken, "cancel_subtree", "store"}, a_look_sees);
  catches({change::weaken, "cancelled", "load"}, a_look_sees);
  catches({change::drop_write, "cancel_subtree", "store"}, cancel_publishes);
  catches({change::blind, "cancelled", "load"}, cancel_publishes);
  catches({change::drop_write, "make_child", "store"}, child_against_cancel);
  catches({change::weaken, "release", "fetch_sub"}, last_tokens);
  catches({change::split, "release", "fetch_sub"}, last_tokens);
  catches({change::drop_write, "release", "fetch_sub"}, last_tokens);
  catches({change::split, "hold", "fetch_add"}, copies_and_children);
  catches({change::split, "make_child", "fetch_add"}, copies_and_children);
  catches({change::unlocked, "lock_scope", "lock"}, middle_leaves_against_cancel);
}
