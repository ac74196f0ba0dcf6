// The door to nlohmann/json: no other file includes it. Objects keep the order in which they were written, so that a
// reply reads as its author laid it out. Never call what throws: use parse(), dump() and the checked getters.
#pragma once
#include <nlohmann/json.hpp>

namespace tokiod::wire {

using json = nlohmann::ordered_json;

}  // namespace tokiod::wire
