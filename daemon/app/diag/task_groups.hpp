// How long the tasks of each plugin wait, are runnable and are polled, by the name of their kind, whether or not
// anybody listens: what they do is looked at again and again, and each of them is taken to have done so since the look
// before. So tasks pay nothing for it, and the sums are right on average, the longer they are the better.
// Invariant: at most most_groups names, the others go by "other"; a sum never goes down.
// Threads:   one at a time.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "control/metric_family.hpp"

namespace tokiod::app {

// Tasks of one instance and kind, as one look met them.
struct seen_group {
  std::string instance, name;
  std::uint64_t idle = 0, queued = 0, running = 0;
};

class task_groups {
 public:
  static constexpr std::size_t most_groups = 256;
  static constexpr std::uint64_t time_between = 100;  // times what a look takes, so that it is one percent of one CPU

  [[nodiscard]] bool is_due(instant_ns now) const { return now >= due_; }
  // `now` is when the look began, `took` how long it was.
  void add(const std::vector<seen_group>& seen, instant_ns now, duration_ns took);
  [[nodiscard]] std::vector<control::metric_family> families() const;

 private:
  struct sums {
    std::uint64_t alive = 0;
    duration_ns idle = 0, queued = 0, running = 0;
  };
  using name = std::pair<std::string, std::string>;  // of the instance, of the kind
  [[nodiscard]] sums& of(const seen_group& group);

  std::map<name, sums> all_;
  instant_ns last_ = 0, due_ = 0;
};

}  // namespace tokiod::app
