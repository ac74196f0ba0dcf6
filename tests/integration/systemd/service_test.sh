#!/usr/bin/env bash
# The exposure of the unit, and the installed service's life under a real systemd in namespaces of its own.
#   service_test.sh BUILD_DIR SOURCE_DIR      exit 77: this machine cannot run it
set -euo pipefail
build=$1 source=$2
here=$source/tests/integration
command -v systemd-analyze >/dev/null || { echo "SKIP: no systemd-analyze"; exit 77; }
systemd-analyze security --offline=yes --threshold=15 --no-pager "$source/systemd/tokiod.service" | tail -1
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
chmod 755 "$stage"  # it becomes the mode of the root directory in there
DESTDIR=$stage cmake --install "$build" --prefix /usr >/dev/null
cp "$build/tests/fixtures/crashes.so" "$stage/usr/lib/tokiod/plugins/"
bash "$here/sdtest.sh" run "$stage" "$here/systemd/lifecycle.sh"
