// The proxy's upstreams: which are up, how many connections each has, and who gets the next one.
// Invariant: `active` counts the leases that are out. An upstream goes down after `fall` failures in a row and comes up
//            after `rise` successes in a row; at the start all are up.
// Threads:   [any]; one mutex, held while the list is looked through.
#pragma once
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace proxy {

struct thresholds {
  unsigned fall = 2;
  unsigned rise = 1;
};

class pool {
 public:
  static constexpr std::size_t most_upstreams = 64;

  // A connection that an upstream has, or is about to get.
  class lease {
   public:
    lease(lease&& other) noexcept : of_(std::exchange(other.of_, nullptr)), index_(other.index_) {}
    lease& operator=(lease&&) = delete;
    ~lease() {
      if (of_ != nullptr) of_->give_back(index_);
    }
    [[nodiscard]] std::size_t index() const { return index_; }

   private:
    friend class pool;
    lease(pool& of, std::size_t index) : of_(&of), index_(index) {}
    pool* of_;
    std::size_t index_;
  };

  struct state {
    bool up = true;
    std::size_t active = 0;
    std::uint64_t picked = 0;
    std::uint64_t failed = 0;  // connections and checks that did not reach it
  };

  // From 1 to most_upstreams addresses.
  pool(std::vector<std::string> addresses, thresholds limits);

  [[nodiscard]] std::size_t size() const { return addresses_.size(); }
  [[nodiscard]] const std::string& address(std::size_t index) const { return addresses_[index]; }
  // One that is up with the fewest connections, none of `tried` (a bit for each); those that are equal take turns.
  [[nodiscard]] std::optional<lease> pick(std::uint64_t tried = 0);
  // Whether it could be reached. True: that took it down, or brought it up.
  bool note(std::size_t index, bool reached);
  [[nodiscard]] state of(std::size_t index) const;

 private:
  struct entry : state {
    unsigned in_a_row = 0;  // answers that speak against `up`
  };
  void give_back(std::size_t index);

  const std::vector<std::string> addresses_;
  const thresholds limits_;
  mutable std::mutex lock_;
  std::vector<entry> entries_;
  std::size_t next_ = 0;  // where the next look begins
};

}  // namespace proxy
