# Runs between installing and packing: strips what CMake did not link itself, as a plugin in Rust.
file(GLOB_RECURSE images "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*.so")
foreach(image IN LISTS images)
  if(NOT IS_SYMLINK "${image}")
    execute_process(COMMAND strip --strip-unneeded "${image}" COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()
