#!/usr/bin/env bash
# Installs the build into a folder, builds plugins out of tree against it, with CMake and with pkg-config, and runs them
# with the installed tokiod; and a program with a runtime of its own, on the installed libtokio.so.
#   package_test.sh BUILD_DIR SOURCE_DIR C_COMPILER CXX_COMPILER
set -euo pipefail
build=$1 source=$2 cc=$3 cxx=$4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
stage=$folder/stage
fail() { echo "package_test: $*" >&2; exit 1; }

DESTDIR=$stage cmake --install "$build" --prefix /usr >"$folder/install.log" || { cat "$folder/install.log"; exit 1; }
for file in usr/sbin/tokiod usr/bin/tokioctl usr/lib/tokiod/plugins/echo.so usr/lib/tokiod/plugins/redis.so \
            usr/include/tokio/abi.h usr/include/tokio/plugin.hpp usr/share/cmake/tokio-plugin/plugin.cmake \
            usr/share/pkgconfig/tokio-plugin.pc usr/share/tokiod/tokiod.schema.json etc/tokiod/tokiod.json \
            usr/lib/systemd/system/tokiod.service usr/lib/systemd/system/tokiod.socket \
            usr/share/man/man8/tokiod.8.gz usr/share/man/man7/tokiod-control.7.gz \
            usr/share/bash-completion/completions/tokioctl usr/share/zsh/vendor-completions/_tokioctl; do
  [ -f "$stage/$file" ] || fail "$file was not installed"
done
libdir=$(dirname "$(find "$stage/usr" -name libtokio.so)")
[ -f "$libdir/cmake/tokio/tokio-config.cmake" ] || fail "no CMake package beside libtokio.so"
[ -d "$stage/etc/tokiod/conf.d" ] || fail "no folder for drop-ins"
# A build says the same wherever its source lies.
for file in "$stage"/usr/sbin/tokiod "$stage"/usr/bin/tokioctl "$libdir"/libtokio.so "$stage"/usr/lib/tokiod/plugins/*.so; do
  [ -f "$file" ] || fail "$file was not installed"
  ! grep -qF "$source/" "$file" || fail "$file says where it was built"
done

cp -r "$source/tests/integration/package/outside" "$folder/outside"
cmake -S "$folder/outside" -B "$folder/made" -G Ninja -DCMAKE_PREFIX_PATH="$stage/usr" -DCMAKE_BUILD_TYPE=Release \
      -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" >"$folder/configure.log" || { cat "$folder/configure.log"; exit 1; }
cmake --build "$folder/made" || fail "the plugins do not build with find_package(tokio-plugin)"

export PKG_CONFIG_PATH=$stage/usr/share/pkgconfig:$libdir/pkgconfig
mkdir "$folder/by-hand"
cd "$folder/outside"
# [by-hand]
gcc $(pkg-config --cflags tokio-plugin) plain.c -o plain.so $(pkg-config --libs tokio-plugin)
clang++-19 $(pkg-config --variable=cxxflags tokio-plugin) $(pkg-config --cflags tokio-plugin) \
  quick.cpp -o quick.so $(pkg-config --libs tokio-plugin)
# [/by-hand]
# [whole-by-hand]
clang++-19 $(pkg-config --variable=cxxflags tokio) $(pkg-config --cflags tokio) whole.cpp -o whole $(pkg-config --libs tokio)
# [/whole-by-hand]
mv whole "$folder/by-hand"
mv ./*.so "$folder/by-hand"

expect() {  # CODE PLUGIN
  local code=0
  "$stage/usr/sbin/tokiod" run "$2" >"$folder/run.log" 2>&1 || code=$?
  [ "$code" = "$1" ] || { cat "$folder/run.log"; fail "tokiod run $2 ended with $code, expected $1"; }
}
for plugins in "$folder/made" "$folder/by-hand"; do
  [ "$(nm -D --defined-only "$plugins/plain.so" "$plugins/quick.so" | grep -c ' tokio_plugin_v')" = 2 ] ||
    fail "a plugin does not export its descriptor"
  [ "$(nm -D --defined-only "$plugins/quick.so" | wc -l)" = 1 ] || fail "quick.so exports more than its descriptor"
  expect 5 "$plugins/plain.so"
  expect 7 "$plugins/quick.so"
done
if command -v rustc bindgen >/dev/null; then  # else find_package says that TOKIOD_RUST is false
  expect 7 "$folder/made/crab.so"
fi
[ "$(nm -D --defined-only "$libdir/libtokio.so" | awk '{print $3}')" = tokio_runtime_v0 ] ||
  fail "libtokio.so shows more than its one function"
for program in "$folder/made/whole" "$folder/by-hand/whole"; do
  code=0
  LD_LIBRARY_PATH=$libdir "$program" || code=$?
  [ "$code" = 13 ] || fail "$program ended with $code, expected 13"
done
echo "the package works"
