"""tokiod as an engine: a daemon of its own in a temporary folder, asked over its control socket."""
import json
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from .engine import Engine, Refused, Stalled


class Daemon(Engine):
    """A tokiod with the given instances."""

    def __init__(self, name, about, build, workers, instances, prefix=(), fs_backend="auto"):
        super().__init__(name, about)
        self.build, self.workers, self.instances, self.prefix = pathlib.Path(build), workers, instances, list(prefix)
        self.fs_backend = fs_backend
        self.folder = None

    def start(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tokiod-bench."))
        (self.folder / "conf.d").mkdir()
        config = {"runtime": {"worker_threads": self.workers, "fs_backend": self.fs_backend},
                  "log": {"level": "error"},  # workloads poll long on purpose
                  "plugins": {"dirs": [str(self.build / "plugins")], "instances": self.instances}}
        (self.folder / "tokiod.json").write_text(json.dumps(config))
        self.process = subprocess.Popen(
            [*self.prefix, self.build / "bin/tokiod", "--config", self.folder / "tokiod.json",
             "--conf-dir", self.folder / "conf.d", "--socket", self.folder / "control.sock",
             "--observe-socket", self.folder / "observe.sock"], stdin=subprocess.DEVNULL)
        self.connection = self.connect()
        self.lines = self.connection.makefile("rw")
        for instance in self.instances:
            self.wait_for(f"instance {instance} to run", lambda: self.runs(instance))
        self.wait_for("tokiod to run", lambda: self.call("daemon.info")["state"] == "running")  # no calls of plugins before

    def connect(self):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise Refused(f"tokiod ended with {self.process.returncode} before it listened")
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.connect(str(self.folder / "control.sock"))
                return connection
            except OSError:
                connection.close()
                time.sleep(0.02)
        raise Refused("tokiod did not open its control socket within 20 s")

    def exchange(self, request, limit_s):
        self.connection.settimeout(limit_s)
        self.lines.write(json.dumps(request) + "\n")
        self.lines.flush()
        if line := self.lines.readline():
            return line
        self.stop()
        raise Refused(f"tokiod ended during {request['method']} {request['params']}")

    def call(self, method, limit_s=20, /, **params):
        if self.process is None:
            self.start()
        try:
            reply = json.loads(self.exchange({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, limit_s))
        except TimeoutError:
            self.stop()
            raise Stalled(f"no answer to {method} {params} within {limit_s} s") from None
        if "error" in reply:
            raise Refused(f"{method}: {reply['error']['message']}")
        return reply["result"]

    def runs(self, instance):
        return any(each["instance"] == instance and each["state"] == "running"
                   for plugin in self.call("plugin.list")["plugins"] for each in plugin["instances"])

    @staticmethod
    def wait_for(what, holds):
        end = time.monotonic() + 10
        while not holds():
            if time.monotonic() > end:
                raise Refused(f"waited 10 s for {what}")
            time.sleep(0.02)

    def stop(self):
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class BenchDaemon(Daemon):
    """The bench plugin in a daemon."""

    def __init__(self, build, workers, prefix=(), name="tokiod", fs_backend="auto"):
        about = f"plugins/bench in tokiod, through the C ABI; files: {fs_backend}"
        super().__init__(name, about, build, workers,
                         {"bench": {"plugin": "bench", "config": {"workers": workers}}}, prefix, fs_backend)

    def ask(self, request, limit_s):
        words = request.split()
        params = {"workload": words[1], "count": int(words[2])} if words[0] == "run" else {}
        return self.call("plugin.call", limit_s, instance="bench", method=words[0], params=params, timeout_s=int(limit_s) + 10)
