#!/usr/bin/env bash
# The exposure of the unit, and one script of this folder with the installed service under a real systemd in namespaces
# of its own.
#   service_test.sh BUILD_DIR SOURCE_DIR SCRIPT      exit 77: this machine cannot run it
set -euo pipefail
build=$1 source=$2 script=$3
here=$source/tests/integration
command -v systemd-analyze >/dev/null || { echo "SKIP: no systemd-analyze"; exit 77; }
if [ "$script" = lifecycle ]; then
  systemd-analyze security --offline=yes --threshold=15 --no-pager "$source/systemd/tokiod.service" | tail -1
fi
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"  # it becomes the mode of the root directory in there
DESTDIR=$stage cmake --install "$build" --prefix /usr >/dev/null
for fixture in crashes spins_everywhere ends_slowly; do
  cp "$build/tests/fixtures/$fixture.so" "$stage/usr/lib/tokiod/plugins/"
done
mkdir "$stage/usr/lib/tokiod-test"
cp "$here/systemd/"{common.sh,load.py} "$stage/usr/lib/tokiod-test/"
bash "$here/sdtest.sh" run "$stage" "$here/systemd/$script.sh"
