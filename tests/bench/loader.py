"""The client of the TCP workloads: bench_load against an engine's echo server."""
import json
import subprocess

from .engine import Refused, Stalled


class Loader:
    def __init__(self, program, warm_ms, measure_ms, prefix=()):
        self.command, self.times = [*prefix, str(program)], [str(round(warm_ms)), str(round(measure_ms))]

    def run(self, engine, connections, size):
        """The server's CPU time as the total; the client's latencies and rate beside it."""
        words = [str(engine.serve()), str(engine.pid()), str(connections), str(size), *self.times]
        try:
            done = subprocess.run([*self.command, *words], capture_output=True, text=True, timeout=20, check=False)
        except subprocess.TimeoutExpired:
            raise Stalled(f"{connections} connections were not answered within 20 s") from None
        if done.returncode:
            raise Refused(f"bench_load {' '.join(words)}: {done.stderr.strip()}")
        return summary(json.loads(done.stdout))


def summary(said):
    """What bench_load said, as an engine's answer."""
    if not said["requests"]:
        raise Stalled("no request was answered in the measured time")
    more = {"p50_us": said["p50_ns"] / 1e3, "p99_us": said["p99_ns"] / 1e3, "p999_us": said["p999_ns"] / 1e3,
            "max_us": said["max_ns"] / 1e3, "per_s": said["requests"] * 1e9 / said["took_ns"]}
    return {"operations": said["requests"], "total": said["server_cpu_ns"], "unit": "ns cpu", "more": more}
