#include "hub.hpp"

#include <initializer_list>

#include "glob.hpp"
#include "reply.hpp"

namespace redis {
namespace {

message format(std::initializer_list<std::string_view> parts) {
  std::string bytes;
  reply out(bytes);
  out.array(parts.size());
  for (const auto part : parts) out.bulk(part);
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace

void hub::add(listeners& all, names& own, subscriber& who, std::string_view name) {
  if (!own.emplace(name).second) return;
  all[std::string(name)].insert(&who);
}

void hub::remove(listeners& all, names& own, subscriber& who, std::string_view name) {
  const auto mine = own.find(name);
  if (mine == own.end()) return;
  const auto at = all.find(name);
  at->second.erase(&who);
  if (at->second.empty()) all.erase(at);
  own.erase(mine);
}

void hub::leave(subscriber& who) {
  while (!who.channels.empty()) unsubscribe(who, std::string(*who.channels.begin()));
  while (!who.patterns.empty()) punsubscribe(who, std::string(*who.patterns.begin()));
}

std::size_t hub::publish(std::string_view channel, std::string_view payload) {
  std::size_t receivers = 0;
  if (const auto at = channels_.find(channel); at != channels_.end()) {
    const auto bytes = format({"message", channel, payload});
    for (auto* who : at->second) who->push(bytes);
    receivers += at->second.size();
  }
  for (const auto& [pattern, listening] : patterns_) {
    if (!glob_match(pattern, channel)) continue;
    const auto bytes = format({"pmessage", pattern, channel, payload});
    for (auto* who : listening) who->push(bytes);
    receivers += listening.size();
  }
  return receivers;
}

}  // namespace redis
