#include "store.hpp"

#include <doctest/doctest.h>

#include <map>

#include "glob.hpp"

using namespace redis;

namespace {

// Walks a whole scan and counts how often each key was seen.
std::map<std::string, int> scan_all(const store& keys, std::size_t count,
                                    const std::function<void(int)>& between = nullptr) {
  std::map<std::string, int> seen;
  std::uint64_t cursor = 0;
  int round = 0;
  do {
    cursor = keys.scan(cursor, count, 0, [&](std::string_view key) { ++seen[std::string(key)]; });
    if (between) between(round);
  } while (cursor != 0 && ++round < 100'000);
  CHECK(cursor == 0);
  return seen;
}

}  // namespace

TEST_CASE("a key whose time has come is gone for every reader, and counted once") {
  store keys;
  keys.set("a", "1", 100);
  CHECK(keys.find("a", 99) != nullptr);
  CHECK(keys.find("a", 100) == nullptr);
  CHECK(keys.size() == 0);
  CHECK(keys.expired() == 1);
  CHECK(!keys.erase("a", 100));
}

TEST_CASE("purge drops what is due, at most as many as asked, and says when to come again") {
  store keys;
  for (int i = 1; i <= 5; ++i) keys.set("k" + std::to_string(i), "v", i * 10);
  keys.set("for ever", "v", no_expiry);
  CHECK(keys.purge(30, 2) == 30);
  CHECK(keys.size() == 4);
  CHECK(keys.purge(30, 100) == 40);
  CHECK(keys.purge(1000, 100) == std::nullopt);
  CHECK(keys.size() == 1);
  CHECK(keys.expired() == 5);
}

TEST_CASE("setting again replaces the expiry, and taking it off leaves no trace in the index") {
  store keys;
  keys.set("a", "1", 100);
  keys.set("a", "2", 50);
  CHECK(keys.next_expiry() == 50);
  CHECK(keys.expire("a", no_expiry, 0));
  CHECK(keys.next_expiry() == std::nullopt);
  CHECK(keys.find("a", 1000)->value == "2");
}

TEST_CASE("a scan sees every key that stays exactly once, while others come and go") {
  store keys;
  for (int i = 0; i < 1000; ++i) keys.set("stay" + std::to_string(i), "v", no_expiry);
  for (int i = 0; i < 200; ++i) keys.set("go" + std::to_string(i), "v", no_expiry);
  const auto seen = scan_all(keys, 7, [&](int round) {
    keys.erase("go" + std::to_string(round), 0);
    keys.set("come" + std::to_string(round), "v", no_expiry);
  });
  for (int i = 0; i < 1000; ++i) CHECK(seen.at("stay" + std::to_string(i)) == 1);
  for (const auto& [key, times] : seen) CHECK(times == 1);
}

TEST_CASE("glob patterns match as Redis documents them") {
  CHECK(glob_match("*", ""));
  CHECK(glob_match("h?llo", "hello"));
  CHECK(!glob_match("h?llo", "hllo"));
  CHECK(glob_match("h*llo", "heeeello"));
  CHECK(glob_match("h[ae]llo", "hallo"));
  CHECK(!glob_match("h[ae]llo", "hillo"));
  CHECK(glob_match("h[^e]llo", "hallo"));
  CHECK(!glob_match("h[^e]llo", "hello"));
  CHECK(glob_match("h[a-c]llo", "hbllo"));
  CHECK(glob_match("h[c-a]llo", "hbllo"));
  CHECK(glob_match("a\\*b", "a*b"));
  CHECK(!glob_match("a\\*b", "axb"));
  CHECK(glob_match("*a*b*c", "xxaxxbxxc"));
  CHECK(!glob_match("*a*b*c", "xxaxxbxx"));
  CHECK(glob_match("a[b", "ab"));
}

TEST_CASE("a pattern full of stars takes bounded time") {
  const std::string text(20'000, 'a');
  CHECK(!glob_match("*a*a*a*a*a*a*a*a*a*a*a*b", text));
}
