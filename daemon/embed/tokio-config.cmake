# find_package(tokio) gives tokio::tokio: a runtime inside a program of its own. The headers come with tokio-plugin.
include(CMakeFindDependencyMacro)
find_dependency(tokio-plugin)
include("${CMAKE_CURRENT_LIST_DIR}/tokio-targets.cmake")
