// Operations that were asked for, each with an id: those that wait or run, and the newest of those that have ended.
// Invariant: an operation ends once; what has ended is bounded in number and in bytes, the oldest is forgotten first.
// Threads:   one owner [control].
#pragma once
#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "wire/method.hpp"
#include "wire/rpc.hpp"

namespace tokiod::control {

enum class operation_state : std::uint8_t { waiting, running, done, failed, cancelled };
[[nodiscard]] std::string_view name(operation_state s);

struct operation_record {
  std::uint64_t id = 0;
  const wire::method* row = nullptr;
  std::string about;         // the plugin or instance; empty: the daemon
  std::uint64_t client = 0;  // who asked
  uid_t uid = 0;
  operation_state state = operation_state::waiting;
  std::int64_t asked_wall_ns = 0, began_wall_ns = 0, ended_wall_ns = 0;  // 0: not yet
  wire::answer what;                                                     // once it has ended
  bool stoppable = false;                                                // while it runs
  // Raised to end a running one before its time. Shared with the thread that runs it; relaxed, for nothing is published
  // with it.
  // No model: one flag that only rises.
  std::shared_ptr<std::atomic<bool>> given_up = std::make_shared<std::atomic<bool>>(false);

  [[nodiscard]] bool has_ended() const { return state >= operation_state::done; }
};

[[nodiscard]] inline std::string operation_id_text(std::uint64_t id) { return "op-" + std::to_string(id); }

class operation_list {
 public:
  // `changed` hears of each change of a state.
  explicit operation_list(std::function<void(const operation_record&)> changed) : changed_(std::move(changed)) {}

  operation_record& add(operation_record asked);  // with the next id
  void forget(std::uint64_t id);                  // it was not begun after all
  void begin(std::uint64_t id);
  void end(std::uint64_t id, wire::answer what);

  [[nodiscard]] operation_record* find(std::uint64_t id);                        // null: unknown or forgotten
  [[nodiscard]] const std::list<operation_record>& all() const { return all_; }  // by id

 private:
  void shorten();

  std::function<void(const operation_record&)> changed_;
  std::list<operation_record> all_;
  std::uint64_t last_id_ = 0;
};

}  // namespace tokiod::control
