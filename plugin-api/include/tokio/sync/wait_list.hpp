// The one intrusive list of waiters that all primitives share. A node lives in the awaiting object; whoever destroys
// that object unlinks it first, under the lock of the primitive.
// Invariant: a node is in at most one list, and does not move while it is in one.
// Threads:   all access under the lock of the primitive that owns the list.
#pragma once

#include "tokio/task/waker.hpp"

namespace tokio::sync {

class wait_node {
 public:
  wait_node() noexcept = default;
  // A future may move until its first poll; nothing is linked before.
  wait_node(wait_node&& other) noexcept {
    if (other.linked_) panic("a future was moved after it was polled");
  }
  wait_node& operator=(wait_node&&) = delete;

  waker who;

 private:
  friend class wait_links;
  wait_node* before_ = nullptr;
  wait_node* after_ = nullptr;
  bool linked_ = false;
};

class wait_links {
 public:
  bool empty() const noexcept { return first_ == nullptr; }
  void push_back(wait_node& node) noexcept {
    node.before_ = last_;
    node.after_ = nullptr;
    node.linked_ = true;
    (last_ ? last_->after_ : first_) = &node;
    last_ = &node;
  }
  void remove(wait_node& node) noexcept {
    (node.before_ ? node.before_->after_ : first_) = node.after_;
    (node.after_ ? node.after_->before_ : last_) = node.before_;
    node.linked_ = false;
  }

 protected:
  wait_node* first_ = nullptr;
  wait_node* last_ = nullptr;
};

// Node derives from wait_node.
template <class Node>
class wait_list : public wait_links {
 public:
  Node* front() const noexcept { return static_cast<Node*>(first_); }
  Node* back() const noexcept { return static_cast<Node*>(last_); }
};

}  // namespace tokio::sync
