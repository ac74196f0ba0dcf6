// internal to task/: the nodes behind cancellation tokens. A tree has one lock, which guards every link in it; whether
// a node is cancelled can be read without it. Invariant: a node is in the tree exactly while a token names it and it is
// not cancelled; a node that goes leaves its
//            children to its parent. Wakes are made under the lock: they never call back.
// Threads: [any].
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

class cancel_node {
 public:
  static cancel_node* make_root() { return new cancel_node(new tree); }
  // A node under this one; cancelled from the start when this one is.
  cancel_node* make_child() {
    tree_->refs.fetch_add(1, std::memory_order_relaxed);  // this node holds the tree already
    auto* child = new cancel_node(tree_);
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
  void cancel() noexcept {
    if (cancelled()) return;
    lock_scope scope(tree_->lock);
    cancel_subtree();
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
    spin_lock lock;
    std::atomic<std::size_t> refs{1};  // nodes
  };
  explicit cancel_node(tree* owner) noexcept : tree_(owner) {}

  // All of the below under the lock.
  void attach(cancel_node& parent) noexcept {
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
    cancel_node* todo = this;
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
      waker.wake();
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
  std::atomic<std::size_t> tokens_{1};
  std::atomic<bool> cancelled_{false};
  cancel_node* parent_ = nullptr;
  cancel_node* children_ = nullptr;
  cancel_node* sibling_ = nullptr;
  cancel_node** link_ = nullptr;  // what points at this node; nullptr when it has no parent
  cancel_waiter* waiters_ = nullptr;
};

}  // namespace tokio
