# Precompiled headers: the standard library and the packages that most files read, once for all files of a kind. They take
# half of the compiler's time. What a file includes stays its own business: tests/tidy/includes.py checks by its text that
# a file includes what it names of them, and g++ compiles everything without coroutines and without any of this.
set(TOKIOD_STANDARD_HEADERS
  <algorithm> <array> <atomic> <bit> <cerrno> <charconv> <chrono> <climits> <concepts> <condition_variable> <csignal>
  <cstdio> <cstdlib> <cstring> <deque> <expected> <filesystem> <fstream> <functional> <iostream> <iterator> <limits> <map>
  <memory> <mutex> <new> <optional> <random> <ranges> <set> <shared_mutex> <source_location> <span> <sstream> <stdexcept>
  <string> <string_view> <system_error> <thread> <tuple> <unordered_map> <unordered_set> <utility> <variant> <vector>)

# tokiod_precompile(KIND [HEADERS <header>...] [LINK library...] [OPTIONS option...]): the options are those with which
# the kind's files are compiled, for the compiler refuses any other.
function(tokiod_precompile kind)
  cmake_parse_arguments(arg "" "" "HEADERS;LINK;OPTIONS" ${ARGN})
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    return()
  endif()
  set(source "${CMAKE_BINARY_DIR}/precompiled/${kind}.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT "")
  add_library(tokiod_precompiled_${kind} OBJECT EXCLUDE_FROM_ALL "${source}")
  target_compile_options(tokiod_precompiled_${kind} PRIVATE ${arg_OPTIONS})
  target_link_libraries(tokiod_precompiled_${kind} PRIVATE ${arg_LINK})
  target_precompile_headers(tokiod_precompiled_${kind} PRIVATE ${TOKIOD_STANDARD_HEADERS} ${arg_HEADERS})
endfunction()

function(tokiod_reads_precompiled target kind)
  if(TARGET tokiod_precompiled_${kind})
    target_precompile_headers(${target} REUSE_FROM tokiod_precompiled_${kind})
  endif()
endfunction()
