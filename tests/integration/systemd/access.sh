#!/bin/bash
# Who may do what: user and group against socket and method, with the default rules and with some of an administrator's.
. /usr/lib/tokiod-test/common.sh
control=/run/tokiod/control.sock observe=/run/tokiod/observe.sock
groupadd watchers
useradd -M -G tokiod-admin alice
useradd -M bob
useradd -M -G tokiod-admin carol
useradd -M -G tokiod-admin,watchers dave
installed
start

as() {
  local who=$1 socket=$2 groups=()
  shift 2
  [ "$who" = tokiod ] && groups=(-G tokiod-admin)  # as the unit has it
  runuser -u "$who" "${groups[@]}" -- tokioctl --socket "$socket" "$@" </dev/null 2>&1
}
level() { as "$1" "$2" --json call control.whoami | sed -n 's/.*"level": *"\([a-z]*\)".*/\1/p' | head -1; }
has_level() { local is; is=$(level "$1" "$2"); [ "$is" = "$3" ] || fail "$1 on $2 is '$is', expected '$3'"; }
may() { as "$@" >/dev/null || fail "$1 may not: ${*:2}"; }
refused() {  # by the daemon, as opposed to what did not work
  local code=0
  as "$@" >/dev/null || code=$?
  [ "$code" = 77 ] || fail "$1 was not refused: ${*:2} ended with $code"
}
shut_out() { as "$1" "$2" ping >/dev/null && fail "$1 reached $2"; return 0; }

# 1 by default: root, the daemon's own user and the group administer; everybody looks, and through observe.sock nobody
#   does more than that
for who in root tokiod alice carol dave; do has_level $who $control admin; done
for who in bob nobody; do shut_out $who $control; done
for who in root tokiod alice bob nobody; do
  has_level $who $observe observe
  may $who $observe status
  refused $who $observe call log.set level=debug
  refused $who $observe shutdown
done
may alice $control call log.set level=info

# 2 an administrator's rules come first, in their order; a socket's ceiling is above them all
configure 10-access '{"control": {"access": [
  {"user": "carol", "level": "operate", "deny": ["log.*"]},
  {"group": "watchers", "level": "observe", "allow": ["log.set"]},
  {"user": "bob", "level": "admin"}]}}'
systemctl reload tokiod || fail "reload"
has_level carol $control operate
may carol $control call task.list
refused carol $control call log.set level=info
refused carol $control call log.get
refused carol $control shutdown
has_level dave $control observe
may dave $control call log.set level=info
refused dave $control call control.clients
refused dave $observe call log.set level=info
has_level alice $control admin
has_level bob $observe observe
refused bob $observe shutdown
shut_out bob $control

# 3 what was refused, and who was, is told to who listens
as alice $control --json call event.recent topic=control.audit | grep -q '"uid": *'"$(id -u carol)" ||
  fail "the audit does not name carol"
is_up || fail "somebody stopped the service"
