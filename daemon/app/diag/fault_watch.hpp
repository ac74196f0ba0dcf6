// What instances did wrong between two looks: panics of their tasks, and calls that break a rule of the ABI. So a
// worker on which one happens has nobody to tell. What a run did since the last look is not seen if another run
// follows. Invariant: holds a number for each instance that is there. Threads:   one owner.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "host/registry.hpp"

namespace tokiod::app {

struct new_faults {
  std::string plugin, instance;
  std::uint64_t came = 0;  // since the look before
  std::uint64_t all = 0;   // of this start of the instance
};

class fault_watch {
 public:
  [[nodiscard]] std::vector<new_faults> look(const std::vector<host::image_view>& images);

 private:
  struct seen {
    std::uint64_t generation = 0, starts = 0;  // of its image, and of itself: another run counts from nothing
    std::uint64_t faults = 0;
  };
  std::map<std::string, seen, std::less<>> before_;  // by instance
};

}  // namespace tokiod::app
