# What each flavor (preset) adds to the compiler's command line, and where its outputs go.
set(TOKIOD_FLAVOR "release" CACHE STRING "release, debug, asan, tsan, fuzz or gcc")

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(TOKIOD_PLUGIN_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/plugins")

# The units and the daemon's defaults name paths below /usr.
if(CMAKE_INSTALL_PREFIX_INITIALIZED_TO_DEFAULT)
  set(CMAKE_INSTALL_PREFIX /usr CACHE PATH "" FORCE)
endif()

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

add_compile_options(-pthread)
add_link_options(-pthread)
# A build says the same wherever its source lies: places are named from the top of the source. Of two prefixes that fit,
# both compilers take the one that was given last.
add_compile_options("-ffile-prefix-map=${CMAKE_SOURCE_DIR}=." "-ffile-prefix-map=${CMAKE_SOURCE_DIR}/="
                    "-fdebug-prefix-map=${CMAKE_BINARY_DIR}=.")  # a debugger that is told of the top finds all files
# Assertions on state words stay on in a release: no NDEBUG. Line tables are what a stack needs to name its places; the
# rest of the debug information takes a quarter of the compiler's time. Who steps through the code takes flavor debug.
foreach(language C CXX)
  set(CMAKE_${language}_FLAGS_RELWITHDEBINFO "-O2 -g1")
  if(NOT TOKIOD_FLAVOR STREQUAL "debug")
    set(CMAKE_${language}_FLAGS_DEBUG "-g1")
  endif()
endforeach()
if(TOKIOD_FLAVOR STREQUAL "gcc")  # nobody runs it but its tests
  set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O1")
  set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1")
endif()

if(TOKIOD_FLAVOR STREQUAL "debug")
  add_compile_definitions(TOKIOD_DEBUG=1)
elseif(TOKIOD_FLAVOR MATCHES "^(asan|fuzz)$")
  add_compile_definitions(TOKIOD_DEBUG=1 TOKIOD_ASAN=1)
  # Without vptr: it opens a pipe to see whether it may read an object, and a process that has used up its descriptors,
  # which is what some tests are about, is told that its objects are none.
  add_compile_options(-O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize=vptr
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=address,undefined)
  if(TOKIOD_FLAVOR STREQUAL "fuzz")  # what libFuzzer sees of the code that it drives
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
elseif(TOKIOD_FLAVOR STREQUAL "tsan")
  add_compile_definitions(TOKIOD_DEBUG=1 TOKIOD_TSAN=1)
  add_compile_options(-O1 -fno-omit-frame-pointer -fsanitize=thread)
  add_link_options(-fsanitize=thread)
endif()

if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fcoro-aligned-allocation>)
  # An executable's files are compiled as a library's, so that both read the same precompiled headers; without a time of
  # day in these, ccache knows them again.
  set(CMAKE_CXX_COMPILE_OPTIONS_PIE -fPIC)
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>")
  find_program(TOKIOD_LLD ld.lld-19)
  if(TOKIOD_LLD)
    add_link_options(-fuse-ld=${TOKIOD_LLD})
  endif()
endif()

find_program(TOKIOD_CCACHE ccache)
if(TOKIOD_CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER "${TOKIOD_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER "${TOKIOD_CCACHE}")
endif()

# The flavor gcc compiles the files of such a target a few at a time: their heavy headers, JSON and Asio, are then read
# once, which halves the time of the whole flavor. So the names in their unnamed namespaces are one per target.
function(tokiod_compile_together target)
  if(TOKIOD_FLAVOR STREQUAL "gcc")
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()

# Sources that read a command line once, through templates that take the optimiser longer than all the rest.
function(tokiod_compile_plainly)
  if(TOKIOD_FLAVOR MATCHES "^(release|gcc)$")
    set_source_files_properties(${ARGN} PROPERTIES COMPILE_OPTIONS -O0 SKIP_UNITY_BUILD_INCLUSION ON
      SKIP_PRECOMPILE_HEADERS ON)
  endif()
endfunction()
