// `stream_map<K, S>`: streams with keys, polled as one; each item comes with the key of its stream. Answers to
// tokio_stream::StreamMap.
//   stream_map<int, messages> rooms;  rooms.insert(7, join(7));
//   while (auto one = co_await rooms.next()) say(one->first, one->second);
// Invariant: a key names one stream. A stream that has ended is gone from the map. No stream starves: the one that is
//            asked first is drawn at random, in a simulation from its seed. Streams stay where they are in memory.
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "tokio/stream/stream.hpp"

namespace tokio::stream {

template <std::equality_comparable K, is_stream S>
class stream_map : public methods<stream_map<K, S>> {
  struct entry {
    K key;
    std::unique_ptr<S> of;  // so that it need not move once it was polled
  };

 public:
  using item = std::pair<K, item_of<S>>;

  std::size_t len() const noexcept { return entries_.size(); }
  bool is_empty() const noexcept { return entries_.empty(); }
  bool contains_key(const K& key) const { return find(key) != entries_.end(); }
  std::vector<K> keys() const {
    std::vector<K> all;
    for (auto& each : entries_) all.push_back(each.key);
    return all;
  }
  // fn(key, stream) for each.
  template <class Fn>
  void for_each(Fn fn) {
    for (auto& each : entries_) fn(std::as_const(each.key), *each.of);
  }

  // The stream that had the key before, if any. Does not wake who waits: the map has it polled by its next poll.
  std::unique_ptr<S> insert(K key, S of) {
    auto made = std::make_unique<S>(std::move(of));
    if (auto found = find(key); found != entries_.end()) return std::exchange(found->of, std::move(made));
    entries_.push_back(entry{std::move(key), std::move(made)});
    return nullptr;
  }
  // The stream, or nullptr.
  std::unique_ptr<S> remove(const K& key) {
    auto found = find(key);
    if (found == entries_.end()) return nullptr;
    auto of = std::move(found->of);
    drop(static_cast<std::size_t>(found - entries_.begin()));
    return of;
  }
  void clear() noexcept { entries_.clear(); }

  // The next item of any stream; none once all have ended, or the map is empty, which may be filled again. Cancel safe.
  next_poll<item> poll_next(context& cx) {
    std::optional<item> found;
    poll_round(cx, random(cx), [&](const K& key, item_of<S>&& one) {
      found.emplace(key, std::move(one));
      return false;
    });
    if (!found && !entries_.empty()) return pending;
    return found;
  }
  // Appends up to `limit` items that are there, at least one, and says how many: 0 only when all streams have ended, or
  // limit is 0. Cancel safe.
  auto next_many(std::vector<item>& into, std::size_t limit) noexcept {
    return poll_fn([this, &into, limit](context& cx) { return poll_next_many(cx, into, limit); });
  }
  tokio::poll<std::size_t> poll_next_many(context& cx, std::vector<item>& into, std::size_t limit) {
    const auto before = into.size();
    const auto added = [&] { return into.size() - before; };
    const auto first = random(cx);
    for (std::size_t last = 1; last != 0 && added() < limit;) {
      const auto at = added();
      poll_round(cx, first, [&](const K& key, item_of<S>&& one) {
        into.emplace_back(key, std::move(one));
        return added() < limit;
      });
      last = added() - at;
    }
    if (added() == 0 && limit != 0 && !entries_.empty()) return pending;
    return added();
  }

 private:
  auto find(const K& key) const noexcept { return find_in(entries_, key); }
  auto find(const K& key) noexcept { return find_in(entries_, key); }
  template <class Entries>
  static auto find_in(Entries& in, const K& key) {
    auto at = in.begin();
    while (at != in.end() && !(at->key == key)) ++at;
    return at;
  }
  void drop(std::size_t index) {
    if (index + 1 != entries_.size()) std::swap(entries_[index], entries_.back());
    entries_.pop_back();
  }
  // Asks each stream once, from the one at `first` on, until `take(key, item)` is false. Those that end are dropped,
  // and the one that takes the place of a dropped one is asked there, unless it was asked before.
  template <class Take>
  void poll_round(context& cx, std::size_t first, Take take) {
    const auto count = entries_.size();
    if (count == 0) return;
    auto at = first % count;
    for (std::size_t asked = 0; asked < count && !entries_.empty(); ++asked) {
      auto& each = entries_[at];
      auto polled = each.of->poll_next(cx);
      if (polled.is_ready() && !polled.value()) {
        const auto last = entries_.size() - 1;
        drop(at);
        if (at == last)
          at = 0;
        else if (at < first % count && first % count <= last)
          ++at;  // who stands here now was asked at the end of the round
        if (at >= entries_.size()) at = 0;
        continue;
      }
      if (polled.is_ready() && !take(each.key, *std::move(polled).value())) return;
      at = (at + 1) % entries_.size();
    }
  }
  // The order differs from poll to poll and comes from the host, so that a simulation repeats it.
  std::size_t random(context& cx) noexcept {
    if (random_ == 0) host.core->random(cx.instance(), &random_, sizeof(random_));
    random_ = random_ * 1664525u + 1013904223u;
    return random_ >> 16;
  }

  std::vector<entry> entries_;
  std::uint32_t random_ = 0;
};

}  // namespace tokio::stream
