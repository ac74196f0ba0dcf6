#!/bin/bash
# The journal's fields: what is logged can be searched for by what it is about.
. /usr/lib/tokiod-test/common.sh
installed
configure 20-hello '{"plugins": {"instances": {"greeter": {"plugin": "hello_c"}}}, "log": {"targets": {"host": "debug"}}}'
start
found() { [ -n "$(journalctl -o cat _SYSTEMD_UNIT=tokiod.service SYSLOG_IDENTIFIER=tokiod "$@")" ]; }
soon found TOKIOD_TARGET=daemon || fail "no record of the daemon's"
soon found TOKIOD_TARGET=plugin.greeter PRIORITY=6 || fail "no record of a plugin's"
systemctl reload tokiod || fail "reload"
systemctl kill --kill-who=main -s HUP tokiod
soon found TOKIOD_TARGET=daemon TOKIOD_SIGNAL=SIGHUP || fail "the fields of a record are not the journal's"
journalctl -o json --output-fields=CODE_FILE,CODE_LINE,MESSAGE TOKIOD_SIGNAL=SIGHUP | python3 -c '
import json, sys
seen = [json.loads(line) for line in sys.stdin]
assert seen, "no record"
for one in seen:
    assert one["CODE_FILE"].endswith("supervisor.cpp"), one
    assert int(one["CODE_LINE"]) > 0, one
    assert one["MESSAGE"].startswith("daemon: signal received"), one
' || fail "where a record comes from"
[ -z "$(journalctl -o cat -p warning _SYSTEMD_UNIT=tokiod.service)" ] || fail "warnings: $(journalctl -p warning -u tokiod)"
