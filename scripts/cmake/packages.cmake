# The packages we stand on, all from Debian 12. Each is one interface target, entered through one door header.
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)

find_path(TOKIOD_ASIO_INCLUDE asio.hpp REQUIRED)
add_library(tokiod_asio INTERFACE)
target_include_directories(tokiod_asio SYSTEM INTERFACE "${TOKIOD_ASIO_INCLUDE}")
target_compile_definitions(tokiod_asio INTERFACE ASIO_STANDALONE ASIO_NO_DEPRECATED)
target_link_libraries(tokiod_asio INTERFACE Threads::Threads)

# Of Boost only the headers of Beast's parser are used, by plugins/http.
find_path(TOKIOD_BOOST_INCLUDE boost/beast/http/basic_parser.hpp REQUIRED)
add_library(tokiod_boost INTERFACE)
target_include_directories(tokiod_boost SYSTEM INTERFACE "${TOKIOD_BOOST_INCLUDE}")

find_path(TOKIOD_CLI11_INCLUDE CLI/CLI.hpp REQUIRED)
add_library(tokiod_cli11 INTERFACE)
target_include_directories(tokiod_cli11 SYSTEM INTERFACE "${TOKIOD_CLI11_INCLUDE}")

if(TOKIOD_TESTS)
  find_path(TOKIOD_DOCTEST_INCLUDE doctest/doctest.h REQUIRED)
  add_library(tokiod_doctest INTERFACE)
  target_include_directories(tokiod_doctest SYSTEM INTERFACE "${TOKIOD_DOCTEST_INCLUDE}")
endif()
