#include "runtime/queue/run_queue.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

using namespace tokiod;
using namespace tokiod::queue;

namespace {

struct item {
  real_policy::cell<item*> next;
  int number = 0;
};

using ring = run_queue<real_policy, item>;

struct overflow_list {
  void overflow(chain<item> tasks) noexcept {
    std::uint32_t count = 0;
    for (item* at = tasks.first; at != nullptr; at = at->next.get()) {
      numbers.push_back(at->number);
      last = at;
      ++count;
    }
    CHECK(count == tasks.count);
    CHECK(last == tasks.last);
    ++calls;
  }
  std::vector<int> numbers;
  item* last = nullptr;
  int calls = 0;
};

struct bench {
  explicit bench(int count) : items(static_cast<std::size_t>(count)) {
    for (int i = 0; i < count; ++i) items[static_cast<std::size_t>(i)].number = i;
  }
  void push(ring& to, int from, int until) {
    for (int i = from; i < until; ++i) to.push(&items[static_cast<std::size_t>(i)], overflow);
  }
  std::vector<item> items;
  overflow_list overflow;
};

std::vector<int> take_all(ring& from) {
  std::vector<int> numbers;
  while (const item* next = from.take()) numbers.push_back(next->number);
  return numbers;
}

std::vector<int> range(int from, int until) {
  std::vector<int> numbers;
  for (int i = from; i < until; ++i) numbers.push_back(i);
  return numbers;
}

}  // namespace

TEST_CASE("tasks come out in the order they went in, round the ring many times") {
  bench b(100);
  ring queue;
  for (int round = 0; round < 20; ++round) {
    b.push(queue, 0, 100);
    CHECK(queue.length() == 100);
    CHECK(take_all(queue) == range(0, 100));
    CHECK(queue.take() == nullptr);
  }
  CHECK(b.overflow.calls == 0);
}

TEST_CASE("tasks pushed while a batch is open come behind it") {
  bench b(40);
  ring queue;
  b.push(queue, 0, 20);
  std::vector<int> numbers{queue.take()->number};
  b.push(queue, 20, 40);
  for (const int n : take_all(queue)) numbers.push_back(n);
  CHECK(numbers == range(0, 40));
}

TEST_CASE("a queue says whether it has run empty for thieves since it was asked last") {
  bench b(40);
  ring queue;
  b.push(queue, 0, 40);
  CHECK(queue.take()->number == 0);
  CHECK(!queue.ran_empty());  // a part is claimed, the rest is there
  b.push(queue, 0, 1);
  while (queue.take()->number != 0) CHECK(queue.length() <= 40);
  CHECK(queue.ran_empty());
  CHECK(!queue.ran_empty());
  CHECK(queue.take() == nullptr);
  CHECK(queue.ran_empty());
}

TEST_CASE("a claim leaves half to the thieves and never takes more than the caller allows") {
  bench b(100);
  ring queue;
  b.push(queue, 0, 10);
  CHECK(queue.take()->number == 0);
  CHECK(queue.claimed() == 4);
  CHECK(queue.length() == 5);
  (void)take_all(queue);
  b.push(queue, 0, 100);
  CHECK(queue.take(1)->number == 0);
  CHECK(queue.claimed() == 0);
  CHECK(queue.take(0)->number == 1);
  CHECK(queue.claimed() == 0);
  CHECK(queue.take()->number == 2);
  CHECK(queue.claimed() == ring::claim_max - 1);
  (void)take_all(queue);
}

TEST_CASE("[SC-02] a full ring keeps its older half and sends the newer half away, the new task last") {
  bench b(300);
  ring queue;
  b.push(queue, 0, 256);
  CHECK(b.overflow.calls == 0);
  CHECK_FALSE(queue.try_push(&b.items[299]));
  b.push(queue, 256, 257);
  CHECK(b.overflow.calls == 1);
  CHECK(b.overflow.numbers == range(128, 257));
  CHECK(queue.length() == 128);
  b.push(queue, 257, 300);
  std::vector<int> expected = range(0, 128);
  for (int i = 257; i < 300; ++i) expected.push_back(i);
  CHECK(take_all(queue) == expected);
}

TEST_CASE("[SC-04] a thief takes the older half, rounded up, and at most steal_max") {
  bench b(200);
  ring victim;
  ring thief;
  CHECK(thief.steal_from(victim) == nullptr);
  b.push(victim, 0, 1);
  CHECK(thief.steal_from(victim)->number == 0);
  CHECK(thief.length() == 0);
  b.push(victim, 0, 5);
  CHECK(thief.steal_from(victim)->number == 0);
  CHECK(take_all(thief) == std::vector<int>{1, 2});
  CHECK(take_all(victim) == std::vector<int>{3, 4});
  b.push(victim, 0, 200);
  CHECK(thief.steal_from(victim)->number == 0);
  CHECK(thief.length() == ring::steal_max - 1);
  CHECK(take_all(thief) == range(1, static_cast<int>(ring::steal_max)));
  CHECK(take_all(victim) == range(static_cast<int>(ring::steal_max), 200));
}

TEST_CASE("[SC-04] a thief with little room takes what fits") {
  bench b(400);
  ring victim;
  ring thief;
  b.push(thief, 0, 254);
  b.push(victim, 300, 400);
  CHECK(thief.steal_from(victim)->number == 300);
  CHECK(thief.length() == 256);
  CHECK(victim.length() == 97);
  CHECK(thief.steal_from(victim)->number == 303);
  CHECK(thief.length() == 256);
  (void)take_all(thief);
  (void)take_all(victim);
}

TEST_CASE("drain gives everything the owner has, the open batch first") {
  bench b(50);
  ring queue;
  CHECK(queue.drain().count == 0);
  b.push(queue, 0, 50);
  CHECK(queue.take()->number == 0);
  const chain<item> rest = queue.drain();
  CHECK(rest.count == 49);
  int expected = 1;
  for (item* at = rest.first; at != nullptr; at = at->next.get()) CHECK(at->number == expected++);
  CHECK(rest.last->number == 49);
  CHECK(queue.length() == 0);
  CHECK(queue.take() == nullptr);
}

// Every task pushed is run exactly once by the owner, a thief or from the overflow.
TEST_CASE("[SC-04] no task is lost or run twice between an owner and two thieves") {
  constexpr int count = 100'000;
  std::vector<item> items(count);
  std::vector<std::atomic<int>> runs(count);
  for (int i = 0; i < count; ++i) items[static_cast<std::size_t>(i)].number = i;
  const auto run = [&](const item* what) { runs[static_cast<std::size_t>(what->number)].fetch_add(1, relaxed); };
  struct running_overflow {
    std::function<void(const item*)> run;
    void overflow(chain<item> tasks) noexcept {
      for (item* at = tasks.first; at != nullptr; at = at->next.get()) run(at);
    }
  } overflow{run};
  const auto victim = std::make_unique<ring>();
  std::atomic<bool> over{false};
  const auto steal = [&] {
    const auto mine = std::make_unique<ring>();
    while (!over.load(acquire)) {
      if (const item* first = mine->steal_from(*victim)) run(first);
      while (const item* next = mine->take()) run(next);
    }
  };
  std::thread one(steal);
  std::thread two(steal);
  for (int i = 0; i < count; ++i) {
    victim->push(&items[static_cast<std::size_t>(i)], overflow);
    if (i % 3 == 0) {
      if (const item* next = victim->take()) run(next);
    }
  }
  while (const item* next = victim->take()) run(next);
  over.store(true, release);
  one.join();
  two.join();
  int wrong = 0;
  for (const auto& n : runs) wrong += n.load(relaxed) != 1;
  CHECK(wrong == 0);
}
