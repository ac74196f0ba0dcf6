#include "runtime/memory/size_class.hpp"

#include <doctest/doctest.h>

using namespace tokiod::memory;

TEST_CASE("the class of a size is the smallest that holds it") {
  for (std::size_t bytes = 1; bytes <= largest_slot_bytes; ++bytes) {
    const std::size_t chosen = slot_sizes[class_of(bytes)];
    REQUIRE(chosen >= bytes);
    if (class_of(bytes) > 0) REQUIRE(slot_sizes[class_of(bytes) - 1u] < bytes);
  }
  CHECK(class_of(0) == 0);
}

TEST_CASE("sizes are multiples of a cache line and waste at most a quarter above 512 bytes") {
  for (std::size_t i = 0; i < class_count; ++i) {
    CHECK(slot_sizes[i] % slot_step_bytes == 0);
    if (i > 0) CHECK(slot_sizes[i] > slot_sizes[i - 1]);
    if (i > 0 && slot_sizes[i] > 512) CHECK(slot_sizes[i] <= slot_sizes[i - 1] * 131 / 100);
  }
  CHECK(slot_sizes.back() == largest_slot_bytes);
}

TEST_CASE("a bin tells its kind and size") {
  for (std::size_t i = 0; i < class_count; ++i) {
    const auto size = static_cast<size_class>(i);
    CHECK(kind_of(bin_of(slot_kind::task, size)) == slot_kind::task);
    CHECK(kind_of(bin_of(slot_kind::plain, size)) == slot_kind::plain);
    CHECK(slot_bytes(bin_of(slot_kind::plain, size)) == slot_sizes[i]);
  }
}
