// `tokioctl config edit`: the configuration in force in an editor, and what was changed there as one change of it.
// Invariant: a text that was not applied stays in its file, whose name is said; only one that was applied, or was left
//            as it was, is removed.
// Threads:   [one thread]; waits for the editor.
#pragma once
#include <expected>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "wire/json.hpp"
#include "wire/rpc.hpp"

namespace tokiod::ctl {

using wire::json;

// The text was not applied.
struct edit_failure {
  wire::rpc_error why;
  std::string kept;  // the file; empty: there was none
};

// `params`: of config.apply, but for the patch and the revision. The result is that of config.apply; null: nothing was
// changed in the editor ($VISUAL, $EDITOR, else vi).
// Each question has a connection of its own: the daemon closes one that is silent for as long as people edit.
[[nodiscard]] std::expected<json, edit_failure> edit_configuration(const std::vector<std::string>& sockets, json params,
                                                                   duration_ns timeout);

}  // namespace tokiod::ctl
