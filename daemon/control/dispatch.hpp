// From a request to its answer: is there such a method, may this caller call it now, are its parameters right, and then
// where it runs.
// Invariant: `done` is called exactly once, on the control thread; at once for a quick method, later for the others.
//            When the control plane ends first, it is not called at all.
// Threads:   [control].
#pragma once
#include <functional>
#include <optional>

#include "control/methods/methods.hpp"
#include "wire/rpc.hpp"

namespace tokiod::control {

using reply = std::function<void(answer)>;
using call_event = std::function<void(std::string json_text)>;  // before the reply of a plugin's method

// The call of a plugin that the request became, if it became one: to be cancelled when the client goes away.
std::optional<host::call_id> dispatch(const call_site& site, wire::request asked, reply done, call_event event);

}  // namespace tokiod::control
