#!/bin/bash
# Two daemons of the template unit beside the one of the package: each has its configuration, its sockets and its state,
# and none hears what another is told.
. /usr/lib/tokiod-test/common.sh

of() { tokioctl --instance "$@"; }
port_of() { echo "{\"plugins\": {\"instances\": {\"$1\": {\"plugin\": \"echo\", \"config\": {\"bind\": \"127.0.0.1\", \"port\": $2}}}}}"; }
says() { of "$1" --json config get log.level | grep -q "\"$2\""; }

installed
systemd-analyze verify --man=no tokiod@x.service tokiod@x.socket tokiod-ro@x.socket || fail "systemd-analyze verify"
for name in a b; do
  mkdir -p "/etc/tokiod/instances/$name/conf.d"
  echo '{"runtime": {"worker_threads": 1}}' >"/etc/tokiod/instances/$name/tokiod.json"
done
port_of mine 7101 >/etc/tokiod/instances/a/conf.d/echo.json
port_of mine 7102 >/etc/tokiod/instances/b/conf.d/echo.json

# 1 the first connection starts each, and only it
systemctl start tokiod@a.socket tokiod-ro@a.socket tokiod@b.socket tokiod-ro@b.socket || fail "the sockets"
of a status || fail "the first connection did not start a"
[ "$(systemctl is-active tokiod@b tokiod)" = $'inactive\ninactive' ] || fail "another daemon was started, too"
of b ping && start || fail "b, or the one without a name"
pids=$(systemctl show -p MainPID --value tokiod tokiod@a tokiod@b | grep -c '^[1-9]')
[ "$pids" = 3 ] || fail "$pids daemons run"
soon echoes 7101 || fail "the plugin of a"  # a connection that starts a daemon is answered before its plugins run
soon echoes 7102 || fail "the plugin of b"
[ "$(stat -c %a:%G /run/tokiod/instances/a/control.sock)" = 660:tokiod-admin ] || fail "the mode of the socket of a"
runuser -u nobody -- tokioctl --instance a ping || fail "nobody may not look, although there is a socket for that"
runuser -u nobody -- tokioctl --instance a plugin stop mine && fail "nobody stopped a plugin"

# 2 a reload, and what is persisted, are of one of them
echo '{"log": {"level": "debug"}}' >/etc/tokiod/instances/a/conf.d/50-log.json
systemctl reload tokiod@a || fail "reload"
says a debug && says b info || fail "the reload of a: $(of a config get log.level), $(of b config get log.level)"
of b config set log.level warn --persist || fail "config set"
[ -f /var/lib/tokiod/instances/b/runtime.json ] || fail "b persisted nothing"
[ ! -e /var/lib/tokiod/instances/a/runtime.json ] && [ ! -e /var/lib/tokiod/runtime.json ] || fail "another persisted it"
systemctl restart tokiod@b || fail "restart"
says b warn || fail "b forgot what was persisted"

# 3 the end of one leaves the others as they are
before=$(main_pid)
systemctl stop tokiod@a || fail "stop"
[ "$(systemctl show -p Result --value tokiod@a)" = success ] || fail "the end of a"
echoes 7101 && fail "a still listens"
echoes 7102 && tokioctl ping && [ "$(main_pid)" = "$before" ] || fail "the others"
of none ping && fail "there is no such daemon"
of 'A/b' ping; [ $? = 64 ] || fail "a name that is none"
/usr/sbin/tokiod --instance ../x --check-config; [ $? = 64 ] || fail "a name that leads elsewhere"
echo "every instance lives its own life"
