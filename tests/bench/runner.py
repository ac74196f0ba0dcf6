"""Samples: how many operations fill one, in which order the engines take turns, and which samples were disturbed."""
import dataclasses
import statistics
import time

from . import cpu
from .engine import Refused, Stalled


@dataclasses.dataclass
class Options:
    reps: int = 5
    sample_ms: float = 30    # what a sample should last; never less than 10
    attempts: int = 3        # of a sample that others disturb
    by_cpu: bool = False     # an operation costs the CPU time of its process, not the time on the wall
    disturbed: float = 0.25  # cores that others may use during a sample
    limit_s: float = 20      # for one answer of an engine
    cell_s: float = 20       # for all samples of one cell; a slow one has fewer of them, one at least


@dataclasses.dataclass
class Sample:
    per_op: float
    cpu_per_op: float  # nanoseconds of the process's CPU time; what a workload sets up counts too
    foreign: float
    steal: float
    disturbed: bool
    more: dict = dataclasses.field(default_factory=dict)  # latencies and rate of a server


@dataclasses.dataclass
class Cell:
    """One workload on one engine."""
    unit: str = ""
    count: int = 0
    samples: list = dataclasses.field(default_factory=list)
    refused: str = ""  # why there is nothing
    spent_s: float = 0

    def values(self):
        return [sample.per_op for sample in self.samples]

    def median(self):
        return statistics.median(self.values())

    def disturbed(self):
        return sum(sample.disturbed for sample in self.samples)


def rotated(order, by):
    """The same turn order, begun `by` places later."""
    by %= max(len(order), 1)
    return order[by:] + order[:by]


def calibrate(ask, sample_ns):
    """Doubles the count until an answer takes a third of a sample, then the count that fills one. Warms up on the way."""
    count = 1
    while True:
        answer = ask(count)
        took = answer["total"] if answer["unit"] == "ns" else sample_ns
        if took >= sample_ns / 3:
            return max(1, round(answer["operations"] * sample_ns / max(took, 1)))
        count = answer["operations"] * (2 if took > sample_ns / 100 else 8)


class Runner:
    def __init__(self, options, loader=None):
        self.options, self.loader = options, loader

    def answer(self, engine, workload, count):
        if workload.load:
            return self.loader.run(engine, *workload.load)
        return engine.run(workload.name, count, self.options.limit_s)

    def attempt(self, engine, workload, count):
        with cpu.Disturbance([engine.pid()]) as noise:
            answer = self.answer(engine, workload, count)
        disturbed = noise.foreign + noise.steal > self.options.disturbed
        per_op, cpu_per_op, unit = answer["total"] / answer["operations"], noise.used / answer["operations"], answer["unit"]
        if self.options.by_cpu and unit == "ns":
            per_op, unit = cpu_per_op, "ns cpu"
        return Sample(per_op, cpu_per_op, noise.foreign, noise.steal, disturbed, answer.get("more", {})), unit

    def sample(self, engine, workload, cell):
        """The least disturbed of a few attempts; the first undisturbed one ends them."""
        if cell.samples and cell.spent_s > self.options.cell_s:
            return
        best, begin = None, time.monotonic()
        for _ in range(self.options.attempts):
            if workload.fresh:
                engine.restart()
            taken, cell.unit = self.attempt(engine, workload, cell.count)
            if best is None or taken.foreign + taken.steal < best.foreign + best.steal:
                best = taken
            if not best.disturbed:
                break
        cell.samples.append(best)
        cell.spent_s += time.monotonic() - begin

    def warm_up(self, engine, workload, cell):
        def ask(count):
            return self.answer(engine, workload, count)
        if workload.load:
            engine.serve()
        elif workload.count is None:
            cell.count = calibrate(ask, max(self.options.sample_ms, 10) * 1e6)
        else:
            cell.count = workload.count
            if not workload.fresh:
                ask(workload.count)

    def guarded(self, step, engine, workload, cell):
        """A step of one engine; what it refuses is the cell's result, and the others go on."""
        if cell.refused:
            return
        try:
            step(engine, workload, cell)
        except Stalled as why:
            cell.refused = f"stalled: {why}"
        except Refused as why:
            cell.refused = str(why)

    def measure(self, workload, engines):
        """A cell for each engine that offers the workload: A B C, B C A, C A B ..."""
        engines = [engine for engine in engines if workload.load or workload.name in engine.offered()]
        cells = {engine.name: Cell() for engine in engines}
        for engine in engines:
            self.guarded(self.warm_up, engine, workload, cells[engine.name])
        for rep in range(self.options.reps):
            for engine in rotated(engines, rep):
                self.guarded(self.sample, engine, workload, cells[engine.name])
        if workload.fresh:
            for engine in engines:
                engine.stop()  # what it leaves behind is not the next workload's
        return cells
