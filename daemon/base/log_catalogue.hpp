// The messages that are known by an id, whatever their text says: who writes one gives its field along, at the place
// where it writes it. journalctl and the journal's catalog find records by the id, so it never changes its meaning.
// Invariant: the field is shown as what it is and not among the others; a plugin cannot give it.
// Threads:   constants.
#pragma once
#include <string_view>

#include "base/log_record.hpp"

namespace tokiod::log {

inline constexpr std::string_view id_key = "message_id";

namespace known {

inline field as(std::string_view id) { return {id_key, id}; }

inline constexpr std::string_view daemon_started = "a5c0b1cb95e145549d52412adcfe85e8";
inline constexpr std::string_view daemon_stopped = "5cf3d6852dc34014890247a5db5bfc69";
inline constexpr std::string_view daemon_draining = "c1b6f8569bfb444bb90431c30641cdc9";
inline constexpr std::string_view signal_received = "a4cc36c2883c4c419b264ae8f1ff56c1";
inline constexpr std::string_view config_reloaded = "f160ae06044d4a19b18aef78df511a1a";
inline constexpr std::string_view config_not_reloaded = "2f5ba0ab0b714bcf9e9b81ffdee25c2d";
inline constexpr std::string_view poll_does_not_end = "f4f3ac3a98b043b6973a0064842b6664";
inline constexpr std::string_view workers_resized = "5218bf58497243639d88f7d30d19a728";
inline constexpr std::string_view plugin_panicked = "975bfd0b478d4e8085814018ff775ab2";
inline constexpr std::string_view plugin_misbehaved = "ba77c988fd9d43a4b5d42198f6108e37";
inline constexpr std::string_view method_called = "18c04332a759441b899ca57b72c77804";
inline constexpr std::string_view method_refused = "11a9450aa0934e9e9b7ef98b5e270aeb";
inline constexpr std::string_view records_dropped = "3e6fa370b67e420db99d4137f859248f";
inline constexpr std::string_view level_is_over = "8dda006c29794e77958d32128dcd7f1e";

}  // namespace known
}  // namespace tokiod::log
