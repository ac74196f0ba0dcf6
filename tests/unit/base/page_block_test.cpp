#include "base/page_block.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>

using namespace tokiod;

namespace {

bool mapped(const std::byte* page) {
  unsigned char resident = 0;
  return ::mincore(const_cast<std::byte*>(page), 1, &resident) == 0 || errno != ENOMEM;
}

}  // namespace

TEST_CASE("a page_block is zeroed, stays with whom it is moved to, and leaves the address space with him") {
  const std::byte* page = nullptr;
  {
    auto first = page_block::take(100'000);
    REQUIRE(first);
    CHECK(first->bytes().size() == 100'000);
    CHECK(std::ranges::all_of(first->bytes(), [](std::byte b) { return b == std::byte{0}; }));
    page = first->bytes().data();
    const page_block second(std::move(*first));
    CHECK(first->bytes().empty());
    CHECK(second.bytes().data() == page);
    CHECK(mapped(page));
  }
  CHECK_FALSE(mapped(page));
}

TEST_CASE("no bytes need no pages, and more than there can be are refused") {
  CHECK(page_block::take(0)->bytes().empty());
  CHECK(page_block::take(std::size_t{1} << 60).error().code == ENOMEM);
}
