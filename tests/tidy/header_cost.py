#!/usr/bin/env python3
"""What a header of the SDK costs a file that includes it, in lines that the compiler reads, is at most a number of times
what the six standard headers cost that nothing with coroutines can do without. Lines and not seconds: they are the same
on every machine, and a compiler or a library that grows grows on both sides.

  header_cost.py --compiler CXX ROOT [--print]    --print: what each costs now, instead of a verdict
"""
import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BASELINE = ["coroutine", "cstdint", "expected", "span", "string_view", "utility"]
BUDGET = Path(__file__).resolve().parent / "header_cost.txt"


def budgets(text):
    """Header -> how many times the baseline it may cost."""
    rows = [line.split("#")[0].split() for line in text.splitlines()]
    return {row[0]: float(row[1]) for row in rows if row}


def without_budget(limits):
    """Every umbrella has one."""
    return [f"plugin-api/include/tokio/{each.name} has no line in tests/tidy/header_cost.txt"
            for each in sorted(Path("plugin-api/include/tokio").glob("*.hpp")) if f"tokio/{each.name}" not in limits]


def lines_of(compiler, included):
    """How many lines are left of these headers once the preprocessor is done."""
    text = "".join(f"#include <{name}>\n" for name in included)
    run = subprocess.run([compiler, "-std=c++23", "-Iplugin-api/include", "-E", "-P", "-x", "c++", "-"],
                         input=text, capture_output=True, text=True, check=True)
    return sum(1 for line in run.stdout.splitlines() if line.strip())


def fault(header, cost, baseline, limit):
    if cost <= limit * baseline:
        return None
    return (f"plugin-api/include/{header}: {cost} lines after preprocessing are {cost / baseline:.2f} times those of "
            f"<{'>, <'.join(BASELINE)}>; tests/tidy/header_cost.txt allows {limit}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", required=True)
    parser.add_argument("root")
    parser.add_argument("--print", action="store_true", dest="show")
    options = parser.parse_args()
    os.chdir(options.root)
    limits = budgets(BUDGET.read_text())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counting = pool.submit(lines_of, options.compiler, BASELINE)
        costs = dict(zip(limits, pool.map(lambda name: lines_of(options.compiler, [name]), limits)))
        baseline = counting.result()
    if options.show:
        for name, cost in sorted(costs.items(), key=lambda item: item[1]):
            print(f"{cost:7} lines, {cost / baseline:5.2f} of {limits[name]:5.2f}  {name}")
        return 0
    faults = without_budget(limits) + [said for name, cost in costs.items() if (said := fault(name, cost, baseline, limits[name]))]
    print("\n".join(faults) if faults else f"{len(costs)} headers within their budget of times {baseline} lines")
    return 1 if faults or not costs else 0


if __name__ == "__main__":
    sys.exit(main())
