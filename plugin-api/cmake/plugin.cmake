# tokiod_add_plugin(NAME name SOURCES file... [LINK library...])
#
# Builds name.so as the daemon wants it (target plugin_<name>): one exported symbol, hidden visibility, no symbol that
# keeps the image mapped for ever, nothing undefined. A plugin with C++ sources gets the SDK, one in C the ABI alone.
function(tokiod_add_plugin)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;LINK" ${ARGN})
  if(NOT arg_NAME OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tokiod_add_plugin needs NAME and SOURCES, and knows LINK besides; got '${ARGN}'")
  endif()
  if(NOT arg_NAME MATCHES "^[a-z0-9_-]+$")
    message(FATAL_ERROR "tokiod_add_plugin: a plugin's name is made of a-z, 0-9, _ and -, got '${arg_NAME}'")
  endif()
  set(target plugin_${arg_NAME})
  set(export_map "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/export.map")
  add_library(${target} MODULE ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME "${arg_NAME}" PREFIX "" SUFFIX ".so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS "${export_map}")
  if(TOKIOD_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY "${TOKIOD_PLUGIN_OUTPUT_DIRECTORY}")
  endif()
  # A sanitizer's run time is in the daemon, so its symbols are undefined here.
  if(NOT CMAKE_SHARED_LINKER_FLAGS MATCHES "sanitize" AND NOT TOKIOD_FLAVOR MATCHES "^([at]san|fuzz)$")
    target_link_options(${target} PRIVATE "LINKER:--no-undefined")
  endif()
  target_link_options(${target} PRIVATE "LINKER:--version-script=${export_map}")

  if(arg_SOURCES MATCHES "\\.(cpp|cc|cxx)(;|$)")
    target_link_libraries(${target} PRIVATE tokio::sdk ${arg_LINK})
    target_compile_options(${target} PRIVATE
      "$<$<COMPILE_LANG_AND_ID:CXX,Clang>:-fcoro-aligned-allocation>"
      "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>")
  else()
    target_link_libraries(${target} PRIVATE tokio::abi ${arg_LINK})
    target_compile_features(${target} PRIVATE c_std_11)
  endif()
endfunction()
