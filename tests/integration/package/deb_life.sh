#!/bin/bash
# Runs inside a throw-away systemd (sdtest.sh) with /older and /newer full of packages: installs, upgrades while the
# service runs, removes, purges. Prints the step that failed.
set -u
fail() { echo "FAIL: $*" >&2; journalctl -u tokiod --no-pager -n 40 >&2; exit 1; }
soon() { for _ in $(seq 300); do "$@" && return 0; sleep .1; done; return 1; }
installed() { dpkg -i "$@" >/run/dpkg.log 2>&1 || { cat /run/dpkg.log >&2; return 1; }; }

rm -f /usr/sbin/policy-rc.d  # of a container underneath, where nothing may start

# 1 installed: enabled, running, usable, and every file has an owner's page
installed /older/*.deb || fail "dpkg -i"
for unit in tokiod.service tokiod.socket tokiod-ro.socket; do
  [ "$(systemctl is-enabled $unit)" = enabled ] || fail "$unit is not enabled"
  soon systemctl -q is-active $unit || fail "$unit is not active"
done
tokioctl status || fail "no answer after the installation"
[ "$(stat -c %a:%G /run/tokiod/control.sock)" = 660:tokiod-admin ] || fail "the control socket's mode"
for page in tokiod.8 tokioctl.1 tokiod.json.5 tokiod-control.7; do
  man -w "${page##*.}" "${page%.*}" >/dev/null || fail "no manual page $page"
done
systemd-analyze verify tokiod.service || fail "systemd-analyze verify, with the manual pages"
tokioctl plugin load echo || fail "a plugin of the package does not load"

# 2 upgraded while it runs: the new service takes over, and what the administrator wrote stays
echo '{"log": {"level": "debug"}} // mine' >/etc/tokiod/tokiod.json
echo '{"control": {}}' >/etc/tokiod/conf.d/10-own.json
before=$(systemctl show -p MainPID --value tokiod)
installed --force-confdef --force-confold /newer/*.deb || fail "the upgrade"
soon systemctl -q is-active tokiod || fail "not active after the upgrade"
[ "$(systemctl show -p MainPID --value tokiod)" != "$before" ] || fail "the old process goes on after the upgrade"
tokioctl ping || fail "no answer after the upgrade"
grep -q mine /etc/tokiod/tokiod.json || fail "the upgrade lost the configuration"
[ "$(dpkg-query -W -f '${Version}' tokiod)" = 99.0 ] || fail "not upgraded"

# 3 stopped by its administrator, it stays so over an upgrade
systemctl stop tokiod.service tokiod.socket tokiod-ro.socket
systemctl disable tokiod.service tokiod.socket tokiod-ro.socket 2>/dev/null
installed --force-confold /older/tokiod_*.deb /older/tokiod-plugins_*.deb /older/tokiod-dev_*.deb /older/libtokio0_*.deb ||
  fail "another version"
[ "$(systemctl is-enabled tokiod)" = disabled ] || fail "an upgrade enabled the service again"

# 4 removed: nothing listens, nothing runs; purged: nothing is left
systemctl enable --now tokiod.socket tokiod-ro.socket tokiod.service 2>/dev/null || fail "enabling again"
mkdir -p /etc/tokiod/instances/second
systemctl enable --now tokiod@second.service 2>/dev/null || fail "a second daemon"
tokioctl --instance second ping || fail "no answer of the second daemon"
dpkg -r tokiod-plugins tokiod >/run/dpkg.log 2>&1 || { cat /run/dpkg.log; fail "dpkg -r"; }
for unit in tokiod.service tokiod.socket tokiod-ro.socket tokiod@second.service tokiod@second.socket; do
  systemctl -q is-active $unit && fail "$unit is active after the removal"
done
[ -f /etc/tokiod/tokiod.json ] || fail "the removal took the configuration"
dpkg --purge tokiod tokiod-plugins tokiod-dev libtokio0 >/run/dpkg.log 2>&1 || { cat /run/dpkg.log; fail "purge"; }
for path in /etc/tokiod /var/lib/tokiod /run/tokiod /usr/lib/tokiod /usr/share/tokiod /usr/include/tokio; do
  [ ! -e $path ] || fail "$path is left after the purge"
done
[ -z "$(find /etc/systemd /var/lib/systemd/deb-systemd-helper-enabled -name 'tokiod*' 2>/dev/null)" ] ||
  fail "units are left after the purge"
echo "the packages come and go as they should"
