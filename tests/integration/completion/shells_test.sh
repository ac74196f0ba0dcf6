#!/usr/bin/env bash
# Completion in real shells, against a running daemon: what a person would see at the Tab key. A shell that is not
# installed is left out; exit 77 when none is.
#   shells_test.sh BUILD_DIR
set -euo pipefail
build=$1
folder=$(mktemp -d)
daemon=
trap '[ -z "$daemon" ] || { kill "$daemon" 2>/dev/null; wait "$daemon" 2>/dev/null; }; rm -rf "$folder"' EXIT
fail() { echo "shells_test: $*" >&2; exit 1; }

export PATH=$build/bin:$PATH TOKIOD_SOCKET=$folder/control.sock HOME=$folder XDG_CONFIG_HOME=$folder XDG_DATA_HOME=$folder
export TERM=dumb
echo '{}' >"$folder/tokiod.json"
"$build/bin/tokiod" --config "$folder/tokiod.json" --socket "$TOKIOD_SOCKET" --observe-socket '' \
  --plugin-dir "$build/plugins" >"$folder/daemon.log" 2>&1 &
daemon=$!
for _ in $(seq 600); do tokioctl -q ping 2>/dev/null && break; sleep .1; done
tokioctl -q plugin load hello_c || { cat "$folder/daemon.log"; fail "no plugin to complete"; }

# SHELL WORDS EXPECTED: what stands for the last word, sorted, in one line. Tried again, as a person would: tokioctl waits
# only a moment for a daemon that is slow.
expect() {
  local seen
  for _ in $(seq 20); do
    seen=$("complete_in_$1" "$2" | sort | paste -sd' ')
    [ "$seen" = "$3" ] && return 0
  done
  fail "$1 offers '$seen' for 'tokioctl $2', expected '$3'"
}

complete_in_bash() {
  bash -c '
    source <(tokioctl completion bash)
    read -ra COMP_WORDS <<<"tokioctl $1"
    [[ $1 == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _tokioctl
    printf "%s\n" "${COMPREPLY[@]}"' bash "$1"
}

complete_in_fish() {
  tokioctl completion fish >"$folder/tokioctl.fish"
  fish --no-config -c 'source $argv[1]; complete -C "tokioctl $argv[2]"' "$folder/tokioctl.fish" "$1" | cut -f1
}

complete_in_zsh() {
  tokioctl completion zsh >"$folder/_tokioctl"
  zsh -f "$(dirname "$0")/capture.zsh" "$folder" "$1" | sort -u
}

tried=0
for shell in bash fish zsh; do
  command -v "$shell" >/dev/null || { echo "shells_test: no $shell"; continue; }
  tried=$((tried + 1))
  expect "$shell" "plugin l" "list load"
  expect "$shell" "plugin info " "hello_c"
  expect "$shell" "task list --state " "done idle queued running"
  expect "$shell" "call task.lis" "task.list"
  expect "$shell" "config get runtime.worker_thr" "runtime.worker_threads"
done
[ "$tried" -gt 0 ] || exit 77
echo "completion works in $tried shells"
