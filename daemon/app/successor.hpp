// The process that is to take our place, from its start until it goes on alone (handover.hpp).
// Invariant: whoever has not been let go is ended with this object. A process is signalled by its descriptor, so it is
//            never another one.
// Threads:   one, [any]; it waits.
#pragma once
#include <sys/types.h>

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/handover.hpp"

namespace tokiod::app {

// The step at which it failed: "spawn", "start" (it ended), "ready" (in time), "handover".
struct upgrade_failure {
  std::string stage;
  std::string why;             // a sentence
  std::string standard_error;  // the last that it said there
};

struct successor_order {
  std::string program;
  std::vector<std::string> words;  // its command line, the program's name first
  wire::json state;                // but for what handover.hpp adds
  std::vector<passed_socket> sockets;
  // A manager takes only its own child for a main process that it waits for: so the successor becomes nobody's, and
  // thus the manager's. How it ends is not known then, but that it does.
  bool orphan = false;
};

class successor {
 public:
  successor(const successor&) = delete;
  successor& operator=(const successor&) = delete;
  ~successor();

  [[nodiscard]] static std::expected<std::unique_ptr<successor>, upgrade_failure> start(successor_order order);
  // Until it says that it is ready. What it writes to standard error meanwhile goes to ours, too.
  [[nodiscard]] std::expected<void, upgrade_failure> wait_ready(instant_ns deadline,
                                                                const std::function<bool()>& given_up);
  // It goes on alone, and is waited for until it runs, a moment. False: it is gone.
  [[nodiscard]] bool let_go();
  [[nodiscard]] pid_t pid() const { return pid_; }
  // What is said of a failure at `stage`.
  [[nodiscard]] upgrade_failure failure(std::string stage, std::string why);

 private:
  successor() = default;
  void pass_on_errors();
  [[nodiscard]] std::expected<void, upgrade_failure> spawn(const successor_order& order, std::vector<int> descriptors,
                                                           int errors);
  [[nodiscard]] bool has_ended(std::string& how);

  pid_t pid_ = 0;
  unique_fd process_;  // readable once it has ended
  bool ours_ = true;   // our child, to be reaped
  handover_channel channel_;
  unique_fd errors_;  // what it says on standard error
  std::string heard_;
  bool ended_ = false, alone_ = false;
};

}  // namespace tokiod::app
