// The arena alone: which pages of the system its slabs lie on.
#include "runtime/memory/arena.hpp"

#include <doctest/doctest.h>

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace {

using namespace tokiod::memory;

constexpr std::size_t mib = 1024 * 1024;

// What the kernel says of the mapping that holds an address: its VmFlags.
std::string flags_of(const void* address) {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::ifstream maps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    std::uintptr_t from = 0, to = 0;
    if (std::sscanf(line.c_str(), "%" SCNxPTR "-%" SCNxPTR, &from, &to) == 2) inside = from <= wanted && wanted < to;
    if (inside && line.starts_with("VmFlags:")) return line + " ";
  }
  return {};
}

}  // namespace

TEST_CASE("slabs behind the first megabytes lie on large pages, where the system has them") {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) return;
  const auto from = std::move(*arena::create({.reserve_bytes = 64 * mib}));
  const auto first = from->take_slab(0);
  REQUIRE(first.has_value());
  std::byte* late = first->base;
  while (late < first->base + 8 * mib) {
    const auto next = from->take_slab(0);
    REQUIRE(next.has_value());
    late = next->base;
  }
  CHECK(reinterpret_cast<std::uintptr_t>(late) % (2 * mib) == 0);
  CHECK_FALSE(flags_of(first->base).contains(" hg "));
  CHECK(flags_of(late).contains(" hg "));
}
