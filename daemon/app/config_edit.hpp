// What somebody wants changed of the configuration, as what it makes of the two layers that are changed at run time.
// Invariant: the layers that an edit gives say together exactly what was asked for, whatever lies below them.
// Threads:   pure functions [any].
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "app/passing_settings.hpp"
#include "config/load.hpp"

namespace tokiod::app {

// `persist`: the change goes into the layer that outlives the process.
using config_edit = std::function<outcome<config::overlays>(const config::loaded& now, bool persist)>;

// RFC 7396 over the configuration in force: null goes back to the default, over what every layer says.
[[nodiscard]] config_edit merge_edit(wire::json patch);
// RFC 6902, on the document that config.get shows. Fails: invalid_params, not_found, refused (a test did not hold).
[[nodiscard]] config_edit operations_edit(wire::json operations);
// Takes back what was changed at run time: the files say again what is in force. Fails: not_found.
[[nodiscard]] config_edit unset_edit(std::string pointer);
// Says again what was said before each of them, where what they say is still the last word at run time.
[[nodiscard]] config_edit end_edit(std::vector<passing_setting> over);
// What a revision said, whatever the files say now.
[[nodiscard]] config_edit revision_edit(wire::json said);
// The same layers, all of it in the one that outlives the process, but for what is `passing`: that stays where it is
// until its time is over, and what was said before it is written down in its place.
[[nodiscard]] config_edit save_edit(std::vector<passing_setting> passing);

}  // namespace tokiod::app
