// Who is connected, as values, and the narrow face by which methods look at connections and close them.
// Threads: [control].
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "control/access.hpp"
#include "control/peer.hpp"

namespace tokiod::control {

struct client_info {
  std::uint64_t id = 0;
  std::string name;  // that it gave itself
  peer who;
  std::string socket;
  level has = level::none;
  std::int64_t since_wall_ns = 0;
  std::uint64_t requests = 0;
  std::size_t in_flight = 0, out_bytes = 0, subscriptions = 0;
};

class client_directory {
 public:
  virtual ~client_directory() = default;
  [[nodiscard]] virtual std::vector<client_info> clients() const = 0;  // by id
  // Soon; with `politely`, when what waits for it was written. False: there is none.
  virtual bool disconnect(std::uint64_t id, bool politely) = 0;
};

[[nodiscard]] inline std::string client_id_text(std::uint64_t id) { return "c-" + std::to_string(id); }

}  // namespace tokiod::control
