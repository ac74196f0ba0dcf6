#!/bin/bash
# Runs inside a throw-away systemd (sdtest.sh) with the installed tree laid over /: the service's life as an operator
# sees it. Prints the step that failed.
set -u
fail() { echo "FAIL: $*" >&2; journalctl -u tokiod --no-pager -n 40 >&2; exit 1; }
as_nobody() { runuser -u nobody -- "$@"; }
soon() { for _ in $(seq 300); do "$@" && return 0; sleep .1; done; return 1; }  # what takes effect a moment later
has_status() { systemctl show -p StatusText tokiod | grep -q workers; }
was_restarted() { [ "$(systemctl show -p NRestarts --value tokiod)" -ge 1 ]; }

systemd-sysusers && systemd-tmpfiles --create tokiod.conf || fail "users and folders"
systemctl daemon-reload
systemd-analyze verify --man=no /usr/lib/systemd/system/tokiod.service /usr/lib/systemd/system/tokiod*.socket ||
  fail "systemd-analyze verify"
mkdir -p /etc/tokiod/conf.d
cp /usr/share/tokiod/plugins.d/echo.json /etc/tokiod/conf.d/

# 1 the sockets alone; the first connection starts the service
systemctl start tokiod.socket tokiod-ro.socket || fail "starting the sockets"
[ "$(systemctl is-active tokiod)" = inactive ] || fail "the service runs before anybody asked"
tokioctl status || fail "the first connection did not start the service"
soon systemctl -q is-active tokiod || fail "not active after the first connection"
soon has_status || fail "no status text"

# 2 a plugin serves from inside the sandbox
exec 3<>/dev/tcp/127.0.0.1/7007 || fail "the echo plugin does not listen"
echo hello >&3; read -r -t 5 answer <&3 || fail "no echo"
[ "$answer" = hello ] || fail "echo answered '$answer'"
exec 3>&-

# 3 who may do what: nobody may look, and only through the read-only socket
as_nobody tokioctl --socket /run/tokiod/observe.sock ping || fail "nobody cannot look"
as_nobody tokioctl --socket /run/tokiod/control.sock ping && fail "nobody reached the control socket"
as_nobody tokioctl --socket /run/tokiod/observe.sock plugin stop echo && fail "nobody stopped a plugin"

# 3b metrics over a loopback port, for a Prometheus that reaches no Unix socket
systemctl start tokiod-metrics.socket || fail "the socket for metrics"
exec 3<>/dev/tcp/127.0.0.1/9464 || fail "nobody listens for scrapers"
printf 'GET /metrics HTTP/1.1\r\nHost: x\r\nAccept: application/openmetrics-text\r\n\r\n' >&3
page=$(timeout 20 cat <&3); exec 3>&-
[[ $page == *'tokiod_build_info{'*'# EOF' ]] || fail "no metrics over the loopback port: $page"

# 4 reload: a good file is applied when systemctl returns, a bad one is refused and changes nothing
before=$(systemctl show -p MainPID --value tokiod)
echo '{"log": {"level": "debug"}}' >/etc/tokiod/conf.d/50-log.json
systemctl reload tokiod || fail "reload"
tokioctl --json config get log.level | grep -q debug || fail "the reload did not apply"
echo '{"log": {"level": "loud"}}' >/etc/tokiod/conf.d/50-log.json
systemctl reload tokiod && fail "a faulty reload was called good"
tokioctl --json config get log.level | grep -q debug || fail "a faulty reload changed something"
[ "$(systemctl show -p MainPID --value tokiod)" = "$before" ] || fail "a reload restarted the service"
rm /etc/tokiod/conf.d/50-log.json

# 5 restart: the sockets stay where they are
systemctl restart tokiod || fail "restart"
tokioctl ping || fail "no answer after the restart"
[ "$(stat -c %a:%G /run/tokiod/control.sock)" = 660:tokiod-admin ] || fail "the control socket's mode changed"

# 6 the watchdog: a stopped process is killed and comes back
systemctl kill -s STOP --kill-who=main tokiod
soon was_restarted || fail "the watchdog did not restart a stopped process"
soon systemctl -q is-active tokiod && tokioctl ping || fail "no answer after the watchdog's restart"

# 7 stop drains, and ends cleanly
systemctl stop tokiod || fail "stop"
[ "$(systemctl show -p Result --value tokiod)" = success ] || fail "stop: $(systemctl show -p Result --value tokiod)"

# 8 a faulty configuration is not tried again and again
echo '{"nothing": 1}' >/etc/tokiod/conf.d/50-bad.json
systemctl start tokiod && fail "started with a faulty configuration"
sleep 1
[ "$(systemctl show -p NRestarts --value tokiod)" = 0 ] || fail "restarted although the configuration is faulty"
names_the_fault() { journalctl -u tokiod --no-pager | grep -q '50-bad.json:1:2: /nothing is not a setting'; }
soon names_the_fault || fail "the fault is not in the journal"
rm /etc/tokiod/conf.d/50-bad.json

# 9 a plugin that ends the daemon is named, and after the third time the daemon runs without it
echo '{"plugins": {"instances": {"bad": {"plugin": "crashes"}}}}' >/etc/tokiod/conf.d/60-crashes.json
systemctl reset-failed tokiod
systemctl start tokiod  # may fail: the first process may end before it is ready
runs_without() { systemctl -q is-active tokiod && tokioctl --json plugin list | grep -q 'ended the daemon 3 times'; }
soon runs_without || fail "the daemon does not get over a plugin that crashes"
[ "$(systemctl show -p NRestarts --value tokiod)" = 3 ] || fail "restarted $(systemctl show -p NRestarts --value tokiod) times"
[ "$(find /var/lib/tokiod/crash -name 'held-*.json' | wc -l)" = 3 ] || fail "no report of each crash"
names_the_instance() { journalctl -u tokiod --no-pager | grep -q 'SIGSEGV in instance bad'; }
soon names_the_instance || fail "the journal does not name the instance"
tokioctl plugin clear-quarantine crashes || fail "plugin clear-quarantine"
[ -z "$(ls /var/lib/tokiod/quarantine)" ] || fail "the quarantine was not cleared"
systemctl stop tokiod || fail "stop after the crashes"
echo "the service lives as it should"
