// bits.hpp, intrusive_list.hpp, random.hpp, spin_lock.hpp
#include "base/bits.hpp"

#include <doctest/doctest.h>

#include <set>
#include <thread>
#include <vector>

#include "base/cache_line.hpp"
#include "base/intrusive_list.hpp"
#include "base/random.hpp"
#include "base/spin_lock.hpp"

using namespace tokiod;

namespace {

struct by_name;
struct item : list_node<>, list_node<by_name> {
  explicit item(int n) : number(n) {}
  int number;
};
using items = intrusive_list<item>;

std::vector<int> numbers_of(items& list) {
  std::vector<int> numbers;
  for (item* at = list.front(); at != nullptr; at = list.next(*at)) numbers.push_back(at->number);
  return numbers;
}

}  // namespace

TEST_CASE("a bit field touches its own bits alone") {
  using low = bit_field<0, 4>;
  using high = bit_field<60, 4>;
  using all = bit_field<0, 64>;
  CHECK(low::mask == 0xf);
  CHECK(high::mask == 0xf000'0000'0000'0000);
  CHECK(all::mask == ~std::uint64_t{0});
  const std::uint64_t word = high::set(low::set(~std::uint64_t{0}, 3), 0x15);
  CHECK(low::get(word) == 3);
  CHECK(high::get(word) == 5);  // cut to four bits
  CHECK((word & ~(low::mask | high::mask)) == (~std::uint64_t{0} & ~(low::mask | high::mask)));
  CHECK(low::get(low::make(15) + low::one) == 0);
}

TEST_CASE("rounding up reaches the next multiple and leaves multiples alone") {
  CHECK(round_up(0, 64) == 0);
  CHECK(round_up(1, 64) == 64);
  CHECK(round_up(64, 64) == 64);
  CHECK(round_up(65, 64) == 128);
  CHECK(is_power_of_two(1));
  CHECK_FALSE(is_power_of_two(0));
  CHECK_FALSE(is_power_of_two(96));
}

TEST_CASE("a cache-aligned value shares its line with nobody") {
  CHECK(sizeof(cache_aligned<int>) == cache_line);
  CHECK(alignof(cache_aligned<int>) == cache_line);
}

TEST_CASE("a list keeps order, and an element leaves from anywhere") {
  items list;
  item one(1), two(2), three(3), four(4);
  CHECK(list.empty());
  CHECK(list.pop_front() == nullptr);
  list.push_back(two);
  list.push_back(three);
  list.push_front(one);
  list.push_back(four);
  CHECK(numbers_of(list) == std::vector<int>{1, 2, 3, 4});
  items::remove(three);
  CHECK_FALSE(static_cast<list_node<>&>(three).linked());
  CHECK(numbers_of(list) == std::vector<int>{1, 2, 4});
  CHECK(list.pop_front() == &one);
  items::remove(four);
  items::remove(two);
  CHECK(list.empty());
}

TEST_CASE("an element may be on one list per tag at the same time") {
  items list;
  intrusive_list<item, by_name> other;
  item one(1);
  list.push_back(one);
  other.push_back(one);
  CHECK(list.pop_front() == &one);
  CHECK(other.front() == &one);
  CHECK(other.pop_front() == &one);
}

TEST_CASE("appending moves everything and empties the source") {
  items list;
  items source;
  item one(1), two(2), three(3);
  list.append(source);
  CHECK(list.empty());
  source.push_back(two);
  source.push_back(three);
  list.push_back(one);
  list.append(source);
  CHECK(source.empty());
  CHECK(numbers_of(list) == std::vector<int>{1, 2, 3});
  source.append(list);
  CHECK(numbers_of(source) == std::vector<int>{1, 2, 3});
  while (source.pop_front() != nullptr) {
  }
}

TEST_CASE("no seed makes the generator stick, and neighbouring seeds differ at once") {
  for (const std::uint64_t seed :
       {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}, std::uint64_t{0x61c8864680b583eb}}) {
    fast_random random(seed);
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i) seen.insert(random.next());
    CHECK(seen.size() == 1000);
  }
  CHECK(fast_random(1).next() != fast_random(2).next());
}

TEST_CASE("a bounded choice stays below its bound and reaches every value") {
  fast_random random(7);
  std::vector<int> hits(5);
  for (int i = 0; i < 5000; ++i) ++hits[random.below(5)];
  for (const int n : hits) CHECK(n > 800);
  CHECK(random.below(1) == 0);
}

TEST_CASE("a spin lock lets one in at a time") {
  spin_lock lock;
  CHECK(lock.try_lock());
  CHECK_FALSE(lock.try_lock());
  lock.unlock();
  int count = 0;
  const auto add = [&] {
    for (int i = 0; i < 100'000; ++i) {
      const hold in(lock);
      ++count;
    }
  };
  std::thread other(add);
  add();
  other.join();
  CHECK(count == 200'000);
}
