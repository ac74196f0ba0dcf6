"""The redis plugin beside Debian's redis-server, loaded by redis-benchmark."""
import csv
import io
import os
import subprocess

from . import beside, peers
from .daemon import Daemon

PEER = "redis-server"
LOAD = ["-t", "ping,set,get,incr,mset", "-n", "200000", "-c", "50", "-P", "16", "--csv"]


class Server:
    """Debian's redis-server without persistence."""

    def __init__(self):
        self.port = beside.free_port()
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


def measure(build, reps):
    """Requests per second against the plugin and against redis-server, in turns."""
    peers.packages("redis")
    port = beside.free_port()
    daemon = Daemon("tokiod", "the redis plugin", build, os.cpu_count(), {"redis": {"plugin": "redis", "config": {"port": port}}})
    server = Server()
    try:
        daemon.start()
        beside.wait_port(port)
        beside.wait_port(server.port)
        return beside.take_turns(load, port, server.port, PEER, reps)
    finally:
        daemon.stop()
        server.stop()


def lines(results):
    return beside.lines(results, "redis-benchmark " + " ".join(LOAD[2:-1]), PEER)
