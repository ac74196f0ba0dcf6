// From which commit this program was built. The definition is made by scripts/cmake/commit.cmake, so that one small
// file is compiled anew when the commit is another.
// Threads: a constant.
#pragma once

namespace tokiod::app {

extern const char* const build_commit;  // twelve digits of its hash; "unknown": the source had no history

}  // namespace tokiod::app
