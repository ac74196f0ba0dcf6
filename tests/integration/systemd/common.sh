# What the scripts of this folder share. They run as root inside a throw-away systemd (sdtest.sh) with the installed tree
# laid over /, and say which step failed. A condition is waited for, never slept for; a step that shows that nothing
# happens may sleep a little.
set -u
readonly script=${0##*/}
fail() {
  echo "FAIL: $*" >&2
  systemctl status tokiod --no-pager -n 0 >&2
  journalctl -u tokiod --no-pager -n 60 >&2
  exit 1
}
soon() { for _ in $(seq 600); do "$@" && return 0; sleep .05; done; return 1; }  # what takes effect a moment later
property() { systemctl show -p "$1" --value tokiod; }
main_pid() { property MainPID; }
restarts() { property NRestarts; }
is_up() { systemctl -q is-active tokiod; }
was_restarted() { [ "$(restarts)" -ge 1 ] && is_up; }
journal_has() { journalctl -u tokiod --no-pager -o cat | grep -q -- "$1"; }
# configure NAME JSON: a drop-in of the daemon's configuration. unit_has NAME LINES: one of the unit's [Service].
configure() { mkdir -p /etc/tokiod/conf.d; printf '%s\n' "$2" >"/etc/tokiod/conf.d/$1.json"; }
unit_has() {
  mkdir -p /etc/systemd/system/tokiod.service.d
  printf '[Service]\n%s\n' "$2" >"/etc/systemd/system/tokiod.service.d/$1.conf"
  systemctl daemon-reload
}
installed() {
  systemd-sysusers && systemd-tmpfiles --create tokiod.conf || fail "users and folders"
  systemctl daemon-reload
  systemctl start tokiod.socket tokiod-ro.socket || fail "starting the sockets"
}
restart() { systemctl reset-failed tokiod; systemctl restart tokiod || fail "restart"; }  # however often
start() { systemctl start tokiod || fail "start"; }
# echoes PORT: one line there and back, and the end of the connection.
echoes() {
  local answer
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  echo hello >&3; read -r -t 10 answer <&3
  exec 3>&-
  [ "${answer:-}" = hello ]
}
# begin_load PORT KIND, end_load: clients that connect without a pause meanwhile (load.py). `number WHAT` then counts.
load_moves() { [ "$(cat /run/load.json.now 2>/dev/null || echo 0)" -gt "$1" ]; }
load_goes_on() { soon load_moves $(($(cat /run/load.json.now 2>/dev/null || echo 0) + 50)) || fail "the clients hang"; }
begin_load() {
  rm -f /run/load.json*
  python3 /usr/lib/tokiod-test/load.py "$1" "$2" /run/load.json &
  load=$!
  load_goes_on
}
end_load() { load_goes_on; kill "$load"; wait "$load"; }
number() { python3 -c 'import json, sys; n = json.load(open("/run/load.json"))[sys.argv[1]]; print(n if isinstance(n, int) else len(n))' "$1"; }
nothing_is() {  # refused | lost
  [ "$(number "$1")" = 0 ] || fail "$(number "$1") connections were $1 ($2): $(cut -c1-600 /run/load.json)"
}
