# The Debian packages: `cpack --config build/release/CPackConfig.cmake`. What belongs to which is said where it is
# installed, by COMPONENT; what each says of itself is below; what runs when it comes and goes is in scripts/debian/.
if(NOT TOKIOD_FLAVOR STREQUAL "release")
  return()
endif()
set(TOKIOD_MAINTAINER "The tokiod authors <maintainers@tokiod.org>" CACHE STRING "of the packages, with an address")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tokiod)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "${TOKIOD_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_SET_DESTDIR ON)  # /etc does not move with the prefix
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_PRE_BUILD_SCRIPTS "${PROJECT_SOURCE_DIR}/scripts/debian/strip.cmake")
set(CPACK_THREADS 1)  # so that the same files make the same package

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL tokiod plugins libtokio dev)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_HOMEPAGE "https://tokiod.org")
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)  # of the one library: a plugin has no soname

# tokiod_debian(component PACKAGE name SECTION s SUMMARY text DESCRIPTION text [DEPENDS ...] [CONTROL file...])
function(tokiod_debian component)
  cmake_parse_arguments(arg "BINARIES" "PACKAGE;SECTION;SUMMARY;DESCRIPTION;DEPENDS" "CONTROL" ${ARGN})
  string(TOUPPER "${component}" upper)
  foreach(setting PACKAGE_NAME:PACKAGE PACKAGE_SECTION:SECTION PACKAGE_DEPENDS:DEPENDS)
    string(REPLACE ":" ";" pair "${setting}")
    list(GET pair 0 theirs)
    list(GET pair 1 ours)
    set(CPACK_DEBIAN_${upper}_${theirs} "${arg_${ours}}" PARENT_SCOPE)
  endforeach()
  set(CPACK_COMPONENT_${upper}_DESCRIPTION "${arg_SUMMARY}\n${arg_DESCRIPTION}" PARENT_SCOPE)
  list(TRANSFORM arg_CONTROL PREPEND "${PROJECT_SOURCE_DIR}/scripts/debian/")
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA "${arg_CONTROL}" PARENT_SCOPE)
  set(CPACK_DEBIAN_${upper}_PACKAGE_SHLIBDEPS ${arg_BINARIES} PARENT_SCOPE)
  install(FILES "${PROJECT_BINARY_DIR}/debian/copyright" "${PROJECT_BINARY_DIR}/debian/changelog.gz"
          DESTINATION share/doc/${arg_PACKAGE} COMPONENT ${component})
  if(EXISTS "${PROJECT_SOURCE_DIR}/scripts/debian/${arg_PACKAGE}.lintian-overrides")
    install(FILES "${PROJECT_SOURCE_DIR}/scripts/debian/${arg_PACKAGE}.lintian-overrides"
            DESTINATION share/lintian/overrides RENAME ${arg_PACKAGE} COMPONENT ${component})
  endif()
endfunction()

# What every package has in its folder of documents.
file(READ "${PROJECT_SOURCE_DIR}/LICENSE" license)
string(REGEX REPLACE "^MIT License\n\nCopyright [^\n]*\n\n" "" license "${license}")
string(STRIP "${license}" license)
string(REPLACE "\n\n" "\n.\n" license "${license}")
string(REPLACE "\n" "\n " TOKIOD_LICENSE_TEXT " ${license}")
configure_file(scripts/debian/copyright.in debian/copyright @ONLY)
configure_file(scripts/debian/changelog.in debian/changelog @ONLY)
execute_process(COMMAND gzip -9nfk "${PROJECT_BINARY_DIR}/debian/changelog")

set(same "(= ${PROJECT_VERSION})")
tokiod_debian(tokiod PACKAGE tokiod SECTION admin BINARIES
  DEPENDS "systemd | systemd-standalone-sysusers, init-system-helpers (>= 1.54~)"
  CONTROL postinst prerm postrm conffiles
  SUMMARY "asynchronous runtime as a daemon, with its control program"
  DESCRIPTION "tokiod runs tasks of plugins on a work-stealing scheduler, with a reactor for
input and output, timers and a pool for blocking work. Plugins are shared
objects in C, C++ or Rust that are loaded, reloaded and unloaded while it runs.

tokioctl watches and steers it through a control socket: tasks, workers,
plugins, metrics, events and the configuration.")
tokiod_debian(plugins PACKAGE tokiod-plugins SECTION net BINARIES
  DEPENDS "tokiod ${same}"
  SUMMARY "plugins for tokiod: echo, chat, Redis, proxy, HTTP"
  DESCRIPTION "Servers that run as tasks of tokiod, useful by themselves and as examples of
plugins: echo and chat, a server that speaks the protocol of Redis, a TCP proxy
and an HTTP server.

They lie in the plugin directory of the daemon, where it finds them by name.
None of them runs until it is configured or loaded.")
tokiod_debian(libtokio PACKAGE libtokio${PROJECT_VERSION_MAJOR} SECTION libs BINARIES
  CONTROL triggers
  SUMMARY "asynchronous runtime as a shared library"
  DESCRIPTION "The runtime of tokiod inside a program of its own: scheduler, reactor, timers
and blocking pool, without the daemon and its control socket.

Programs are built against it with the headers of tokiod-dev.")
tokiod_debian(dev PACKAGE tokiod-dev SECTION libdevel
  DEPENDS "libtokio${PROJECT_VERSION_MAJOR} ${same}"
  SUMMARY "headers and build rules for plugins of tokiod"
  DESCRIPTION "The C interface between tokiod and its plugins, the header-only C++ library on
top of it (coroutines, channels, locks, timers, sockets, streams), a layer for
Rust, and the rules for CMake and pkg-config that build a plugin.

The same headers build programs with a runtime of their own on libtokio.")

include(CPack)
