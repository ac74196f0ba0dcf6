#!/usr/bin/env bash
# The manual pages that the build made: both readers of Debian take them without a complaint, and they tell of every
# method, setting and command.
#   manual_test.sh BUILD_DIR
set -euo pipefail
build=$1
fail() { echo "manual_test: $*" >&2; exit 1; }
command -v mandoc >/dev/null || { echo "SKIP: no mandoc"; exit 77; }
cd "$build/man"
for page in tokiod.8 tokioctl.1 tokiod.json.5 tokiod-control.7; do
  complaints=$(mandoc -T lint -W warning "$page") || fail "$complaints"
  complaints=$(MANWIDTH=100 man --warnings -E UTF-8 -l "$page" 2>&1 >/dev/null)
  [ -z "$complaints" ] || fail "$page: $complaints"
done

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for page in *.[1-8]; do mandoc -T utf8 "$page" | col -b >"$folder/$page"; done
has() { grep -qF -- "$2" "$folder/$1" || fail "$1 does not tell of $2"; }
for method in $("$build/bin/tokioctl" methods --json | grep -o '"name":"[^"]*"' | cut -d'"' -f4); do
  has tokiod-control.7 "$method"
done
for words in 'plugin load' 'completion shell' '--output' '--timeout' '--tab'; do has tokioctl.1 "$words"; done
for name in runtime.worker_threads control.socket log.level; do has tokiod.json.5 "$name"; done
for option in --check-config --config-json --workers; do has tokiod.8 "$option"; done
echo "the manual is whole"
