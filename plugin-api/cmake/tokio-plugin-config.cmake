# find_package(tokio-plugin) gives tokio::abi (C), tokio::sdk (C++) and tokiod_add_plugin().
include("${CMAKE_CURRENT_LIST_DIR}/tokio-plugin-targets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/plugin.cmake")
