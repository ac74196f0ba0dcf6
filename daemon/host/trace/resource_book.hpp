// The records of resources and of operations that wait for them, while somebody listens.
// Invariant: what is known of a resource's state adds up: a change waits for a copy and is never left out, unless the
//            resource itself is. A resource that is not known has no operations. An id is never used again.
// Threads:   [any].
#pragma once
#include <atomic>
#include <optional>
#include <string_view>
#include <vector>

#include "host/trace/record_sets.hpp"
#include "host/trace/resource_record.hpp"

namespace tokiod::host::trace {

// Whose it is.
struct owned_by {
  std::uintptr_t owner = 0;
  std::string_view instance;
};

struct resource_birth {
  std::string_view type, kind, file;
  std::uint32_t line = 0;
  std::uint64_t parent = 0;
  bool internal = false;
  bool seen = true;  // false: it was there already
};

enum class change_of_state : std::uint8_t { set, add, subtract };
struct state_change {
  change_of_state how = change_of_state::set;
  std::string_view name, unit;
  attribute_kind kind = attribute_kind::whole;
  std::uint64_t bits = 0;
};

struct op_birth {
  std::string_view source, poll_name;
  std::uint64_t resource = 0;
  std::uint64_t parent = 0;
  task::task_id task = 0;
};

class resource_book {
 public:
  resource_book(std::size_t resources, std::size_t ops) : resources_(resources), ops_(ops) {}

  // ---- by those whose resources and operations they are
  // 0: there is no room.
  std::uint64_t begin(const resource_birth& of, const owned_by& whose, instant_ns now);
  void change(std::uint64_t resource, const state_change& to);
  void ends(std::uint64_t resource, instant_ns now);
  [[nodiscard]] bool knows(std::uint64_t resource) const { return resources_.find(resource).has_value(); }
  std::uint64_t begin_op(const op_birth& of, const owned_by& whose, instant_ns now);  // 0: there is no room
  void poll_begins(std::uint64_t op, instant_ns now);
  // The beginning of the poll need not have been told.
  void poll_ends(std::uint64_t op, bool ready, instant_ns now);
  void op_ends(std::uint64_t op, instant_ns now);
  // An instance is at its end: what it has not ended ends.
  void end_all_of(std::uintptr_t owner, instant_ns now);

  // ---- by observers
  [[nodiscard]] std::optional<resource_record> find(std::uint64_t resource) const { return resources_.find(resource); }
  [[nodiscard]] std::optional<op_record> find_op(std::uint64_t op) const { return ops_.find(op); }
  // Those that changed at `since` or later, by the clock under their lock; by id.
  [[nodiscard]] std::vector<resource_record> changed_since(instant_ns since) const {
    return resources_.select([=](const resource_record& each) { return each.changed >= since; });
  }
  [[nodiscard]] std::vector<op_record> ops_changed_since(instant_ns since) const {
    return ops_.select([=](const op_record& each) { return each.changed >= since || each.in_poll; });
  }
  [[nodiscard]] std::vector<op_record> ops_of(std::uint64_t resource) const {
    return ops_.select([=](const op_record& each) { return each.resource == resource; });
  }
  void forget_ended_before(instant_ns time);
  void clear();
  [[nodiscard]] std::uint64_t dropped() const { return resources_.dropped() + ops_.dropped(); }

 private:
  record_sets<resource_record> resources_;
  record_sets<op_record> ops_;
  // No model: numbers that are given out once, relaxed.
  std::atomic<std::uint64_t> last_resource_{0}, last_op_{0};
};

}  // namespace tokiod::host::trace
