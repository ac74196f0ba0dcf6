#!/usr/bin/env python3
"""Tests of the driver of scripts/bench: its arithmetic and its decisions, on engines that answer by the book. No time is measured."""
import pathlib
import sys
import unittest
from unittest import mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from bench import beside, catalog, cpu, http, instructions, loader, main, peers, redis, report, runner
from bench.catalog import Workload
from bench.engine import LineEngine, Refused, Stalled
from bench.runner import Cell, Options, Runner, Sample


class Book:
    """An engine whose operations take what the book says, one value for each run."""

    def __init__(self, name, ns_per_op, unit="ns", workloads=("w",)):
        self.name, self.ns, self.unit, self.names = name, ns_per_op, unit, workloads
        self.counts, self.restarts, self.stops, self.log = [], 0, 0, []

    def offered(self):
        return set(self.names)

    def pid(self):
        return 0

    def restart(self):
        self.restarts += 1

    def stop(self):
        self.stops += 1

    def run(self, workload, count, limit_s):
        self.counts.append(count)
        self.log.append(self.name)
        if isinstance(self.ns, Exception):
            raise self.ns
        return {"operations": count, "total": count * self.ns, "unit": self.unit}


class Noise:
    """Stands in for cpu.Disturbance: gives the next figure of a list, the last one for ever."""

    def __init__(self, *foreign):
        self.left = list(foreign)

    def __call__(self, pids):
        return self

    def __enter__(self):
        self.foreign, self.steal, self.used = self.left.pop(0) if len(self.left) > 1 else self.left[0], 0, 500
        return self

    def __exit__(self, *_):
        pass


def measure(workload, engines, noise=Noise(0), **options):
    with mock.patch.object(cpu, "Disturbance", noise):
        return Runner(Options(**options)).measure(workload, engines)


class Turns(unittest.TestCase):
    def test_the_order_begins_one_place_later_each_time(self):
        self.assertEqual([runner.rotated("ABC", by) for by in range(4)], ["ABC", "BCA", "CAB", "ABC"])
        self.assertEqual(runner.rotated([], 3), [])

    def test_engines_take_turns_and_each_goes_first(self):
        log, engines = [], [Book("a", 10), Book("b", 20), Book("c", 30)]
        for engine in engines:
            engine.log = log
        measure(Workload("w", "", count=5), engines, reps=3)
        self.assertEqual("".join(log), "abc" "abc" "bca" "cab")  # the warm-up first

    def test_an_engine_without_the_workload_is_left_out(self):
        cells = measure(Workload("w", ""), [Book("a", 10), Book("b", 10, workloads=("other",))], reps=1)
        self.assertEqual(list(cells), ["a"])


class Counts(unittest.TestCase):
    def test_a_sample_is_filled(self):
        engine = Book("a", 100)
        cell = measure(Workload("w", ""), [engine], reps=2, sample_ms=30)["a"]
        self.assertAlmostEqual(cell.count, 300_000, delta=1)
        self.assertEqual(engine.counts[-2:], [cell.count, cell.count])

    def test_a_sample_is_never_shorter_than_ten_milliseconds(self):
        self.assertAlmostEqual(measure(Workload("w", ""), [Book("a", 100)], reps=1, sample_ms=1)["a"].count, 100_000, delta=1)

    def test_one_operation_longer_than_a_sample_is_run_alone(self):
        self.assertEqual(measure(Workload("w", ""), [Book("a", 5e9)], reps=1)["a"].count, 1)

    def test_operations_that_come_in_steps_are_counted_as_done(self):
        def ask(count):
            done = max(1, -(-count // 1000)) * 1000
            return {"operations": done, "total": done * 50, "unit": "ns"}
        self.assertEqual(runner.calibrate(ask, 30e6), 600_000)

    def test_fixed_counts_are_not_calibrated(self):
        engine = Book("a", 1)
        measure(Workload("w", "", count=7), [engine], reps=2)
        self.assertEqual(engine.counts, [7, 7, 7])

    def test_a_slow_cell_has_fewer_samples(self):
        self.assertEqual(len(measure(Workload("w", "", count=1), [Book("a", 1)], reps=5, cell_s=-1)["a"].samples), 1)

    def test_fresh_samples_have_a_process_each_and_no_warm_up(self):
        engine = Book("a", 1, "B")
        cell = measure(Workload("w", "", count=7, fresh=True), [engine], reps=3)["a"]
        self.assertEqual((engine.restarts, engine.stops, engine.counts, cell.unit), (3, 1, [7, 7, 7], "B"))


class Disturbed(unittest.TestCase):
    def test_a_disturbed_sample_is_taken_again(self):
        engine = Book("a", 10)
        cell = measure(Workload("w", "", count=1), [engine], Noise(1.5, 0.1), reps=1)["a"]
        self.assertEqual((cell.samples[0].foreign, cell.disturbed(), len(engine.counts)), (0.1, 0, 3))

    def test_the_least_disturbed_one_is_kept_and_marked(self):
        cell = measure(Workload("w", "", count=1), [Book("a", 10)], Noise(1.5, 0.8, 1.1), reps=1)["a"]
        self.assertEqual((cell.samples[0].foreign, cell.disturbed()), (0.8, 1))

    def test_cpu_time_can_be_what_an_operation_costs(self):
        cell = measure(Workload("w", "", count=5), [Book("a", 10)], reps=1, by_cpu=True)["a"]
        self.assertEqual((cell.values(), cell.unit), ([100], "ns cpu"))
        cell = measure(Workload("w", "", count=5), [Book("a", 10, "B")], reps=1, by_cpu=True)["a"]
        self.assertEqual((cell.values(), cell.unit), ([10], "B"))

    def test_ticks_of_proc_stat(self):
        self.assertEqual(cpu.parse_stat("cpu  1 2 3 100 50 4 5 6 0 0"), (15 * cpu.TICK_NS, 6 * cpu.TICK_NS))


class Refusals(unittest.TestCase):
    def test_one_engine_that_stalls_does_not_stop_the_others(self):
        cells = measure(Workload("w", "", count=1), [Book("a", 10), Book("b", Stalled("no answer within 1 s"))], reps=3)
        self.assertEqual(len(cells["a"].samples), 3)
        self.assertEqual(cells["b"].refused, "stalled: no answer within 1 s")

    def test_it_is_not_asked_again(self):
        engine = Book("b", Refused("no"))
        measure(Workload("w", "", count=1), [engine], reps=3)
        self.assertEqual(len(engine.counts), 1)


class Peers(unittest.TestCase):
    def test_a_failed_step_says_its_last_words(self):
        with self.assertRaisesRegex(peers.Unavailable, "^building it failed: no such crate$"):
            peers.run(["sh", "-c", "echo no such crate >&2; exit 1"], "building it")

    def test_a_peer_that_cannot_be_had_is_skipped_by_name(self):
        def make(name, *_):
            if name == "go":
                raise peers.Unavailable("golang-go cannot be installed")
            return Book(name, 1)
        args, skipped = main.arguments(["--peers", "tokio,go"]), {}
        args.build = "."
        with mock.patch.object(peers, "engine", make), mock.patch.object(main, "BenchDaemon", lambda *_: Book("tokiod", 1)):
            sides = main.engines(args, 1, skipped)
        self.assertEqual([side.name for side in sides], ["tokiod", "tokio"])
        self.assertEqual(skipped, {"go": "golang-go cannot be installed"})


class Lines(unittest.TestCase):
    def engine(self, program):
        engine = LineEngine("x", "", [sys.executable, "-u", "-c", program])
        self.addCleanup(engine.stop)
        return engine

    def test_an_answer_for_each_line(self):
        engine = self.engine("import sys\nfor line in sys.stdin: print('{\"workloads\": [\"%s\"]}' % line.strip())")
        self.assertEqual(engine.offered(), {"list"})

    def test_a_program_that_does_not_answer_has_stalled_and_is_ended(self):
        engine = self.engine("import sys\nsys.stdin.readline()\nsys.stdin.readline()")
        with self.assertRaisesRegex(Stalled, "no answer to 'list' within 0 s"):
            engine.ask("list", 0)
        self.assertIsNone(engine.process)

    def test_a_program_that_ends_says_with_what(self):
        with self.assertRaisesRegex(Refused, "ended with 3 during 'run w 1'"):
            self.engine("import sys\nsys.exit(3)").run("w", 1, 30)

    def test_an_error_is_a_refusal(self):
        with self.assertRaisesRegex(Refused, "^no such thing$"):
            self.engine("input()\nprint('{\"error\": \"no such thing\"}')").run("w", 1, 30)


def cell(*values, **more):
    return Cell("ns", 1, [Sample(value, 0, 0, 0, False) for value in values], **more)


class Tables(unittest.TestCase):
    cells = {"tokiod": cell(30, 40, 35), "tokio": cell(200, 210, 220), "go": cell(refused="stalled: no answer")}

    def test_a_row_has_the_spread_the_budget_and_the_ratio(self):
        text = report.row(Workload("w", "", 36, 6), self.cells, ["tokiod", "tokio", "go"])
        self.assertEqual(text.split(), ["w", "ns", "35.0", "[30.0..40.0]", "36.0", "210", "6.00x", "stalled", "6x"])

    def test_what_is_missed_is_said(self):
        self.assertEqual(report.verdict(Workload("w", "", 34, 6.1), self.cells), "misses budget+ratio")
        self.assertEqual(report.verdict(Workload("w", ""), self.cells), "")

    def test_values_for_machines(self):
        engines = report.row_values(Workload("w", "", 36), self.cells)["engines"]
        self.assertEqual((engines["tokio"]["ratio"], engines["tokio"]["min"], engines["go"]),
                         (6, 200, {"refused": "stalled: no answer"}))

    def test_without_tokiod_there_is_no_ratio(self):
        self.assertEqual(report.against(cell(50), None), "50.0")

    def test_redis_ratios_are_requests(self):
        text = '"test","rps"\n"SET","100"\n'
        self.assertEqual(redis.rates(text), {"SET": 100.0})
        self.assertEqual(beside.summary({"SET": [300.0]}, {"SET": [100.0]}, "other")["SET"]["ratio"], 3)

    def test_what_wrk_says_is_a_rate_or_a_reason(self):
        self.assertEqual(http.rate("  3 requests in 1.00s\nRequests/sec:  12345.67\n"), 12345.67)
        self.assertEqual(http.requests("  3 requests in 1.00s\n"), 3)
        for text in ("Non-2xx or 3xx responses: 5\nRequests/sec: 1\n", "  Socket errors: connect 0, read 5\nRequests/sec: 1\n",
                     "nothing"):
            with self.assertRaisesRegex(Refused, "wrk sa"):
                http.rate(text)


class Instructions(unittest.TestCase):
    def test_the_difference_of_two_runs_is_what_operations_cost(self):
        self.assertEqual(instructions.parse("==1== I   refs:      4,634,308\n"), 4634308)
        self.assertEqual(instructions.per_operation((10_000, 5_000_000), (40_000, 8_000_000)), 100)
        with self.assertRaisesRegex(Refused, "valgrind: it cannot"):
            instructions.parse("==1==\nit cannot")

    def test_a_row_compares_with_ours(self):
        text = instructions.row("w", {"embedded": 100.0, "tokio": 250.0, "asio": None})
        self.assertEqual(text.split(), ["w", "100", "250", "2.50x", "-"])

    def test_what_waits_for_a_clock_is_left_out(self):
        names = {each.name for each in catalog.WORKLOADS if instructions.countable(each)}
        self.assertTrue({"spawn", "mpsc"} <= names and not {"interval", "tcp_1x64", "memory_sleep", "remote_wake"} & names)


class Servers(unittest.TestCase):
    said = {"requests": 200, "took_ns": 100_000_000, "server_cpu_ns": 800_000, "p50_ns": 40_000, "p99_ns": 90_000,
            "p999_ns": 95_000, "max_ns": 99_000}

    def cells(self, **costs):
        made = {}
        for name, cost in costs.items():
            answer = loader.summary({**self.said, "server_cpu_ns": 200 * cost})
            made[name] = Cell(answer["unit"], 0, [Sample(cost, 0, 0, 0, False, answer["more"])])
        return made

    def test_what_the_client_saw_becomes_an_answer(self):
        answer = loader.summary(self.said)
        self.assertEqual((answer["operations"], answer["total"], answer["more"]["per_s"]), (200, 800_000, 2000))
        with self.assertRaises(Stalled):
            loader.summary({**self.said, "requests": 0})

    def test_latencies_and_rates_stand_below_the_row(self):
        lines = report.row(Workload("w", "", load=(1, 64)), self.cells(tokiod=4000, go=5000), ["tokiod", "go"]).splitlines()
        self.assertEqual([line.split() for line in lines[1:]], [["p50/p99", "us", "40/90", "40/90"], ["1,000/s", "2.00", "2.00"]])

    def test_the_distance_to_the_limit_is_judged(self):
        workload = Workload("w", "", load=(1, 64), near=0.95)
        self.assertEqual(report.verdict(workload, self.cells(tokiod=4000, limit=3700)), "misses limit")
        self.assertEqual(report.verdict(workload, self.cells(tokiod=4000, limit=3900)), "")


class CommandLine(unittest.TestCase):
    def test_worker_counts(self):
        self.assertEqual(main.worker_counts("1,4"), [1, 4])
        with self.assertRaisesRegex(Exception, "worker counts are numbers from 1, got '0'"):
            main.worker_counts("0")

    def test_some_workloads_beside_some_peers(self):
        args = main.arguments(["spawn*", "redis", "--peers", "tokio,go"])
        workloads, servers = main.select(args)
        self.assertEqual((workloads[0].name, servers, args.peers), ("spawn", ["redis"], ["tokio", "go"]))
        self.assertEqual(main.arguments(["--peers", "none"]).peers, [])

    def test_an_unknown_name_is_said(self):
        for words in (["nonsense"], ["--peers", "nonsense"]):
            with self.assertRaisesRegex(SystemExit, "there is no nonsense; workloads: spawn .*; peers: embedded "):
                main.select(main.arguments(words))


class Catalog(unittest.TestCase):
    def test_names_are_unique_and_the_old_ones_stay(self):
        names = [each.name for each in catalog.WORKLOADS]
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({"spawn", "spawn_join", "yield", "chained_spawn", "ping_pong", "notify", "oneshot", "mpsc",
                              "mpsc_bounded", "mutex", "semaphore", "timer", "timeout_ready", "echo"}, set(names))

    def test_patterns(self):
        self.assertEqual(catalog.chosen(["s*", "x"], ["spawn", "mpsc", "skynet"]), (["spawn", "skynet"], ["x"]))
        self.assertEqual(catalog.chosen([], ["a", "b"]), (["a", "b"], []))


if __name__ == "__main__":
    unittest.main()
