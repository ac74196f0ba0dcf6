// Takes every descriptor that this process may have, under a low limit, and gives back as many as a test wants.
// Invariant: the limit is as before, and all is given back, when it ends.
// Threads:   one.
#pragma once
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>

#include <vector>

#include "base/fd.hpp"

namespace tokiod::test {

class descriptor_hog {
 public:
  explicit descriptor_hog(rlim_t limit = 256) : origin_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {
    REQUIRE(origin_);
    REQUIRE(static_cast<rlim_t>(origin_.get()) < limit);
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit low{limit, before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
    take_all();
  }
  descriptor_hog(const descriptor_hog&) = delete;
  descriptor_hog& operator=(const descriptor_hog&) = delete;
  ~descriptor_hog() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  void take_all() {
    for (;;) {
      unique_fd one(::fcntl(origin_.get(), F_DUPFD_CLOEXEC, 0));
      if (!one) break;
      held_.push_back(std::move(one));
    }
    REQUIRE(errno == EMFILE);
  }
  // The highest numbers that it holds; what the process was born with lies anywhere. Returns them, the lowest first.
  std::vector<int> give_back(std::size_t how_many) {
    REQUIRE(how_many <= held_.size());
    std::vector<int> numbers;
    for (auto at = held_.size() - how_many; at < held_.size(); ++at) numbers.push_back(held_[at].get());
    held_.resize(held_.size() - how_many);
    return numbers;
  }
  void give_back_all() { held_.clear(); }

 private:
  unique_fd origin_;
  rlimit before_{};
  std::vector<unique_fd> held_;
};

}  // namespace tokiod::test
