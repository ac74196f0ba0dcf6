"""Command line of scripts/bench: builds what is measured, takes the samples, prints tables, writes JSON."""
import argparse
import json
import os
import pathlib
import subprocess
import sys

from . import catalog, peers, redis, report
from .daemon import BenchDaemon
from .engine import Refused
from .runner import Options, Runner

ABOUT = """Measures tokiod and its peers side by side: the same workloads, in turns, on this machine.

  scripts/bench                      everything
  scripts/bench spawn 'mpsc*'        some workloads; --list names them
  scripts/bench --peers tokio,go     beside some peers; --peers none: tokiod alone

Samples are interleaved (A B C, B C A, ...) after a warm-up; a sample during which others used the CPU is taken again, and
one that stays disturbed is marked (!n). "2.00x" after a peer's figure: it takes twice as long as tokiod. Nothing is pinned
unless --pin is given. Figures hold for this machine and this run: compare ratios. There is no threshold here, and no test
measures time."""


def names_of(text):
    return [name for name in text.split(",") if name]


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=ABOUT,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="workloads; * and ? match")
    parser.add_argument("--list", action="store_true", help="name the workloads and end")
    parser.add_argument("--json", metavar="FILE", help="also write every sample there")
    parser.add_argument("--peers", type=names_of, default=list(peers.PEERS), help="default: " + ",".join(peers.PEERS))
    parser.add_argument("--workers", type=names_of, default=["1", str(os.cpu_count())], help="worker counts, default: 1 and all")
    parser.add_argument("--reps", type=int, default=5)
    parser.add_argument("--sample-ms", type=float, default=30, help="how long a sample lasts, at least 10")
    parser.add_argument("--flavor", default="release")
    return parser.parse_args()


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    return {"cpu": model, "cpus": os.cpu_count(), "kernel": os.uname().release}


def build(flavor):
    subprocess.run([peers.ROOT / "scripts/build", flavor, "tokiod", "plugin_bench", "plugin_redis"], check=True,
                   stdout=subprocess.DEVNULL)
    return peers.ROOT / "build" / flavor


def engines(build_dir, workers, wanted, skipped):
    made = [BenchDaemon(build_dir, workers)]
    for name in wanted:
        try:
            made.append(peers.PEERS[name](workers))
        except peers.Unavailable as why:
            skipped[name] = str(why)
    return made


def measure_all(args, workloads, workers, skipped):
    """One table: all workloads with `workers` workers."""
    runner = Runner(Options(reps=args.reps, sample_ms=args.sample_ms))
    sides = engines(args.build, workers, args.peers, skipped)
    print(f"\n{workers} worker(s)\n" + "\n".join(f"  {side.name}: {side.about}" for side in sides))
    print(report.header([side.name for side in sides]), flush=True)
    rows = []
    try:
        for workload in workloads:
            cells = runner.measure(workload, sides)
            print(report.row(workload, cells, [side.name for side in sides]), flush=True)
            rows.append(report.row_values(workload, cells))
    finally:
        for side in sides:
            side.stop()
    return {"workers": workers, "engines": {side.name: side.about for side in sides}, "rows": rows}


def measure_redis(args, skipped):
    try:
        results = redis.measure(args.build, min(args.reps, 3))
    except Refused as why:
        skipped["redis"] = str(why)
        return {}
    print("\n" + "\n".join(redis.lines(results)))
    return results


def select(args):
    """The workloads that are asked for, and whether redis is one of them."""
    names = [each.name for each in catalog.WORKLOADS] + ["redis"]
    wanted, unknown = catalog.chosen(args.names, names)
    unknown += [name for name in args.peers if name not in peers.PEERS and name != "none"]
    if unknown:
        sys.exit(f"scripts/bench: there is no {', '.join(unknown)}; workloads: {' '.join(names)}; peers: {' '.join(peers.PEERS)}")
    args.peers = [name for name in args.peers if name != "none"]
    return [each for each in catalog.WORKLOADS if each.name in wanted], "redis" in wanted


def main():
    args = arguments()
    workloads, with_redis = select(args)
    if args.list:
        print("\n".join(f"{each.name:<26}{each.about}" for each in workloads) + ("\nredis" if with_redis else ""))
        return
    args.build = build(args.flavor)
    here, skipped = machine(), {name: why for name, why in catalog.NOT_OFFERED.items()
                                if name in [each.name for each in workloads]}
    print(f"{here['cpu']}, {here['cpus']} cpus, kernel {here['kernel']}, {args.reps} repetitions, nothing pinned")
    runs = [measure_all(args, workloads, int(count), skipped) for count in args.workers] if workloads else []
    rates = measure_redis(args, skipped) if with_redis else {}
    for name, why in skipped.items():
        print(f"skipped {name}: {why}")
    if args.json:
        text = json.dumps({"machine": here, "runs": runs, "redis": rates, "skipped": skipped}, indent=1)
        pathlib.Path(args.json).write_text(text + "\n")
