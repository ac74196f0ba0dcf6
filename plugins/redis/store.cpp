#include "store.hpp"

namespace redis {

store::map::iterator store::live(std::string_view key, unix_ms now) {
  const auto at = entries_.find(key);
  if (at == entries_.end() || at->second.expires == no_expiry || at->second.expires > now) return at;
  drop(at);
  ++expired_;
  return entries_.end();
}

store::map::iterator store::create(std::string_view key) {
  const auto at = entries_.try_emplace(std::string(key)).first;
  scan_index_.emplace(position(at->first), at->first);
  return at;
}

void store::set_expiry(map::iterator at, unix_ms expires) {
  if (at->second.expires == expires) return;
  if (at->second.expires != no_expiry) expiries_.erase({at->second.expires, at->first});
  at->second.expires = expires;
  if (expires != no_expiry) expiries_.emplace(expires, at->first);
}

void store::drop(map::iterator at) {
  set_expiry(at, no_expiry);
  scan_index_.erase({position(at->first), at->first});
  entries_.erase(at);
}

entry* store::find(std::string_view key, unix_ms now) {
  const auto at = live(key, now);
  return at == entries_.end() ? nullptr : &at->second;
}

void store::set(std::string_view key, std::string_view value, unix_ms expires) {
  auto at = entries_.find(key);
  if (at == entries_.end()) at = create(key);
  at->second.value.assign(value);
  set_expiry(at, expires);
}

entry& store::find_or_create(std::string_view key, unix_ms now) {
  auto at = live(key, now);
  if (at == entries_.end()) at = create(key);
  return at->second;
}

bool store::expire(std::string_view key, unix_ms expires, unix_ms now) {
  const auto at = live(key, now);
  if (at == entries_.end()) return false;
  set_expiry(at, expires);
  return true;
}

bool store::erase(std::string_view key, unix_ms now) {
  const auto at = live(key, now);
  if (at == entries_.end()) return false;
  drop(at);
  return true;
}

void store::clear() {
  expiries_.clear();
  scan_index_.clear();
  entries_.clear();
}

std::optional<unix_ms> store::next_expiry() const {
  if (expiries_.empty()) return std::nullopt;
  return expiries_.begin()->first;
}

std::optional<unix_ms> store::purge(unix_ms now, std::size_t limit) {
  for (; limit > 0 && !expiries_.empty() && expiries_.begin()->first <= now; --limit) {
    drop(entries_.find(expiries_.begin()->second));
    ++expired_;
  }
  return next_expiry();
}

void store::for_each(unix_ms now, const std::function<void(std::string_view)>& visit) const {
  for (const auto& [key, value] : entries_)
    if (value.expires == no_expiry || value.expires > now) visit(key);
}

std::uint64_t store::scan(std::uint64_t cursor, std::size_t count, unix_ms now,
                          const std::function<void(std::string_view)>& visit) const {
  auto at = scan_index_.lower_bound({cursor, std::string_view()});
  for (std::uint64_t last = 0; at != scan_index_.end(); ++at) {
    // Keys that share a hash stand at one cursor, so they are visited together.
    if (count == 0 && at->first != last) return at->first;
    last = at->first;
    if (count > 0) --count;
    const auto found = entries_.find(at->second);
    if (found->second.expires == no_expiry || found->second.expires > now) visit(at->second);
  }
  return 0;
}

}  // namespace redis
