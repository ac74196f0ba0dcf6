// How many descriptors this process has: a test that leaves none behind has as many afterwards.
// Threads: any; exact while no other thread opens or closes one.
#pragma once
#include <cstddef>
#include <filesystem>
#include <iterator>

namespace tokiod::test {

inline std::ptrdiff_t open_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
}

}  // namespace tokiod::test
