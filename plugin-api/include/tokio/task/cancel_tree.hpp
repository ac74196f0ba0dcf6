// internal to task/: the nodes behind cancellation tokens. A tree has one lock, which guards every link in it; whether
// a node is cancelled can be read without it.
// Invariant: a node is in the tree exactly while a token names it and it is not cancelled; a node that goes leaves its
//            children to its parent. Wakes are made under the lock: they never call back.
// Threads: [any].
// Model:   tests/model/cancel_model.cpp
#pragma once

#include <cstddef>

#include "tokio/core/lock.hpp"
#include "tokio/task/waker.hpp"

namespace tokio {

struct cancel_waiter {
  cancel_waiter* next = nullptr;
  cancel_waiter** link = nullptr;  // what points at this one; nullptr when it is in no list
  tokio::waker waker;
};

struct cancel_policy : core_policy {
  using mutex = spin_lock;
  static void wake(const waker& who) noexcept { who.wake(); }
};

template <class P>
class basic_cancel_node {
 public:
  static basic_cancel_node* make_root() { return new basic_cancel_node(new tree); }
  // A node under this one; cancelled from the start when this one is.
  basic_cancel_node* make_child() {
    auto* child = new basic_cancel_node(tree_);
    tree_->refs.fetch_add(1, std::memory_order_relaxed);  // this node holds the tree already
    lock_scope scope(tree_->lock);
    if (cancelled())
      child->cancelled_.store(true, std::memory_order_relaxed);  // not shared yet
    else
      child->attach(*this);
    return child;
  }
  void hold() noexcept { tokens_.fetch_add(1, std::memory_order_relaxed); }  // the caller has a token already
  // acq_rel: what other tokens did happens before the node is freed by the last one.
  void release() noexcept {
    if (tokens_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    auto* shared = tree_;
    {
      lock_scope scope(shared->lock);
      leave();
    }
    delete this;
    if (shared->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) delete shared;  // as above, for the tree
  }

  // acquire: pairs with the release in cancel_subtree; what came before cancel() is seen.
  bool cancelled() const noexcept { return cancelled_.load(std::memory_order_acquire); }
  // Also when it is cancelled already it takes the lock: whoever does it may not be done with the children.
  void cancel() noexcept {
    lock_scope scope(tree_->lock);
    if (!cancelled()) cancel_subtree();
  }
  // False when the node is cancelled, and there is nothing to wait for.
  bool wait(cancel_waiter& waiter, tokio::waker waker) noexcept {
    if (cancelled()) return false;
    lock_scope scope(tree_->lock);
    if (cancelled()) return false;
    waiter.waker = waker;
    if (!waiter.link) insert(waiter);
    return true;
  }
  void forget(cancel_waiter& waiter) noexcept {
    lock_scope scope(tree_->lock);
    if (waiter.link) remove(waiter);
  }

 private:
  struct tree {
    typename P::mutex lock;
    typename P::template atomic<std::size_t> refs{1};  // nodes
  };
  explicit basic_cancel_node(tree* owner) noexcept : tree_(owner) {}

  // All of the below under the lock.
  void attach(basic_cancel_node& parent) noexcept {
    parent_ = &parent;
    sibling_ = parent.children_;
    link_ = &parent.children_;
    if (sibling_) sibling_->link_ = &sibling_;
    parent.children_ = this;
  }
  void detach() noexcept {
    if (!link_) return;
    *link_ = sibling_;
    if (sibling_) sibling_->link_ = link_;
    link_ = nullptr;
    sibling_ = nullptr;
    parent_ = nullptr;
  }
  void leave() noexcept {
    auto* parent = parent_;
    detach();
    while (auto* child = children_) {
      child->detach();
      if (parent) child->attach(*parent);
    }
  }
  // Without recursion: the children of each cancelled node are cut off and put in front of what is left to do.
  void cancel_subtree() noexcept {
    detach();
    basic_cancel_node* todo = this;
    while (todo) {
      auto* node = todo;
      todo = node->sibling_;
      node->sibling_ = nullptr;
      node->link_ = nullptr;
      node->parent_ = nullptr;
      while (auto* child = node->children_) {
        child->detach();
        child->sibling_ = todo;
        todo = child;
      }
      node->cancelled_.store(true, std::memory_order_release);  // publishes what the canceller did before
      node->wake_all();
    }
  }
  void wake_all() noexcept {
    while (auto* waiter = waiters_) {
      auto waker = waiter->waker;
      remove(*waiter);
      P::wake(waker);
    }
  }
  void insert(cancel_waiter& waiter) noexcept {
    waiter.next = waiters_;
    waiter.link = &waiters_;
    if (waiters_) waiters_->link = &waiter.next;
    waiters_ = &waiter;
  }
  static void remove(cancel_waiter& waiter) noexcept {
    *waiter.link = waiter.next;
    if (waiter.next) waiter.next->link = waiter.link;
    waiter.link = nullptr;
  }

  tree* tree_;
  typename P::template atomic<std::size_t> tokens_{1};
  typename P::template atomic<bool> cancelled_{false};
  basic_cancel_node* parent_ = nullptr;
  basic_cancel_node* children_ = nullptr;
  basic_cancel_node* sibling_ = nullptr;
  basic_cancel_node** link_ = nullptr;  // what points at this node; nullptr when it has no parent
  cancel_waiter* waiters_ = nullptr;
};
using cancel_node = basic_cancel_node<cancel_policy>;

}  // namespace tokio
