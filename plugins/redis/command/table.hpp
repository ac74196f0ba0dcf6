// The commands: a name, an arity, a handler and a sentence each. Everything that speaks about commands reads this
// table. Threads: constant; execute() runs under the lock that guards call::server.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "server.hpp"

namespace redis {

// Which arguments are keys, as COMMAND tells it: the first, the last (negative: from the end) and every how many.
struct key_places {
  std::int32_t first = 0, last = 0, step = 0;
};
inline constexpr key_places no_key{};
inline constexpr key_places one_key{1, 1, 1};
inline constexpr key_places all_keys{1, -1, 1};
inline constexpr key_places keys_and_values{1, -1, 2};

struct command {
  std::string_view name;  // lower case
  std::int32_t arity;     // number of arguments with the name; negative: at least that many
  key_places keys;
  std::string_view flag;  // "readonly", "write" or, for what touches no keys, nothing
  void (*run)(call&);
  std::string_view group;
  std::string_view summary;
  bool while_subscribed = false;  // allowed on a connection that listens
};

[[nodiscard]] std::span<const command> commands();
[[nodiscard]] const command* find_command(std::string_view name);  // any case

// Runs one request: unknown names, arities and the subscribed state are answered here.
void execute(call& one);

}  // namespace redis
