#!/bin/bash
# The service becomes another program while clients are connected: the manager follows it, and nobody is refused or
# lost. A program that is no good changes nothing.
. /usr/lib/tokiod-test/common.sh
installed
configure 20-servers '{"plugins": {"instances": {"echo": {"plugin": "echo"}, "redis": {"plugin": "redis"}}}}'
start
field() { tokioctl --json "$1" | python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"; }
is_main() { [ "$(main_pid)" = "$1" ]; }

# 1 to the same program, and to one that the package manager has put in its place
begin_load 7007 echo
for generation in 2 3; do
  before=$(main_pid)
  [ $generation = 3 ] && cp /usr/sbin/tokiod /usr/sbin/tokiod.new && mv /usr/sbin/tokiod.new /usr/sbin/tokiod
  tokioctl upgrade --reason "a test" || fail "upgrade to generation $generation"
  [ "$(field info generation)" = $generation ] || fail "generation $(field info generation), expected $generation"
  now=$(field info pid)
  is_main "$now" && [ "$now" != "$before" ] || fail "the manager's main process is $(main_pid), not $now"
  load_goes_on
done
end_load
nothing_is refused upgrades
nothing_is lost upgrades
is_up && [ "$(restarts)" = 0 ] || fail "the service was restarted"
only_one() { [ "$(pgrep -cx tokiod)" = 1 ]; }
soon only_one || fail "old processes stay: $(pgrep -a tokiod)"
says_running() { property StatusText | grep -q '^running'; }
soon says_running || fail "the successor's status is not the service's: $(property StatusText)"

# 2 programs that are no good
main=$(main_pid)
printf '#!/bin/sh\necho no good >&2\nexit 3\n' >/usr/lib/tokiod/broken
printf '#!/bin/sh\nexec sleep 1000\n' >/usr/lib/tokiod/hangs
chmod 755 /usr/lib/tokiod/broken /usr/lib/tokiod/hangs
unit_has shell 'ExecPaths=/usr/bin'  # for the shell that they are written in
restart
main=$(main_pid)
begin_load 6380 redis
tokioctl upgrade --exe /usr/lib/tokiod/broken 2>/run/said && fail "a broken program was taken"
grep -q 'did not take over: it ended' /run/said || fail "the error says: $(cat /run/said)"
tokioctl upgrade --exe /usr/lib/tokiod/hangs --deadline 1 && fail "a program that hangs was taken"
tokioctl upgrade --exe /var/lib/tokiod/none && fail "a program that is not there was taken"
load_goes_on
end_load
nothing_is refused "upgrades that failed"
nothing_is lost "upgrades that failed"
is_main "$main" && is_up || fail "the main process is $(main_pid), was $main"
# Whose they are the journal may not find out: it asks for the unit of a process that has ended.
last_words() { journalctl --no-pager -o cat | grep -q '^no good'; }
soon last_words || fail "the journal does not have its last words"
soon only_one || fail "failed successors stay: $(pgrep -a tokiod)"

# 3 what comes after an upgrade is a service like any other: watched, restarted with its sockets, stopped
tokioctl upgrade || fail "a further upgrade"
[ "$(property NFileDescriptorStore)" = 2 ] || fail "the manager keeps $(property NFileDescriptorStore) sockets"
systemctl kill --kill-who=main -s KILL tokiod
soon was_restarted || fail "a successor that is killed is not started again"
echoes 7007 || fail "no echo"
tokioctl upgrade || fail "an upgrade after a restart"
begin_load 7007 echo
restart
end_load
nothing_is refused "a restart after an upgrade"
nothing_is lost "a restart after an upgrade"
tokioctl upgrade || fail "the last upgrade"
systemctl stop tokiod || fail "stop"
[ "$(property Result)" = success ] || fail "stop: $(property Result)"
pgrep -x tokiod >/dev/null && fail "a process stays after the stop"
tokioctl ping >/dev/null || fail "the sockets do not start the service again"
