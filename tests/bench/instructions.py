"""Instructions of one operation, counted by valgrind: repeatable to about 1 % on a busy machine, and blind to everything but
instructions (a cache miss and a lock prefix count as one). `callgrind_annotate` on the file that a run leaves in PROFILES says
which functions they are in."""
import re
import subprocess

from . import peers, report
from .engine import Refused

LEAST, MOST = 10_000, 40_000  # operations of the two runs whose difference counts; start-up falls out
PROFILES = peers.OUT / "profiles"
SIDES = ("embedded", "tokio", "asio")
# These wait for a clock or another thread, or come in steps that valgrind needs minutes for.
LEFT_OUT = {"skynet", "long_polls", "remote_wake", "spawn_remote_idle", "spawn_remote_busy1", "spawn_remote_busy2"}


def countable(workload):
    return not (workload.load or workload.count or workload.name in LEFT_OUT)


def parse(text):
    """The total of a run."""
    found = re.search(r"I\s+refs:\s+([\d,]+)", text)
    if not found:
        raise Refused("valgrind: " + " ".join(text.strip().splitlines()[-1:]))
    return int(found.group(1).replace(",", ""))


def per_operation(few, many):
    """Two runs as (operations, instructions)."""
    return (many[1] - few[1]) / (many[0] - few[0])


def stripped(name, flavor):
    """A copy with names but without debug information, which Debian's valgrind cannot read."""
    program, *_ = peers.PEERS[name](flavor)
    PROFILES.mkdir(parents=True, exist_ok=True)
    copy = PROFILES / name
    peers.run(["strip", "-g", "-o", copy, program], f"stripping {program.name}")
    return copy


def count(program, workload, operations):
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={program}.{workload}", program, "1"]
    done = subprocess.run(command, input=f"run {workload} {operations}\n", capture_output=True, text=True, timeout=600, check=False)
    answer = re.search(r'"operations":(\d+)', done.stdout)
    if not answer:
        raise Refused(f"{workload} is not offered")
    return int(answer.group(1)), parse(done.stderr)


def cell(program, workload):
    try:
        return per_operation(count(program, workload, LEAST), count(program, workload, MOST))
    except Refused:
        return None


def row(name, values):
    """Each side's instructions and how many times as many as ours."""
    ours = values.get("embedded")
    columns = ["-" if value is None else report.number(value) for value in values.values()]
    ratios = [f" {value / ours:.2f}x" if value and ours and side != "embedded" else "" for side, value in values.items()]
    return f"{name:<25}" + "".join(f"{left + right:>16}" for left, right in zip(columns, ratios))


def measure(workloads, wanted, flavor):
    """{workload: {side: instructions}}, printed as it comes."""
    peers.packages("instructions")
    programs = {name: stripped(name, flavor) for name in SIDES if name == "embedded" or name in wanted}
    print(f"instructions of one operation, 1 worker; profiles in {PROFILES.relative_to(peers.ROOT)}\n{'workload':<25}" + "".join(f"{name:>16}" for name in programs))
    results = {}
    for workload in filter(countable, workloads):
        results[workload.name] = {name: cell(program, workload.name) for name, program in programs.items()}
        print(row(workload.name, results[workload.name]), flush=True)
    return results
