#include "base/grow_list.hpp"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

using namespace tokiod;

TEST_CASE("elements stay where they are while the list grows, and end with it") {
  static int alive = 0;
  struct counted {
    counted() { ++alive; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --alive; }
  };
  grow_list<counted, 3> list;
  CHECK(list.begin() == list.end());
  list.add(std::make_unique<counted>());
  const counted* const first = list[0].get();
  list.add(std::make_unique<counted>());
  list.add(std::make_unique<counted>());
  CHECK(list[0].get() == first);
  CHECK(list.size() == 3);
  CHECK(alive == 3);
  list.clear();
  CHECK(list.size() == 0);
  CHECK(alive == 0);
}

TEST_CASE("whoever walks the list meets finished elements only") {
  constexpr std::uint32_t most = 1000;
  grow_list<std::uint32_t, most> list;
  std::atomic<bool> over{false};
  std::uint64_t wrong = 0;
  std::thread walker([&] {
    while (!over) {
      std::uint32_t place = 0;
      for (const auto& one : list) wrong += one == nullptr || *one != place++ ? 1 : 0;
    }
  });
  for (std::uint32_t i = 0; i < most; ++i) list.add(std::make_unique<std::uint32_t>(i));
  over = true;
  walker.join();
  CHECK(wrong == 0);
}
