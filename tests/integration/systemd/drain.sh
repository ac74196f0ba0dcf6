#!/bin/bash
# A drain that takes longer than the manager's patience, and gets on: it asks for more time while it does, says what it
# waits for, and is reachable all the while. One that does not get on is not waited for.
. /usr/lib/tokiod-test/common.sh
unit_has patience TimeoutStopSec=2s
installed
slow() { configure 20-slow "{\"plugins\": {\"instances\": {\"slow\": {\"plugin\": \"ends_slowly\", \"config\": {\"tasks\": $1}}}}}"; }

slow 8
start
systemctl stop --no-block tokiod
says() { property StatusText | grep -q -- "$1"; }
soon says '^draining.*waits for plugins' || fail "the drain does not say what it waits for: $(property StatusText)"
tokioctl --json status | grep -q '"draining"' || fail "not reachable during the drain"
tokioctl call runtime.resize worker_threads=3 >/dev/null 2>&1 && fail "takes orders during the drain"
is_down() { [ "$(property ActiveState)" = inactive ] || [ "$(property ActiveState)" = failed ]; }
soon is_down || fail "the drain does not end"
[ "$(property Result)" = success ] || fail "a drain that gets on was cut short: $(property Result)"
[ "$(property ExecMainStatus)" = 0 ] || fail "ended with $(property ExecMainStatus)"
soon journal_has 'the drain waits.*tasks' || fail "the phases are not in the journal"

# A second signal ends it at once: what was left behind is said by the exit code.
slow 200
start
systemctl stop --no-block tokiod
soon says '^draining' || fail "no second drain"
sleep .3  # the same signal twice within a moment is one
systemctl kill --kill-who=main -s TERM tokiod
soon is_down || fail "a second signal does not end the drain"
case $(property ExecMainStatus) in 0 | 75) ;; *) fail "hurried: ended with $(property ExecMainStatus)" ;; esac
