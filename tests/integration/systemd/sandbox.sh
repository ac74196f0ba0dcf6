#!/bin/bash
# What the service's processes may not do, found out by one of them: a helper that the unit starts beside the daemon, in
# the same sandbox, which may run programs of /usr/bin for it.
. /usr/lib/tokiod-test/common.sh
mkdir -m 1777 /srv/open
cat >/usr/lib/tokiod-test/probe.sh <<'PROBE'
cd /
for place in /srv/open /etc /usr /usr/lib/tokiod /var /var/log /run /run/tokiod /home /root /boot /opt /sys /proc/sys /dev; do
  (: >"$place/probe") 2>/dev/null && echo "writes to $place"
done
for place in /var/lib/tokiod /tmp /var/tmp; do
  (: >"$place/probe") 2>/dev/null || echo "cannot write to $place"
  cp /usr/bin/true "$place/runs" && "$place/runs" 2>/dev/null && echo "runs what lies in $place"
done
[ -n "$(ls /home)" ] && echo "sees the homes"
[ "$(ls -d /proc/[0-9]* | wc -l)" -gt 20 ] && echo "sees the processes of others"
unshare -U true 2>/dev/null && echo "makes namespaces"
chmod u+s /tmp/runs 2>/dev/null && echo "makes setuid files"
mount -t tmpfs none /tmp 2>/dev/null && echo "mounts"
grep -q '^CapEff:[[:space:]]*0*$' /proc/self/status || echo "has capabilities"
grep -q '^NoNewPrivs:[[:space:]]*1$' /proc/self/status || echo "may gain privileges"
grep -q '^Seccomp:[[:space:]]*2$' /proc/self/status || echo "has no system call filter"
echo "probed as $(id -un)"
PROBE
install -d /home/"somebody"
unit_has probe 'ExecPaths=/usr/bin
ExecStartPost=/usr/bin/bash -c "/usr/bin/bash /usr/lib/tokiod-test/probe.sh >/var/lib/tokiod/probed 2>/dev/null"'
installed
configure 20-echo '{"plugins": {"instances": {"echo": {"plugin": "echo"}}}}'
start
[ "$(cat /var/lib/tokiod/probed)" = "probed as tokiod" ] || fail "the sandbox: $(cat /var/lib/tokiod/probed)"
[ -e /tmp/probe ] && fail "the service's /tmp is everybody's"
echoes 7007 || fail "a plugin does not serve from inside the sandbox"

# The daemon itself is in there, too.
for line in 'CapEff:.0000000000000000' 'NoNewPrivs:.1' 'Seccomp:.2'; do
  grep -q "^$line$" "/proc/$(main_pid)/status" || fail "the daemon's $line"
done

# As shipped nothing runs but what the unit names.
rm -r /etc/systemd/system/tokiod.service.d
unit_has probe 'ExecStartPost=-/usr/bin/true'
systemctl restart tokiod || fail "restart"
soon journal_has '/usr/bin/true.*Permission denied' || fail "a program that the unit does not name was run"

# CPUs are not its to choose, which it says with the way out; a drop-in allows it.
said=$(tokioctl worker affinity 0 all 2>&1) && fail "CPUs were chosen inside the sandbox"
[[ $said == *"may not choose CPUs"*SystemCallFilter=sched_setaffinity* ]] || fail "why CPUs cannot be chosen: $said"
unit_has pinning 'SystemCallFilter=sched_setaffinity'
systemctl restart tokiod || fail "restart"
soon tokioctl worker affinity 0 all || fail "CPUs cannot be chosen although a drop-in allows it"
