# Writes the file OUTPUT, which says from which commit of SOURCE the daemon was built. Untouched when it says so already.
# cmake -D SOURCE=folder -D OUTPUT=file.cpp -P commit.cmake
set(commit "unknown")  # of a source without its history
execute_process(COMMAND git -C "${SOURCE}" rev-parse --short=12 HEAD
                OUTPUT_VARIABLE said OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed EQUAL 0 AND said MATCHES "^[0-9a-f]+$")
  set(commit "${said}")
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" CONTENT [[
#include "app/build_commit.hpp"

namespace tokiod::app {
const char* const build_commit = "@commit@";
}  // namespace tokiod::app
]] @ONLY)
