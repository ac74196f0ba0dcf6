// The key space: strings with an optional expiry. Time is given by the caller, in milliseconds of Unix time, so that a
// whole batch of commands sees one moment. Invariant: a key whose time has come is never seen: it is dropped when it is
// met, and by purge() otherwise.
//            scan_index_ and expiries_ hold views of the keys in entries_, whose nodes do not move.
// Threads:   none of its own: the owner serialises.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace redis {

using unix_ms = std::int64_t;
inline constexpr unix_ms no_expiry = 0;

struct entry {
  std::string value;
  unix_ms expires = no_expiry;
};

class store {
 public:
  // The entry, or null. Pointers stay valid until the key is erased.
  [[nodiscard]] entry* find(std::string_view key, unix_ms now);
  // Sets the value and the expiry (no_expiry: none).
  void set(std::string_view key, std::string_view value, unix_ms expires);
  [[nodiscard]] entry& find_or_create(std::string_view key, unix_ms now);
  // Changes the expiry of a key that is there. False when it is not.
  bool expire(std::string_view key, unix_ms expires, unix_ms now);
  bool erase(std::string_view key, unix_ms now);
  void clear();

  // Keys whose time has not come yet by the last purge. Cheap; may count expired ones that nobody has met.
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t with_expiry() const { return expiries_.size(); }
  [[nodiscard]] std::uint64_t expired() const { return expired_; }

  // Drops at most `limit` keys whose time has come. Returns when to come again: the earliest expiry left, if any.
  std::optional<unix_ms> purge(unix_ms now, std::size_t limit);
  [[nodiscard]] std::optional<unix_ms> next_expiry() const;

  void for_each(unix_ms now, const std::function<void(std::string_view)>& visit) const;
  // Visits about `count` keys from `cursor` on, in the order of their hashes, and returns the next cursor; 0 begins and
  // ends. A key that is there during the whole scan is visited exactly once, whatever else comes and goes.
  std::uint64_t scan(std::uint64_t cursor, std::size_t count, unix_ms now,
                     const std::function<void(std::string_view)>& visit) const;

 private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
  };
  using map = std::unordered_map<std::string, entry, hash, std::equal_to<>>;

  // 0 is the cursor that begins a scan, so no key may stand there.
  static std::uint64_t position(std::string_view key) { return std::max<std::uint64_t>(hash{}(key), 1); }
  map::iterator live(std::string_view key, unix_ms now);
  map::iterator create(std::string_view key);
  void set_expiry(map::iterator at, unix_ms expires);
  void drop(map::iterator at);

  map entries_;
  std::set<std::pair<std::uint64_t, std::string_view>> scan_index_;
  std::set<std::pair<unix_ms, std::string_view>> expiries_;
  std::uint64_t expired_ = 0;
};

}  // namespace redis
