// Publish and subscribe: who listens to which channel or pattern.
// Invariant: a subscriber is in the hub exactly for what its own subscription sets name.
// Threads:   none of its own: the owner serialises. push() is called under the owner's lock and must not block.
#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace redis {

using message = std::shared_ptr<const std::string>;  // bytes ready to send, shared by all who receive them

class subscriber {
 public:
  virtual ~subscriber() = default;
  virtual void push(message bytes) = 0;

  std::set<std::string, std::less<>> channels, patterns;
  [[nodiscard]] std::size_t subscriptions() const { return channels.size() + patterns.size(); }
};

class hub {
 public:
  void subscribe(subscriber& who, std::string_view channel) { add(channels_, who.channels, who, channel); }
  void psubscribe(subscriber& who, std::string_view pattern) { add(patterns_, who.patterns, who, pattern); }
  void unsubscribe(subscriber& who, std::string_view channel) { remove(channels_, who.channels, who, channel); }
  void punsubscribe(subscriber& who, std::string_view pattern) { remove(patterns_, who.patterns, who, pattern); }
  void leave(subscriber& who);  // gives up every subscription

  // Hands the message to everyone who listens; a subscriber gets it once per matching subscription. Returns that
  // number.
  std::size_t publish(std::string_view channel, std::string_view payload);

  [[nodiscard]] std::size_t channels() const { return channels_.size(); }
  [[nodiscard]] std::size_t patterns() const { return patterns_.size(); }

 private:
  using listeners = std::map<std::string, std::set<subscriber*>, std::less<>>;
  using names = std::set<std::string, std::less<>>;
  static void add(listeners& all, names& own, subscriber& who, std::string_view name);
  static void remove(listeners& all, names& own, subscriber& who, std::string_view name);

  listeners channels_, patterns_;
};

}  // namespace redis
