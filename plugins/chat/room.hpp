// The room: everybody's lines go to everybody through one broadcast channel; names are taken while their owner is here.
// Invariant: a name is in names_ exactly while one member object holds it.
// Threads:   any; the lock is held for a look only.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "tokio/sync.hpp"

namespace chat {

// A line as it is sent, and by whom, so that nobody hears himself.
struct line {
  std::uint64_t from;
  std::string text;
};
using shared_line = std::shared_ptr<const line>;

class room {
 public:
  explicit room(std::size_t history_lines)
      : lines_(tokio::sync::broadcast::channel<shared_line>(history_lines).first) {}

  // False: the name is taken.
  bool enter(std::string_view name) {
    const std::lock_guard hold(lock_);
    return names_.emplace(name).second;
  }
  void leave(std::string_view name) {
    const std::lock_guard hold(lock_);
    names_.erase(names_.find(name));
  }
  std::uint64_t next_id() {
    const std::lock_guard hold(lock_);
    return ++last_id_;
  }
  void say(std::uint64_t from, std::string text) {
    (void)lines_.send(std::make_shared<const line>(line{from, std::move(text)}));  // nobody listening is no fault
  }
  auto listen() { return lines_.subscribe(); }

 private:
  tokio::sync::broadcast::sender<shared_line> lines_;
  std::mutex lock_;
  std::set<std::string, std::less<>> names_;
  std::uint64_t last_id_ = 0;
};

}  // namespace chat
