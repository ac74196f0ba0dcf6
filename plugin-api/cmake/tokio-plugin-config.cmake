# find_package(tokio-plugin) gives tokio::abi (C), tokio::sdk (C++) tokiod_add_plugin(), and tokiod_add_rust_plugin() where
# TOKIOD_RUST is true.
include("${CMAKE_CURRENT_LIST_DIR}/tokio-plugin-targets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/plugin.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/rust.cmake")
