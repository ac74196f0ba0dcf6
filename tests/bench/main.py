"""Command line of scripts/bench: builds what is measured, takes the samples, prints tables, writes JSON."""
import argparse
import json
import os
import pathlib
import resource
import sys

from . import catalog, http, instructions, peers, redis, report
from .daemon import BenchDaemon
from .engine import Refused
from .loader import Loader
from .runner import Options, Runner

ABOUT = """Measures tokiod and its peers side by side: the same workloads, in turns, on this machine.

  scripts/bench                      everything
  scripts/bench spawn 'mpsc*'        some workloads; --list names them
  scripts/bench --peers tokio,go     beside some peers; --peers none: tokiod alone

Samples are interleaved (A B C, B C A, ...) after a warm-up. A sample during which others used the CPU is taken again; !n
counts those that stayed disturbed. "2.00x" after a peer's figure: it takes twice as long as tokiod. "want" is the ratio to
Debian's Tokio that is wanted at least, or with an l the share of the raw limit's speed. Figures hold for this machine and
this run: compare ratios. There is no threshold here, and no test measures time. On a machine that others use, --cpu and
--instructions disturb less."""


BLOCKING = "blocking"  # tokiod once more, with files on its blocking pool: beside itself for the workloads file_*
PEERS = [*peers.PEERS, BLOCKING]


def names_of(text):
    return [name for name in text.split(",") if name and name != "none"]


def worker_counts(text):
    counts = [int(word) for word in names_of(text)]
    if not counts or min(counts) < 1:
        raise argparse.ArgumentTypeError(f"worker counts are numbers from 1, got '{text}'")
    return counts


def arguments(words=None):
    parser = argparse.ArgumentParser(prog="scripts/bench", description=ABOUT,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="workloads; * and ? match")
    parser.add_argument("--list", action="store_true", help="name the workloads and end")
    parser.add_argument("--json", metavar="FILE", help="also write every sample there")
    parser.add_argument("--peers", type=names_of, default=peers.DEFAULT,
                        help=f"of {','.join(PEERS)}; default: all but tokio-mimalloc and {BLOCKING}")
    parser.add_argument("--workers", type=worker_counts, default=sorted({1, os.cpu_count()}), help="default: 1 and all cpus")
    parser.add_argument("--reps", type=int, default=5, help="samples of each, default 5")
    parser.add_argument("--sample-ms", type=float, default=30, help="how long a sample lasts, at least 10; default 30")
    parser.add_argument("--attempts", type=int, default=3, help="of a sample that others disturb, default 3")
    parser.add_argument("--cpu", action="store_true", help="CPU time instead of wall time, where that is what is measured")
    parser.add_argument("--instructions", action="store_true", help="count instructions under valgrind instead")
    parser.add_argument("--pin", action="store_true", help="each engine on as many cpus as workers, a client on the last cpu")
    parser.add_argument("--flavor", default="release")
    return parser.parse_args(words)


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return {"cpu": model, "cpus": os.cpu_count(), "kernel": os.uname().release, "load": os.getloadavg()}


def pinned(cpus):
    """What goes before a command so that it stays on these."""
    return ["taskset", "-c", ",".join(str(cpu) for cpu in cpus)]


def engines(args, workers, skipped):
    """tokiod first, then those peers that can be had."""
    available = sorted(os.sched_getaffinity(0))
    prefix = pinned(available[:workers]) if args.pin else []
    made = [BenchDaemon(args.build, workers, prefix)]
    for name in args.peers:
        try:
            made.append(BenchDaemon(args.build, workers, prefix, BLOCKING, "blocking") if name == BLOCKING
                        else peers.engine(name, args.flavor, workers, prefix))
            made[-1].offered()  # starts it
        except (peers.Unavailable, Refused) as why:
            skipped[name] = str(why)
    return [side for side in made if side.name not in skipped]


def loader(args):
    program = peers.build_target(args.flavor, "bench_load")
    last = max(os.sched_getaffinity(0))
    return Loader(program, args.sample_ms * 3, args.sample_ms * 10, pinned([last]) if args.pin else [])


def measure_rows(args, workloads, sides, skipped):
    runner = Runner(Options(args.reps, args.sample_ms, args.attempts, args.cpu), loader(args))
    names, rows = [side.name for side in sides], []
    print(report.header(names), flush=True)
    for workload in workloads:
        cells = runner.measure(workload, sides)
        print(report.row(workload, cells, names), flush=True)
        rows.append(report.row_values(workload, cells))
        skipped |= {f"{workload.name} on {name}": cell.refused for name, cell in cells.items() if cell.refused}
    return rows


def measure_all(args, workloads, workers, skipped):
    """One table: all workloads with `workers` workers."""
    sides = engines(args, workers, skipped)
    print(f"\n{workers} worker(s)\n" + "\n".join(f"  {side.name:<15} {side.about}" for side in sides))
    try:
        rows = measure_rows(args, workloads, sides, skipped)
    finally:
        for side in sides:
            side.stop()
    return {"workers": workers, "engines": {side.name: side.about for side in sides}, "rows": rows}


# Plugins beside a server of the same kind, by the name that is asked for.
SERVERS = {"redis": redis, "http": http}


def measure_server(args, name, skipped):
    try:
        results = SERVERS[name].measure(args.build, min(args.reps, 3))
    except (Refused, peers.Unavailable) as why:
        skipped[name] = str(why)
        return {}
    print("\n" + "\n".join(SERVERS[name].lines(results)))
    return results


def select(args):
    """The workloads that are asked for, and which servers."""
    names = [each.name for each in catalog.WORKLOADS] + list(SERVERS)
    wanted, unknown = catalog.chosen(args.names, names)
    unknown += [name for name in args.peers if name not in PEERS]
    if unknown:
        sys.exit(f"scripts/bench: there is no {', '.join(unknown)}; workloads: {' '.join(names)}; peers: {' '.join(PEERS)}")
    return [each for each in catalog.WORKLOADS if each.name in wanted], [name for name in SERVERS if name in wanted]


def more_descriptors():
    """512 connections have two ends, and a million timers none; the soft limit is often too low for the first."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def measure(args, workloads, servers):
    plugins = ["bench"] * bool(workloads) + servers
    for target in ("tokiod", *(f"plugin_{name}" for name in plugins)):
        peers.build_target(args.flavor, target)
    args.build = peers.ROOT / "build" / args.flavor
    skipped = {}  # by the name of a workload, or of one on a peer: why
    runs = [measure_all(args, workloads, workers, skipped) for workers in args.workers] if workloads else []
    rates = {name: measure_server(args, name, skipped) for name in servers}
    for name, why in skipped.items():
        print(f"skipped {name}: {why}")
    return {"machine": machine(), "pinned": args.pin, "runs": runs, **rates, "skipped": skipped}


def list_names(workloads, servers):
    for each in workloads:
        print(f"{each.name:<26}{each.about}")
    for name in servers:
        print(f"{name:<26}the {name} plugin beside {SERVERS[name].PEER}")


def main():
    args = arguments()
    workloads, servers = select(args)
    if args.list:
        return list_names(workloads, servers)
    more_descriptors()
    here = machine()
    print(f"{here['cpu']}, {here['cpus']} cpus, kernel {here['kernel']}, {args.reps} repetitions, "
          f"{'pinned' if args.pin else 'nothing pinned'}")
    try:
        if args.instructions:
            report_values = {"machine": here, "instructions": instructions.measure(workloads, args.peers, args.flavor)}
        else:
            report_values = measure(args, workloads, servers)
    except peers.Unavailable as why:
        sys.exit(f"scripts/bench: {why}")
    if args.json:
        pathlib.Path(args.json).write_text(json.dumps(report_values, indent=1) + "\n")
