// Descriptors that are kept open for nothing, so that one can be given up when the process has no other: whatever a
// plugin opens, an operator still gets in.
// Invariant: at most `wanted` are held. A number goes from a closed client to the spares in one step, so that nobody
//            else can have it in between. (Between giving one up and using it somebody else may be faster: then the
//            next try gives up the next one.)
// Threads:   [control].
#pragma once
#include <cstddef>
#include <vector>

#include "base/error.hpp"
#include "base/fd.hpp"

namespace tokiod::control {

class spare_descriptors {
 public:
  explicit spare_descriptors(std::size_t wanted) : wanted_(wanted) {}

  [[nodiscard]] result<void> open();     // all of them. EMFILE, ENFILE, ENOMEM.
  [[nodiscard]] bool give_up();          // closes one; false: there was none left
  void take_instead_of(unique_fd gone);  // closes it, and keeps its number if a spare is missing
  void fill_up();                        // as far as there are descriptors
  [[nodiscard]] std::size_t held() const { return held_.size(); }

 private:
  const std::size_t wanted_;
  unique_fd origin_;  // what the spares are copies of
  std::vector<unique_fd> held_;
};

}  // namespace tokiod::control
