"""Something that runs workloads: a process that is asked over a line protocol, or a tokiod."""
import contextlib
import json
import os
import select
import subprocess


class Refused(Exception):
    """An engine that cannot do what it was asked, with the reason."""


class Stalled(Refused):
    """An engine that did not answer in time. Its process has been ended; the next request starts a new one."""


class Engine:
    """A name, a process that is started when it is first needed, and the workloads that it offers."""

    def __init__(self, name, about):
        self.name, self.about, self.process = name, about, None
        self._offered, self.served = None, (None, 0)

    def pid(self):
        return self.process.pid

    def offered(self):
        if self._offered is None:
            self._offered = set(self.ask("list", 30)["workloads"])
        return self._offered

    def run(self, workload, count, limit_s):
        return self.ask(f"run {workload} {count}", limit_s)

    def serve(self):
        """The port of the echo server in this engine, which is started once for each process."""
        if self.process is None or self.served[0] is not self.process:
            port = self.ask("serve", 30)["port"]
            self.served = self.process, port
        return self.served[1]

    def restart(self):
        self.stop()
        self.start()

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


class LineEngine(Engine):
    """A program that answers each line of its standard input with one JSON object."""

    def __init__(self, name, about, command, environment=None):
        super().__init__(name, about)
        self.command, self.environment = command, {**os.environ, **(environment or {})}

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.environment)
        self.unread = b""

    def stop(self):
        process = self.process
        super().stop()
        if process is not None:
            process.stdout.close()
            with contextlib.suppress(BrokenPipeError):  # a request that nobody will read
                process.stdin.close()

    def ask(self, request, limit_s):
        if self.process is None:
            self.start()
        try:
            self.process.stdin.write(request.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # read_line says that it ended
        answer = json.loads(self.read_line(request, limit_s))
        if "error" in answer:
            raise Refused(answer["error"])
        return answer

    def read_line(self, request, limit_s):
        while b"\n" not in self.unread:
            if not select.select([self.process.stdout], [], [], limit_s)[0]:
                self.stop()
                raise Stalled(f"no answer to '{request}' within {limit_s} s")
            some = os.read(self.process.stdout.fileno(), 65536)
            if not some:
                code = self.process.wait()
                self.stop()
                raise Refused(f"ended with {code} during '{request}'")
            self.unread += some
        line, _, self.unread = self.unread.partition(b"\n")
        return line
