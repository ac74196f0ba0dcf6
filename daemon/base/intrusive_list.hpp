// A doubly linked list whose links live in the elements: no allocation, O(1) removal from the middle.
// Invariant: an element is on at most one list per link; it is not moved and not destroyed while it is on one.
// Threads:   one at a time, or under the lock of whoever owns the list.
#pragma once
#include <utility>

#include "base/assert.hpp"

namespace tokiod {

// Derive from list_node<Tag> once per list an element may be on at the same time.
template <class Tag = void>
class list_node {
 public:
  list_node() = default;
  list_node(const list_node&) = delete;
  list_node& operator=(const list_node&) = delete;
  ~list_node() { TOKIOD_DEBUG_ASSERT(!linked()); }

  [[nodiscard]] bool linked() const { return next_ != nullptr; }

 private:
  template <class, class>
  friend class intrusive_list;

  list_node* prev_ = nullptr;
  list_node* next_ = nullptr;
};

template <class T, class Tag = void>
class intrusive_list {
  using node = list_node<Tag>;

 public:
  intrusive_list() { reset(); }
  intrusive_list(const intrusive_list&) = delete;
  intrusive_list& operator=(const intrusive_list&) = delete;
  ~intrusive_list() {
    TOKIOD_DEBUG_ASSERT(empty());
    root_.prev_ = root_.next_ = nullptr;
  }

  [[nodiscard]] bool empty() const { return root_.next_ == &root_; }
  [[nodiscard]] T* front() { return empty() ? nullptr : element(root_.next_); }

  void push_back(T& item) { insert_before(root_, item); }
  void push_front(T& item) { insert_before(*root_.next_, item); }

  static void remove(T& item) {
    node& gone = item;
    TOKIOD_DEBUG_ASSERT(gone.linked());
    gone.prev_->next_ = gone.next_;
    gone.next_->prev_ = gone.prev_;
    gone.prev_ = gone.next_ = nullptr;
  }

  [[nodiscard]] T* pop_front() {
    T* first = front();
    if (first != nullptr) remove(*first);
    return first;
  }

  // Everything `other` holds comes behind what is here; `other` is empty afterwards.
  void append(intrusive_list& other) {
    if (other.empty()) return;
    other.root_.next_->prev_ = root_.prev_;
    root_.prev_->next_ = other.root_.next_;
    other.root_.prev_->next_ = &root_;
    root_.prev_ = other.root_.prev_;
    other.reset();
  }

  // The element behind `item`, null at the end. Read it before removing `item`.
  [[nodiscard]] T* next(T& item) {
    node* after = static_cast<node&>(item).next_;
    return after == &root_ ? nullptr : element(after);
  }

 private:
  void reset() { root_.prev_ = root_.next_ = &root_; }

  static T* element(node* link) { return static_cast<T*>(link); }

  static void insert_before(node& place, T& item) {
    node& fresh = item;
    TOKIOD_DEBUG_ASSERT(!fresh.linked());
    fresh.prev_ = place.prev_;
    fresh.next_ = &place;
    place.prev_->next_ = &fresh;
    place.prev_ = &fresh;
  }

  node root_;
};

}  // namespace tokiod
