// {"$credential": "name"} in what a plugin is configured with stands for the text of $CREDENTIALS_DIRECTORY/name, where
// systemd puts what LoadCredential= names. Only the plugin gets the text: the configuration as it is shown, compared
// and persisted has the name.
// Invariant: a text that cannot be had is a fault, never an empty one.
// Threads:   pure functions, but for the files they read [any].
#pragma once
#include <cstddef>
#include <set>
#include <string>

#include "config/document.hpp"

namespace tokiod::config {

inline constexpr std::size_t credential_limit_bytes = 64 * 1024;

// Credentials in the configurations of instances of a whole document, replaced by their texts. A line feed at the end
// of a file is no part of its text. `texts`: every text that was put in.
[[nodiscard]] wire::json with_credentials(wire::json effective, const std::string& directory,
                                          const std::map<std::string, std::string>& origins, faults& found,
                                          std::set<std::string>& texts);

// Every text in `value` that is one of `texts` is hidden.
void hide_credentials(wire::json& value, const std::set<std::string>& texts);

}  // namespace tokiod::config
