// Where operations are asked for, waited for and cancelled: the list of them, their threads, and who wants to hear.
// Invariant: who waits is answered once, with the end of the operation or with the word that it goes on.
// Threads:   [control]; the work runs on a thread for operations.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "control/operation_list.hpp"

namespace tokiod::control {

struct plane;

struct operation_order {
  const wire::method* row = nullptr;
  std::string key;  // no two operations of one key at a time
  std::uint64_t client = 0;
  uid_t uid = 0;
  bool stoppable = false;  // its work looks at what it is given
  std::function<wire::answer(const std::function<bool()>& given_up)> work;
};

// How long its caller waits.
struct patience {
  bool waits = true;                     // else it is answered at once, with the id
  std::optional<duration_ns> at_most{};  // then it is answered that the operation goes on
};

class operation_desk {
 public:
  using reply = std::function<void(wire::answer)>;

  explicit operation_desk(plane& shared);
  ~operation_desk();
  operation_desk(const operation_desk&) = delete;
  operation_desk& operator=(const operation_desk&) = delete;

  void begin(operation_order order, patience how_long, reply done);
  // Gives the state that it is in then: one that runs ends a little later. Fails: not_found, unsupported.
  outcome<operation_state> cancel(std::uint64_t id);

  [[nodiscard]] const operation_record* find(std::uint64_t id) { return list_.find(id); }
  [[nodiscard]] const std::list<operation_record>& all() const { return list_.all(); }

 private:
  struct waiter;
  void wait_for(std::uint64_t id, patience how_long, reply done);
  void tired_of(std::uint64_t id);
  void ended(std::uint64_t id, wire::answer what);

  plane& shared_;
  operation_list list_;
  std::map<std::uint64_t, std::unique_ptr<waiter>> waiting_;
};

}  // namespace tokiod::control
