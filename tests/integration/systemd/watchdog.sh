#!/bin/bash
# The watchdog: a process that stands still, a control thread that does, workers that do, and what each policy makes of
# them. Each is ended with SIGABRT, reported, and started again.
. /usr/lib/tokiod-test/common.sh
unit_has watchdog WatchdogSec=1s
installed

ended_by_watchdog() {  # LABEL: the service comes back, and the manager says why it went
  soon was_restarted || fail "$1: not started again"
  soon journal_has "with result 'watchdog'" || fail "$1: not by the watchdog"
  soon journal_has 'tokiod: SIGABRT' || fail "$1: no line of the crash report"
  tokioctl ping >/dev/null || fail "$1: no answer afterwards"
  systemctl stop tokiod
  systemctl reset-failed tokiod 2>/dev/null
  journalctl --rotate --vacuum-time=1us >/dev/null 2>&1
}

# 1 the whole process
start
systemctl kill -s STOP --kill-who=main tokiod
ended_by_watchdog "a stopped process"

# 2 the control thread alone, while the main thread and the workers go on
start
thread=$(grep -l '^tokiod-control$' "/proc/$(main_pid)"/task/*/comm | cut -d/ -f5)
[ -n "$thread" ] || fail "no control thread"
python3 - "$thread" <<'PYTHON' &
import ctypes, os, sys
ptrace = ctypes.CDLL(None, use_errno=True).ptrace
ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
seize, interrupt, wall = 0x4206, 0x4207, 0x40000000
for request in (seize, interrupt):
    if ptrace(request, int(sys.argv[1]), None, None) != 0:
        sys.exit("ptrace: " + os.strerror(ctypes.get_errno()))
try:
    while True:
        os.waitpid(-1, wall)
except ChildProcessError:
    pass
PYTHON
ended_by_watchdog "a control thread that hangs"
wait

# 3 one worker, which only the policy any_worker minds
hang() { tokioctl call plugin.load plugin=spins_everywhere "config={\"tasks\": $1}" >/dev/null || fail "the spinner does not load"; }
configure 20-watchdog '{"runtime": {"worker_threads": 2, "stuck_after_ms": 100}, "watchdog": {"stuck_after_ms": 300}}'
start
hang 1
sleep 2
[ "$(restarts)" = 0 ] && is_up || fail "the policy control minds a worker"
configure 21-policy '{"watchdog": {"policy": "any_worker"}}'
systemctl reload tokiod || fail "reload"
ended_by_watchdog "a worker that hangs"

# 4 all workers, and nobody to take them over
configure 21-policy '{"watchdog": {"policy": "all_workers"}, "runtime": {"stuck_after_ms": 0}}'
start
hang 1
sleep 2
[ "$(restarts)" = 0 ] && is_up || fail "the policy all_workers minds a single one"
systemctl kill -s KILL tokiod; soon was_restarted; systemctl stop tokiod; systemctl reset-failed tokiod
journalctl --rotate --vacuum-time=1us >/dev/null 2>&1
start
hang 2
ended_by_watchdog "workers that all hang"
[ -z "$(ls /var/lib/tokiod/quarantine 2>/dev/null)" ] || fail "a plugin was blamed for the watchdog's signal"
