"""One server of ours beside one of somebody else, under the same load generator: ports, turns, ratios."""
import socket
import statistics
import time

from .engine import Refused


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


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values), "samples": values}


def summary(ours, theirs, peer):
    """{test: {"tokiod": ..., peer: ..., "ratio": how many times more requests we answer}}."""
    return {name: {"tokiod": spread(ours[name]), peer: spread(theirs[name]),
                   "ratio": statistics.median(ours[name]) / statistics.median(theirs[name])}
            for name in ours if name in theirs}


def take_turns(load, port, peer_port, peer, reps):
    """`load(port)` gives {test: requests per second}; other rates will do."""
    ours, theirs = {}, {}
    for rep in range(reps):
        turns = [(ours, port), (theirs, peer_port)]
        for where, at in turns if rep % 2 else reversed(turns):
            for name, rate in load(at).items():
                where.setdefault(name, []).append(rate)
    return summary(ours, theirs, peer)


def lines(results, title, peer):
    yield f"{title:<46}{'tokiod rps':>14}{peer:>14}{'ratio':>8}"
    for name, row in results.items():
        yield f"{name:<46}{row['tokiod']['median']:>14,.0f}{row[peer]['median']:>14,.0f}{row['ratio']:>7.2f}x"
