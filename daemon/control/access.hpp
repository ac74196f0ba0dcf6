// From who is calling to what he may do: the configured rules, then the built-in ones, then the socket's ceiling.
// Invariant: nothing is granted above the ceiling of the socket a caller came through.
// Threads:   values; read-only after compile().
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "control/options.hpp"
#include "control/peer.hpp"
#include "wire/method.hpp"

namespace tokiod::control {

// Whether a method may be called, and what said so.
struct decision {
  bool allowed = false;
  std::string_view by;       // "ceiling" of the socket, "deny" or "allow" of the rule, or its "level"
  std::string_view pattern;  // of deny and allow: the glob that matched; as long as the grant lives
};

// What one connection may do.
struct grant {
  level has = level::none;
  level ceiling = level::none;
  std::string rule;  // which rule said so, for whoami
  std::vector<std::string> allow, deny;

  [[nodiscard]] decision judge(const wire::method& row) const;
  [[nodiscard]] bool may(const wire::method& row) const { return judge(row).allowed; }
  // Whether it has a level, or a rule of its own allows a method by its name.
  [[nodiscard]] bool has_or_names(level needs, std::string_view method) const;
  // Why it may not hear of a topic, as a sentence; nothing: it may, or there is no such topic.
  [[nodiscard]] std::optional<std::string> deaf_to(std::string_view topic) const;
};

class access_policy {
 public:
  // Looks the names of users and groups up. Fails: invalid_config, naming the unknown one.
  [[nodiscard]] static outcome<access_policy> compile(std::vector<access_rule> configured);

  [[nodiscard]] grant decide(const peer& who, level ceiling) const;

 private:
  std::vector<access_rule> rules_;
  std::vector<std::string> names_;  // of the rules, for whoami
};

}  // namespace tokiod::control
