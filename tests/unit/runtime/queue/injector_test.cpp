#include "runtime/queue/injector.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>
#include <vector>

using namespace tokiod;
using namespace tokiod::queue;

namespace {

struct item {
  real_policy::cell<item*> next;
  int number = 0;
};

using inbox = injector<real_policy, item>;

std::vector<int> numbers_of(chain<item> tasks) {
  std::vector<int> numbers;
  for (item* at = tasks.first; at != nullptr; at = at->next.get()) numbers.push_back(at->number);
  CHECK(numbers.size() == tasks.count);
  CHECK((tasks.count == 0 || tasks.last->number == numbers.back()));
  return numbers;
}

}  // namespace

TEST_CASE("an injector is first in, first out, across single tasks and chains") {
  item items[6];
  for (int i = 0; i < 6; ++i) items[i].number = i;
  inbox injected;
  CHECK(injected.length() == 0);
  CHECK(injected.pop(10).count == 0);
  CHECK(injected.push(&items[0]));
  items[1].next.set(&items[2]);
  items[2].next.set(&items[3]);
  items[3].next.set(nullptr);
  CHECK(injected.push_chain({&items[1], &items[3], 3}));
  CHECK(injected.push_chain({}));
  CHECK(injected.push(&items[4]));
  CHECK(injected.length() == 5);
  CHECK(numbers_of(injected.pop(2)) == std::vector<int>{0, 1});
  CHECK(injected.length() == 3);
  CHECK(injected.pop(0).count == 0);
  CHECK(numbers_of(injected.pop(10)) == std::vector<int>{2, 3, 4});
  CHECK(injected.length() == 0);
  CHECK(injected.push(&items[5]));
  CHECK(numbers_of(injected.pop(1)) == std::vector<int>{5});
}

namespace {

// `count` numbered items from `first` on, as a chain.
chain<item> chain_of(std::vector<item>& items, int first, int count) {
  chain<item> all;
  for (int i = first; i < first + count; ++i) {
    items[static_cast<std::size_t>(i)].number = i;
    append(all, items[static_cast<std::size_t>(i)]);
  }
  return all;
}

}  // namespace

TEST_CASE("of spilled chains the newest or the oldest is popped, behind what came from outside or before it") {
  std::vector<item> items(20);
  inbox injected;
  CHECK(injected.spill(chain_of(items, 0, 3)));
  CHECK(injected.spill(chain_of(items, 3, 3)));
  CHECK(injected.spill(chain_of(items, 6, 3)));
  CHECK(injected.spill({}));
  CHECK(injected.length() == 9);
  CHECK(injected.pop(10, pop_order::outside).count == 0);
  CHECK(numbers_of(injected.pop(2, pop_order::newest)) == std::vector<int>{6, 7});
  CHECK(injected.push_chain(chain_of(items, 9, 2)));
  CHECK(numbers_of(injected.pop(1, pop_order::newest)) == std::vector<int>{9});
  CHECK(numbers_of(injected.pop(5, pop_order::oldest)) == std::vector<int>{10, 0, 1, 2, 3});
  CHECK(numbers_of(injected.pop(5, pop_order::newest)) == std::vector<int>{8});  // of one chain alone
  CHECK(numbers_of(injected.pop(5, pop_order::newest)) == std::vector<int>{4, 5});
  CHECK(injected.length() == 0);
  CHECK(injected.pop(5, pop_order::newest).count == 0);
  CHECK(injected.taken() == 11);
  CHECK(injected.spill(chain_of(items, 11, 3)));
  CHECK(injected.push_chain(chain_of(items, 14, 2)));
  CHECK(numbers_of(injected.pop(2, pop_order::overdue)) == std::vector<int>{11, 12});
  CHECK(numbers_of(injected.pop(9, pop_order::overdue)) == std::vector<int>{13, 14, 15});
  CHECK(injected.close());
  CHECK_FALSE(injected.spill(chain_of(items, 11, 2)));
}

TEST_CASE("an injector says whether somebody else than its core brought some of those that wait") {
  std::vector<item> items(10);
  inbox injected;
  const auto others = [&] { return injected.waiting().from_others; };
  CHECK(injected.spill(chain_of(items, 0, 2)));
  CHECK(injected.push_chain(chain_of(items, 2, 2), brought_by::core));
  CHECK_FALSE(others());
  CHECK(injected.push_chain(chain_of(items, 4, 2), brought_by::other));
  CHECK(injected.push_chain(chain_of(items, 6, 2), brought_by::core));
  CHECK(others());
  CHECK(injected.waiting().count == 8);
  CHECK(numbers_of(injected.pop(3, pop_order::outside)) == std::vector<int>{2, 3, 4});
  CHECK(others());
  CHECK(numbers_of(injected.pop(1, pop_order::outside)) == std::vector<int>{5});
  CHECK_FALSE(others());
  CHECK(injected.length() == 4);
  CHECK(injected.push(&items[8]));
  CHECK(others());
  CHECK(injected.pop(10).count == 5);
  CHECK_FALSE(others());
}

TEST_CASE("of too many spilled chains the oldest become one") {
  constexpr int most = real_policy::spilled_chains;
  std::vector<item> items(2 * most + 4);
  inbox injected;
  for (int i = 0; i < most + 2; ++i) CHECK(injected.spill(chain_of(items, 2 * i, 2)));
  CHECK(injected.length() == 2 * most + 4);
  CHECK(injected.pop(10, pop_order::outside).count == 0);
  CHECK(numbers_of(injected.pop(1, pop_order::newest)) == std::vector<int>{2 * most + 2});
  CHECK(numbers_of(injected.pop(5, pop_order::oldest)) == std::vector<int>{0, 1, 2, 3, 4});
  const auto rest = numbers_of(injected.pop(UINT32_MAX));
  CHECK(rest.size() == 2 * most - 2);
  CHECK(std::ranges::is_sorted(rest));
  CHECK(injected.length() == 0);
}

TEST_CASE("a closed injector takes nothing more and gives what it has") {
  item items[2];
  items[1].number = 1;
  inbox injected;
  CHECK(injected.push(&items[0]));
  CHECK(injected.close());
  CHECK_FALSE(injected.close());
  CHECK_FALSE(injected.push(&items[1]));
  CHECK(injected.length() == 1);
  CHECK(numbers_of(injected.pop(10)) == std::vector<int>{0});
}

TEST_CASE("tasks from several threads all arrive, each thread's in its order") {
  constexpr int each = 20'000;
  std::vector<item> items(2 * each);
  for (int i = 0; i < 2 * each; ++i) items[static_cast<std::size_t>(i)].number = i;
  inbox injected;
  const auto push = [&](int from, int& refused) {
    for (int i = from; i < from + each; ++i) refused += !injected.push(&items[static_cast<std::size_t>(i)]);
  };
  int refused[] = {0, 0};  // one counter each: the test itself must be free of races
  std::thread one([&] { push(0, refused[0]); });
  std::vector<int> last{-1, each - 1};
  std::thread two([&] { push(each, refused[1]); });
  int seen = 0;
  bool ordered = true;
  while (seen < 2 * each) {
    for (const int n : numbers_of(injected.pop(64))) {
      int& before = last[n < each ? 0 : 1];
      ordered = ordered && n == before + 1;
      before = n;
      ++seen;
    }
  }
  one.join();
  two.join();
  CHECK(ordered);
  CHECK(injected.length() == 0);
  CHECK(refused[0] == 0);
  CHECK(refused[1] == 0);
}
