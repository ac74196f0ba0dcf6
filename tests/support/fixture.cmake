# A plugin that a test loads: built with the flavor's compiler, installed nowhere.
#   tokiod_fixture(NAME SOURCE [LINK_FLAGS ...])   -> ${TOKIOD_FIXTURES}/NAME.so
set(TOKIOD_FIXTURES "${CMAKE_BINARY_DIR}/tests/fixtures")
set(TOKIOD_FIXTURE_MAP "${CMAKE_CURRENT_SOURCE_DIR}/support/fixture.map")
function(tokiod_fixture name source)
  cmake_parse_arguments(arg "" "" "LINK_FLAGS" ${ARGN})
  add_library(fixture_${name} MODULE ${source})
  target_link_libraries(fixture_${name} PRIVATE tokiod::abi)
  target_compile_options(fixture_${name} PRIVATE -fvisibility=hidden)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(fixture_${name} PRIVATE -fno-gnu-unique)
  endif()
  target_link_options(fixture_${name} PRIVATE "-Wl,--version-script=${TOKIOD_FIXTURE_MAP}" -Wl,-z,now ${arg_LINK_FLAGS})
  set_target_properties(fixture_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY "${TOKIOD_FIXTURES}" LINK_DEPENDS "${TOKIOD_FIXTURE_MAP}")
endfunction()


# The host in the test's own process: tests/support/in_process_host.hpp.
add_library(tokiod_in_process_host STATIC EXCLUDE_FROM_ALL support/deny_call.cpp support/in_process_host.cpp)
target_link_libraries(tokiod_in_process_host PUBLIC tokiod::abi PRIVATE tokiod::host)
target_include_directories(tokiod_in_process_host PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
tokiod_reads_precompiled(tokiod_in_process_host code)
