"""The redis plugin beside Debian's redis-server, loaded by redis-benchmark."""
import csv
import io
import os
import socket
import statistics
import subprocess
import time

from . import peers
from .daemon import Daemon
from .engine import Refused

LOAD = ["-t", "ping,set,get,incr,mset", "-n", "200000", "-c", "50", "-P", "16", "--csv"]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_port(port):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise Refused(f"nothing listens on 127.0.0.1:{port} after 10 s")


class Server:
    """Debian's redis-server without persistence."""

    def __init__(self):
        self.port = free_port()
        self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no",
                                         "--bind", "127.0.0.1", "--loglevel", "warning"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def rates(text):
    """redis-benchmark's CSV as {test: requests per second}."""
    rows = csv.reader(io.StringIO(text))
    next(rows)
    return {row[0]: float(row[1]) for row in rows}


def load(port):
    command = ["redis-benchmark", "-h", "127.0.0.1", "-p", str(port), *LOAD]
    return rates(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "samples": values}


def summary(ours, theirs):
    """{test: {"tokiod": ..., "redis-server": ..., "ratio": how many times more requests we answer}}."""
    return {name: {"tokiod": spread(ours[name]), "redis-server": spread(theirs[name]),
                   "ratio": statistics.median(ours[name]) / statistics.median(theirs[name])}
            for name in ours if name in theirs}


def take_turns(port, server_port, reps):
    ours, theirs = {}, {}
    for rep in range(reps):
        turns = [(ours, port), (theirs, server_port)]
        for where, at in turns if rep % 2 else reversed(turns):
            for name, rate in load(at).items():
                where.setdefault(name, []).append(rate)
    return summary(ours, theirs)


def measure(build, reps):
    """Requests per second against the plugin and against redis-server, in turns."""
    peers.packages("redis")
    port = free_port()
    daemon = Daemon("tokiod", "the redis plugin", build, os.cpu_count(), {"redis": {"plugin": "redis", "config": {"port": port}}})
    server = Server()
    try:
        daemon.start()
        wait_port(port)
        wait_port(server.port)
        return take_turns(port, server.port, reps)
    finally:
        daemon.stop()
        server.stop()


def lines(results):
    yield f"{'redis-benchmark ' + ' '.join(LOAD[2:-1]):<46}{'tokiod rps':>14}{'redis-server':>14}{'ratio':>8}"
    for name, row in results.items():
        yield f"{name:<46}{row['tokiod']['median']:>14,.0f}{row['redis-server']['median']:>14,.0f}{row['ratio']:>7.2f}x"
