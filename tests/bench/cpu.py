"""CPU time: of a process, and of everything else on this machine while something was measured."""
import os
import resource
import time

TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
# Nanoseconds of all processes, where the kernel counts them so finely; /proc/stat only knows ticks.
ROOT_GROUP = "/sys/fs/cgroup/cpuacct/cpuacct.usage"


def process_ns(pid):
    """CPU time of a process with all its threads; 0 once it is gone."""
    try:
        return int(time.clock_gettime((~pid << 3) | 2) * 1e9)  # the kernel's name for the CPU clock of `pid`
    except OSError:
        return 0


def parse_stat(line):
    """The first line of /proc/stat as (busy, steal) in nanoseconds."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(word) for word in line.split()[1:9])
    return (user + nice + system + irq + softirq) * TICK_NS, steal * TICK_NS


def read_stat():
    with open("/proc/stat") as file:
        return parse_stat(file.readline())


def read_fine():
    """The root group's count when there is one and it is of this whole machine; else None."""
    try:
        with open(ROOT_GROUP) as file:
            used = int(file.read())
    except (OSError, ValueError):
        return None
    return used if used > 0.9 * read_stat()[0] else None


def busy_ns():
    fine = read_fine()
    return read_stat()[0] if fine is None else fine


class Disturbance:
    """What others used while this was open: `foreign` and `steal` in cores (1.0 = one core all the time). What the first of
    `pids` used is `used`, in nanoseconds."""

    def __init__(self, pids):
        self.pids = [*pids, os.getpid()]

    def own(self):
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)  # load generators that ran meanwhile
        return sum(process_ns(pid) for pid in self.pids) + int((ended.ru_utime + ended.ru_stime) * 1e9)

    def read(self):
        return time.monotonic_ns(), busy_ns(), self.own(), read_stat()[1], process_ns(self.pids[0])

    def __enter__(self):
        self.begin = self.read()
        return self

    def __exit__(self, *_):
        took, busy, own, steal, self.used = (after - before for after, before in zip(self.read(), self.begin))
        self.foreign, self.steal = max(0, busy - own) / took, steal / took
