# tokiod_add_rust_plugin(NAME name SOURCE lib.rs)
#
# Builds name.so from one crate over the layer in rust/ (target plugin_<name>). TOKIOD_RUST is true where rustc, bindgen
# and a libclang that this bindgen understands are there: Debian's packages rustc, bindgen, libclang1-14 and
# libclang-common-14-dev.
find_program(TOKIOD_RUSTC rustc)
find_program(TOKIOD_BINDGEN bindgen)
find_library(TOKIOD_BINDGEN_LIBCLANG NAMES libclang-14.so.1 clang-14 PATHS /usr/lib/llvm-14/lib)
if(TOKIOD_RUSTC AND TOKIOD_BINDGEN AND TOKIOD_BINDGEN_LIBCLANG)
  set(TOKIOD_RUST TRUE)
else()
  set(TOKIOD_RUST FALSE)
endif()

if(TOKIOD_RUST AND NOT TARGET tokiod_rust)
  if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/rust/lib.rs")  # installed
    set(rust_dir "${CMAKE_CURRENT_LIST_DIR}/rust")
    get_filename_component(rust_include "${CMAKE_CURRENT_LIST_DIR}/../../../include" ABSOLUTE)
  else()
    get_filename_component(rust_dir "${CMAKE_CURRENT_LIST_DIR}/../rust" ABSOLUTE)
    get_filename_component(rust_include "${CMAKE_CURRENT_LIST_DIR}/../include" ABSOLUTE)
  endif()
  set(rust_made "${CMAKE_BINARY_DIR}/rust")
  file(MAKE_DIRECTORY "${rust_made}")
  file(GLOB rust_sources CONFIGURE_DEPENDS "${rust_dir}/*.rs")
  file(GLOB rust_headers CONFIGURE_DEPENDS "${rust_include}/tokio/abi/*.h")
  add_custom_command(OUTPUT "${rust_made}/abi.rs"
    COMMAND "${CMAKE_COMMAND}" -E env "LIBCLANG_PATH=${TOKIOD_BINDGEN_LIBCLANG}"
            "${TOKIOD_BINDGEN}" "${rust_dir}/abi.h" --use-core --no-layout-tests --size_t-is-usize
            --allowlist-type "tokio_.*" --allowlist-var "TOKIO_.*" -o "${rust_made}/abi.rs"
            -- "-I${rust_include}" -std=c11
    DEPENDS "${rust_dir}/abi.h" ${rust_headers} COMMENT "Generating the bindings for Rust" VERBATIM)
  add_custom_command(OUTPUT "${rust_made}/libtokiod.rlib"
    COMMAND "${CMAKE_COMMAND}" -E env "TOKIOD_ABI_RS=${rust_made}/abi.rs"
            "${TOKIOD_RUSTC}" --edition 2021 -C opt-level=2 -D warnings --crate-type rlib --crate-name tokiod
            "--remap-path-prefix=${CMAKE_SOURCE_DIR}/=" "${rust_dir}/lib.rs" -o "${rust_made}/libtokiod.rlib"
    DEPENDS ${rust_sources} "${rust_made}/abi.rs" COMMENT "Building the layer for Rust" VERBATIM)
  add_custom_target(tokiod_rust DEPENDS "${rust_made}/libtokiod.rlib")
  set_target_properties(tokiod_rust PROPERTIES RLIB "${rust_made}/libtokiod.rlib")
endif()

function(tokiod_add_rust_plugin)
  cmake_parse_arguments(arg "" "NAME;SOURCE;OUTPUT_DIRECTORY;TARGET" "" ${ARGN})
  if(NOT arg_NAME OR NOT arg_SOURCE OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "tokiod_add_rust_plugin needs NAME and SOURCE; got '${ARGN}'")
  endif()
  if(NOT arg_TARGET)
    set(arg_TARGET plugin_${arg_NAME})
  endif()
  if(NOT arg_OUTPUT_DIRECTORY)
    set(arg_OUTPUT_DIRECTORY "${TOKIOD_PLUGIN_OUTPUT_DIRECTORY}")
  endif()
  if(NOT arg_OUTPUT_DIRECTORY)
    set(arg_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}")
  endif()
  file(MAKE_DIRECTORY "${arg_OUTPUT_DIRECTORY}")
  get_filename_component(source "${arg_SOURCE}" ABSOLUTE)
  # Places in messages are named from the top of the source, wherever that lies.
  set(places "--remap-path-prefix=${CMAKE_SOURCE_DIR}/=")
  get_target_property(rlib tokiod_rust RLIB)
  set(image "${arg_OUTPUT_DIRECTORY}/${arg_NAME}.so")
  add_custom_command(OUTPUT "${image}"
    COMMAND "${TOKIOD_RUSTC}" --edition 2021 -C opt-level=2 -C strip=debuginfo -D warnings --crate-type cdylib
            "${places}" --crate-name "${arg_NAME}" --extern "tokiod=${rlib}" "${source}" -o "${image}"
    DEPENDS "${source}" "${rlib}" tokiod_rust COMMENT "Building the Rust plugin ${arg_NAME}" VERBATIM)
  add_custom_target(${arg_TARGET} ALL DEPENDS "${image}")
  set_target_properties(${arg_TARGET} PROPERTIES IMAGE "${image}")
endfunction()
