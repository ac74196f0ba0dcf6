#!/usr/bin/env bash
# The Debian packages: made twice they are the same to the bit, lintian has no error to report, and they are installed,
# upgraded and purged under a real systemd.
#   deb_test.sh BUILD_DIR SOURCE_DIR      exit 77: this machine cannot run it
set -euo pipefail
build=$1 source=$2
here=$source/tests/integration
for tool in cpack dpkg-deb dpkg-shlibdeps lintian; do
  command -v "$tool" >/dev/null || { echo "SKIP: no $tool"; exit 77; }
done
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"  # it becomes the mode of the root directory in there
fail() { echo "deb_test: $*" >&2; exit 1; }

# FOLDER: packs into it.
pack() {
  local to=$1
  mkdir -p "$to"
  (cd "$to" && SOURCE_DATE_EPOCH=1800000000 cpack --config "$build/CPackConfig.cmake" -B "$to") >"$to.log" 2>&1 ||
    { tail -30 "$to.log"; fail "cpack"; }
  rm -rf "$to/_CPack_Packages"
}
pack "$folder/first"
TZ=Asia/Tokyo LC_ALL=C.UTF-8 pack "$folder/second"
mkdir -p "$folder/stage/newer"
mv "$folder/first" "$folder/stage/older"

cd "$folder/stage/older"
[ "$(ls | sed 's/_.*//' | LC_ALL=C sort | paste -sd' ')" = "libtokio0 tokiod tokiod-dev tokiod-plugins" ] || fail "packages: $(ls)"
for package in *.deb; do
  cmp "$package" "$folder/second/$package" || fail "two builds of $package differ"
done
# PACKAGE: the same one of a later version.
later() {
  local version
  version=$(dpkg-deb -f "$1" Version)
  dpkg-deb -R "$1" "$folder/later"
  sed -i "s/^Version: .*/Version: 99.0/; s/(= $version)/(= 99.0)/g" "$folder/later/DEBIAN/control"
  dpkg-deb --root-owner-group -Znone -b "$folder/later" "$folder/stage/newer" >/dev/null
  rm -rf "$folder/later"
}
for package in *.deb; do later "$package"; done
lintian --fail-on error --tag-display-limit 0 ./*.deb || fail "lintian"

bash "$here/sdtest.sh" run "$folder/stage" "$here/package/deb_life.sh"
