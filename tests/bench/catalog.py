"""What is measured: the name, what it must cost (the budget), how much faster than Debian's Tokio it must be, and how it is run."""
import dataclasses
import fnmatch


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    about: str
    budget: float | None = None  # of the architecture's table: the most that one operation may cost
    want: float | None = None    # the ratio to Debian's Tokio that is wanted at least
    count: int | None = None     # operations of one sample; None: as many as fill a sample
    fresh: bool = False          # each sample in a process of its own
    load: tuple | None = None    # (connections, bytes) of a client outside; no connections: a new one for each request
    near: float | None = None    # the share of the raw limit's speed that is wanted at least


WORKLOADS = [
    Workload("spawn", "spawn, run and free a detached task", 35, 6),
    Workload("spawn_join", "spawn a task and wait for it", 65, 5),
    Workload("yield", "one yield of 200 tasks that yield", 10, 6),
    Workload("chained_spawn", "each task spawns the next", 20, 6),
    Workload("ping_pong", "2 spawns and 2 oneshots", 110, 4),
    Workload("skynet", "per leaf of a tree of tasks with 1 M leaves", 40, 8),
    Workload("spawn_remote_idle", "10,000 spawns from another thread, workers idle"),
    Workload("spawn_remote_busy1", "the same, workers busy with tasks that yield"),
    Workload("spawn_remote_busy2", "100 spawns, workers busy with tasks that spawn"),
    Workload("spawn_blocking_1", "a job of the blocking pool, 1 task with 16 at once", None, 2),
    Workload("spawn_blocking_2", "the same, 2 tasks", None, 2),
    Workload("spawn_blocking_4", "the same, 4 tasks", None, 2),
    Workload("remote_wake", "a thread wakes a task, the task wakes the thread"),
    Workload("long_polls", "a poll of 1 ms; n workers share them"),
    Workload("block_in_place", "a stretch that may block, nobody interferes", 20),
    Workload("oneshot", "create, send and receive, ready", 20, 2.2),
    Workload("mpsc", "unbounded: send and receive", 27, 1.8),
    Workload("mpsc_bounded", "bounded: send and receive", 27, 1.8),
    Workload("mpsc_contended", "5 senders, room for all", None, 1.8),
    Workload("mpsc_contended_full", "5 senders, room for 100", None, 1.8),
    Workload("mpsc_unbounded_contended", "5 senders, unbounded", None, 1.8),
    Workload("mpsc_stream", "1 sender task, room for 128", None, 1.8),
    Workload("request_response", "mpsc there, oneshot back"),
    Workload("broadcast_10", "per receive, 10 receivers"),
    Workload("broadcast_1000", "per receive, 1,000 receivers"),
    Workload("watch_10", "per receiver that sees a change, 10 receivers"),
    Workload("watch_1000", "the same, 1,000 receivers"),
    Workload("notify_waiters", "per wake, 100 waiters"),
    Workload("notify", "round trip between two tasks", 90, 2.2),
    Workload("mutex", "lock and unlock, uncontended", 22, 2),
    Workload("semaphore", "acquire and release, uncontended", 22, 2),
    Workload("rwlock_read", "read lock and unlock, uncontended"),
    Workload("rwlock_write", "write lock and unlock, uncontended"),
    Workload("mutex_contended", "6 tasks, each yields while it holds the lock", None, 2),
    Workload("semaphore_contended", "6 tasks, 2 permits, a yield under each", None, 2),
    Workload("rwlock_contended", "6 tasks, a yield under each lock, one in four writes"),
    Workload("timer", "arm a timer and cancel it", 30, 5),
    Workload("timer_create_drop", "make a sleep and drop it unpolled"),
    Workload("timeout_ready", "a timeout around what is ready", 10),
    Workload("timeout_pending", "a timeout that is armed and does not fire", None, 5),
    Workload("sleeps_outstanding", "arm and cancel among 1 M timers", 30, 5, count=100_000),
    Workload("interval", "how late a tick of 1 ms is", count=50),
    Workload("memory_notify", "bytes of an idle task that waits on a notify, of 1 M", 192, 1, count=1_000_000, fresh=True),
    Workload("memory_sleep", "bytes of an idle task that sleeps, of 1 M", 256, 1, count=1_000_000, fresh=True),
    Workload("file_read", "4 KiB of an open file in the page cache"),
    Workload("file_write", "4 KiB over what is there, and flushed"),
    Workload("file_whole", "a file of 4 KiB, opened, read and closed"),
    Workload("file_stat", "what is known of a file"),
    Workload("echo", "64 bytes there and back over TCP, both ends in one runtime"),
    Workload("tcp_1x64", "echo server's CPU for a request: 1 connection, 64 B", None, 1, load=(1, 64)),
    Workload("tcp_8x64", "8 connections, 64 B", None, 1, load=(8, 64)),
    Workload("tcp_64x64", "64 connections, 64 B", load=(64, 64), near=0.95),
    Workload("tcp_512x64", "512 connections, 64 B", load=(512, 64), near=0.95),
    Workload("tcp_1x4k", "1 connection, 4 KiB", None, 1, load=(1, 4096)),
    Workload("tcp_8x4k", "8 connections, 4 KiB", None, 1, load=(8, 4096)),
    Workload("tcp_64x4k", "64 connections, 4 KiB", load=(64, 4096), near=0.95),
    Workload("tcp_512x4k", "512 connections, 4 KiB", load=(512, 4096), near=0.95),
    Workload("tcp_churn", "connect, 64 B there and back, close", load=(0, 64)),
]


def chosen(patterns, names):
    """Of `names`, those that match a pattern (all without patterns); and the patterns that match nothing."""
    if not patterns:
        return list(names), []
    unknown = [pattern for pattern in patterns if not fnmatch.filter(names, pattern)]
    return [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)], unknown
