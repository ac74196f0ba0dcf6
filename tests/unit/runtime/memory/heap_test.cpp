#include "runtime/memory/heap.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#ifdef TOKIOD_ASAN
#include <sanitizer/asan_interface.h>
#endif

using namespace tokiod;
using namespace tokiod::memory;

namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

std::unique_ptr<arena> small_arena() { return std::move(*arena::create({.reserve_bytes = 64 * mib})); }

std::uint64_t word_of(const void* slot) { return static_cast<const std::atomic<std::uint64_t>*>(slot)->load(relaxed); }
void set_word(void* slot, std::uint64_t word) { static_cast<std::atomic<std::uint64_t>*>(slot)->store(word, relaxed); }

// What a task does to its word when it ends.
void next_generation(void* slot) { set_word(slot, word_of(slot) + (1u << generation_shift)); }

std::size_t count_task_slots(owner_heap& heap) {
  std::size_t n = 0;
  heap.for_each_task_slot([&](void*) { ++n; });
  return n;
}

}  // namespace

TEST_CASE("slots are aligned, distinct and as large as asked for") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, no_limit, nullptr);
  local_heap local(heap);
  std::set<void*> seen;
  for (std::size_t bytes : {1u, 64u, 65u, 500u, 513u, 4000u, 16384u}) {
    for (int i = 0; i < 100; ++i) {
      void* slot = *local.allocate(slot_kind::plain, bytes);
      CHECK(reinterpret_cast<std::uintptr_t>(slot) % 64 == 0);
      CHECK(seen.insert(slot).second);
      std::memset(slot, 0x5a, bytes);  // AddressSanitizer objects if the slot is smaller
      CHECK(slab_of(slot).owner == 1);
    }
  }
  for (void* slot : seen) local.free(slot);
}

TEST_CASE("a freed slot is the next one handed out") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, no_limit, nullptr);
  local_heap local(heap);
  void* first = *local.allocate(slot_kind::task, 200);
  local.free(first);
  CHECK(*local.allocate(slot_kind::task, 200) == first);
  local.free(first);
}

TEST_CASE("a slot freed on another core finds its way back through the depot") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, no_limit, nullptr);
  local_heap producer(heap);
  local_heap consumer(heap);
  std::size_t most = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<void*> slots;
    for (int i = 0; i < 500; ++i) slots.push_back(*producer.allocate(slot_kind::task, 128));
    for (void* slot : slots) consumer.free(slot);
    most = std::max<std::size_t>(most, heap.charged_bytes());
  }
  // 500 slots in use, at most two magazines kept back by each side, in slabs of 64 KiB.
  CHECK(most <= 3 * slab_bytes);
}

TEST_CASE("the first word of a task slot survives being free, and starts with a generation") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, no_limit, nullptr);
  local_heap local(heap);
  void* slot = *local.allocate(slot_kind::task, 100);
  CHECK(word_of(slot) == std::uint64_t{1} << generation_shift);
  next_generation(slot);
  const auto word = word_of(slot);
  local.free(slot);
  CHECK(word_of(slot) == word);
  CHECK(*local.allocate(slot_kind::task, 100) == slot);
  CHECK(word_of(slot) == word);
  local.free(slot);
}

TEST_CASE("an owner's limit refuses the slab that would pass it, and freed bytes count again") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, 2 * slab_bytes, nullptr);
  local_heap local(heap);
  std::vector<void*> slots;
  for (;;) {
    const auto slot = local.allocate(slot_kind::plain, 16384);
    if (!slot) {
      CHECK(slot.error() == shortage::over_limit);
      break;
    }
    slots.push_back(*slot);
  }
  CHECK(slots.size() == 2 * slots_per_slab(bin_of(slot_kind::plain, class_of(16384))));
  CHECK(heap.charged_bytes() == 2 * slab_bytes);
  CHECK(local.allocate(slot_kind::plain, 100'000).error() == shortage::over_limit);
  CHECK(heap.charged_bytes() == 2 * slab_bytes);
  for (void* slot : slots) local.free(slot);
  local.flush();
  CHECK(heap.trim() == 2 * slab_bytes);
  CHECK(heap.charged_bytes() == 0);
  const auto again = local.allocate(slot_kind::plain, 100'000);
  REQUIRE(again);
  local.free(*again);
}

TEST_CASE("bytes from elsewhere count against the limit, also at its very edge") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, 1000, nullptr);
  CHECK(heap.charge(1000));
  CHECK_FALSE(heap.charge(1));
  CHECK(heap.charged_bytes() == 1000);
  heap.set_limit_bytes(10);
  CHECK_FALSE(heap.charge(0));
  heap.discharge(1000);
  CHECK(heap.charge(10));
  heap.discharge(10);
}

TEST_CASE("trim gives back empty slabs only, and a slab in use keeps all its slots") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, no_limit, nullptr);
  local_heap local(heap);
  const bin_index bin = bin_of(slot_kind::task, class_of(1024));
  std::vector<void*> slots;
  for (std::uint32_t i = 0; i < 3 * slots_per_slab(bin); ++i) slots.push_back(*local.allocate(slot_kind::task, 1024));
  REQUIRE(heap.charged_bytes() == 3 * slab_bytes);
  void* kept = slots[slots_per_slab(bin)];  // one slot of the second slab
  for (void* slot : slots) {
    if (slot != kept) local.free(slot);
  }
  local.flush();
  CHECK(heap.trim() == 2 * slab_bytes);
  CHECK(heap.trim() == 0);
  CHECK(count_task_slots(heap) == slots_per_slab(bin));
  std::set<void*> again;
  for (std::uint32_t i = 0; i + 1 < slots_per_slab(bin); ++i) again.insert(*local.allocate(slot_kind::task, 1024));
  CHECK(again.size() == slots_per_slab(bin) - 1);
  CHECK_FALSE(again.contains(kept));
  CHECK(heap.charged_bytes() == slab_bytes);
  for (void* slot : again) local.free(slot);
  local.free(kept);
}

TEST_CASE("an owner at its limit gets what lies idle in another size") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, 2 * slab_bytes, nullptr);
  local_heap local(heap);
  std::vector<void*> small;
  for (std::uint32_t i = 0; i < 2 * slots_per_slab(bin_of(slot_kind::task, class_of(64))); ++i)
    small.push_back(*local.allocate(slot_kind::task, 64));
  CHECK(local.allocate(slot_kind::task, 1024).error() == shortage::over_limit);
  for (std::size_t i = 1; i < small.size(); ++i) local.free(small[i]);
  local.free(small[0]);
  CHECK(local.allocate(slot_kind::task, 1024).error() == shortage::over_limit);  // the core keeps some of each slab
  local.flush();
  CHECK(heap.idle_bytes() == 2 * 64 * slots_per_slab(bin_of(slot_kind::task, class_of(64))));
  const auto large = local.allocate(slot_kind::task, 1024);
  REQUIRE(large);
  CHECK(heap.charged_bytes() == slab_bytes);
  CHECK(heap.idle_bytes() == 0);
  local.free(*large);
}

TEST_CASE("what lies idle is unwanted when nobody has asked for it between two looks, and not twice") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, no_limit, nullptr);
  local_heap local(heap);
  const std::uint32_t count = slots_per_slab(bin_of(slot_kind::task, class_of(1024)));
  std::vector<void*> slots;
  const auto use = [&] {
    for (std::uint32_t i = 0; i < 2 * count; ++i) slots.push_back(*local.allocate(slot_kind::task, 1024));
  };
  const auto leave = [&] {
    for (void* slot : std::exchange(slots, {})) local.free(slot);
    local.flush();
  };
  use();
  void* const one = slots.back();
  slots.pop_back();
  leave();
  const std::uint64_t idle = heap.idle_bytes();
  CHECK(idle == (2 * count - 1) * 1024);
  CHECK(heap.newly_idle_bytes() == idle);
  CHECK(heap.unwanted_bytes() == 0);  // it has become idle since
  CHECK(heap.unwanted_bytes() == idle);
  use();
  leave();
  CHECK(heap.unwanted_bytes() == 0);
  CHECK(heap.trim() == 2 * slab_bytes);  // the slab with the one in use stays, with its idle slots
  CHECK(heap.newly_idle_bytes() == 0);
  CHECK(heap.unwanted_bytes() == 0);
  CHECK(heap.unwanted_bytes() == 0);
  local.free(one);
}

TEST_CASE("a slab that comes back from the arena continues its generations, and reads as dead in between") {
  const auto from = small_arena();
  void* slot = nullptr;
  std::uint64_t last = 0;
  {
    owner_heap heap(*from, 1, no_limit, nullptr);
    local_heap local(heap);
    slot = *local.allocate(slot_kind::task, 100);
    for (int i = 0; i < 5; ++i) next_generation(slot);
    last = word_of(slot);
    local.free(slot);
    local.flush();
    CHECK(heap.trim() == slab_bytes);
    CHECK(word_of(slot) == 0);
  }
  owner_heap other(*from, 2, no_limit, nullptr);
  local_heap local(other);
  void* again = *local.allocate(slot_kind::task, 100);
  CHECK(again == slot);
  CHECK(word_of(again) > last);
  CHECK(slab_of(again).owner == 2);
  local.free(again);
}

TEST_CASE("a block above the largest slot has its own run, whose word keeps its generation") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, no_limit, nullptr);
  local_heap local(heap);
  for (const std::size_t large : {std::size_t{20'000}, std::size_t{2'000'000}}) {
    void* block = *local.allocate(slot_kind::task, large);
    CHECK(heap.charged_bytes() == round_up(large + sizeof(slab_header), page_bytes));
    CHECK(slab_of(block).is_run());
    CHECK(count_task_slots(heap) == 1);
    std::memset(static_cast<std::byte*>(block) + 8, 0x5a, large - 8);
    next_generation(block);
    const auto word = word_of(block);
    local.free(block);
    heap.trim();
    CHECK(heap.charged_bytes() == 0);
    CHECK(count_task_slots(heap) == 0);
    void* again = *local.allocate(slot_kind::task, large);
    CHECK(again == block);
    CHECK(word_of(again) > word);
    local.free(again);
    heap.trim();
  }
}

TEST_CASE("a few freed runs are kept for the next large block, charged for the most they ever held") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, 100'000, nullptr);
  local_heap local(heap);
  void* block = *local.allocate(slot_kind::task, 20'000);
  next_generation(block);
  const auto word = word_of(block);
  local.free(block);
  CHECK(heap.charged_bytes() == round_up(20'000 + sizeof(slab_header), page_bytes));
  CHECK(*local.allocate(slot_kind::task, 50'000) == block);
  CHECK(word_of(block) == word);
  CHECK(heap.charged_bytes() == round_up(50'000 + sizeof(slab_header), page_bytes));
  local.free(block);
  CHECK(*local.allocate(slot_kind::task, 20'000) == block);
  CHECK(heap.charged_bytes() == round_up(50'000 + sizeof(slab_header), page_bytes));
  local.free(block);
  heap.set_limit_bytes(60'000);
  CHECK(local.allocate(slot_kind::task, 62'000).error() == shortage::over_limit);
  CHECK(heap.trim() == round_up(50'000 + sizeof(slab_header), page_bytes));
  CHECK(heap.charged_bytes() == 0);
}

TEST_CASE("runs are freed in any order, and only so many are kept") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, no_limit, nullptr);
  local_heap local(heap);
  const std::uint64_t each = round_up(70'000 + sizeof(slab_header), page_bytes);
  std::vector<void*> blocks;
  for (std::uint32_t i = 0; i < kept_runs + 3; ++i) blocks.push_back(*local.allocate(slot_kind::plain, 70'000));
  std::swap(blocks[0], blocks[5]);
  for (void* block : blocks) local.free(block);
  CHECK(heap.charged_bytes() == kept_runs * each);
  CHECK(heap.trim() == kept_runs * each);
}

TEST_CASE("a block of more than a GiB is refused by size, one that the arena cannot hold by memory") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, no_limit, nullptr);
  local_heap local(heap);
  CHECK(local.allocate(slot_kind::plain, (std::size_t{1} << 30) + 1).error() == shortage::too_large);
  CHECK(local.allocate(slot_kind::plain, SIZE_MAX - 10).error() == shortage::too_large);
  CHECK(local.allocate(slot_kind::plain, 512 * mib).error() == shortage::no_memory);
  CHECK(heap.charged_bytes() == 0);
}

TEST_CASE("an arena that is used up refuses, and serves again what comes back") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, no_limit, nullptr);
  local_heap local(heap);
  std::vector<void*> blocks;
  for (;;) {
    const auto block = local.allocate(slot_kind::plain, mib - 64);
    if (!block) {
      CHECK(block.error() == shortage::no_memory);
      break;
    }
    blocks.push_back(*block);
  }
  CHECK(blocks.size() == 64);
  CHECK(heap.charged_bytes() == 64 * mib);
  for (void* block : blocks) local.free(block);
  void* again = *local.allocate(slot_kind::plain, mib - 64);
  local.free(again);
}

TEST_CASE("cores allocate and free each other's slots at once while somebody walks and trims") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, no_limit, nullptr);
  constexpr int cores = 3;
  constexpr int rounds = 300;
  struct mailbox {
    real_policy::mutex mutex;
    std::vector<void*> slots;
  };
  std::array<mailbox, cores> boxes;
  std::array<std::unique_ptr<local_heap>, cores> locals;
  for (auto& local : locals) local = std::make_unique<local_heap>(heap);
  const auto work = [&](std::size_t me) {
    for (int round = 0; round < rounds; ++round) {
      std::vector<void*> made;
      for (int i = 0; i < 70; ++i) made.push_back(*locals[me]->allocate(slot_kind::task, 300));
      for (void* slot : made) next_generation(slot);
      std::vector<void*> mine;
      {
        mailbox& next = boxes[(me + 1) % cores];
        const hold lock(next.mutex);
        next.slots.insert(next.slots.end(), made.begin(), made.end());
      }
      {
        const hold lock(boxes[me].mutex);
        mine.swap(boxes[me].slots);
      }
      for (void* slot : mine) locals[me]->free(slot);
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < cores; ++i) threads.emplace_back(work, i);
  int foreign_words = 0;
  for (int i = 0; i < 50; ++i) {
    heap.trim();
    heap.for_each_task_slot([&](void* slot) { foreign_words += (word_of(slot) & 0xffff) != 0; });
  }
  CHECK(foreign_words == 0);
  for (auto& thread : threads) thread.join();
  for (auto& box : boxes) {
    for (void* slot : box.slots) locals[0]->free(slot);
  }
  for (auto& local : locals) local->flush();
  heap.trim();
  CHECK(heap.charged_bytes() == 0);
}

#ifdef TOKIOD_ASAN
TEST_CASE("nobody may touch a freed slot behind the words that a stale key or a walker reads") {
  const auto from = small_arena();
  owner_heap heap(*from, 1, no_limit, nullptr);
  local_heap local(heap);
  for (const std::size_t bytes : {std::size_t{300}, std::size_t{40'000}}) {
    auto* slot = static_cast<std::byte*>(*local.allocate(slot_kind::task, bytes));
    CHECK(__asan_region_is_poisoned(slot, bytes) == nullptr);
    local.free(slot);
    CHECK(__asan_address_is_poisoned(slot) == 0);
    CHECK(__asan_address_is_poisoned(slot + task_header_bytes - 1) == 0);
    CHECK(__asan_address_is_poisoned(slot + task_header_bytes) == 1);
    CHECK(__asan_address_is_poisoned(slot + bytes - 1) == 1);
    CHECK(*local.allocate(slot_kind::task, bytes) == slot);
    CHECK(__asan_region_is_poisoned(slot, bytes) == nullptr);
    local.free(slot);
  }
}
#endif
