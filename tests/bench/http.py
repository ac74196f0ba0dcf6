"""The http plugin beside Debian's nginx, one worker each, loaded by wrk: the same small file from the same folder."""
import pathlib
import re
import shutil
import subprocess
import tempfile

from . import beside, cpu, peers
from .daemon import Daemon
from .engine import Refused

PEER = "nginx"
CONNECTIONS, SECONDS = 64, 3
# A process of our own, alone and as whoever runs this, with its files in one folder, and nothing written for a request.
CONFIG = """
master_process off;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_requests 100000000;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
"""


class Nginx:
    def __init__(self, folder):
        self.port, self.folder = beside.free_port(), pathlib.Path(folder)
        config = self.folder / "nginx.conf"
        config.write_text(CONFIG.format(folder=folder, port=self.port))
        self.process = subprocess.Popen([peers.tool("nginx"), "-c", config, "-e", self.folder / "error.log"],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def number(pattern, text):
    """Of what wrk says; an answer that is none, or an error of a socket, is no result."""
    if found := re.search(r"Non-2xx.*|Socket errors.*", text):
        raise Refused(f"wrk says: {found.group(0)}")
    found = re.search(pattern, text)
    if not found:
        raise Refused(f"wrk said nothing that could be read: {text.strip()[:200]}")
    return float(found.group(1))


def rate(text):
    return number(r"Requests/sec:\s+([\d.]+)", text)


def requests(text):
    return number(r"(\d+) requests in", text)


def load(port, pid):
    """Also per second of the server's CPU time, which tells more on a machine that others use."""
    command = [peers.tool("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", f"http://127.0.0.1:{port}/small.html"]
    before = cpu.process_ns(pid)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    used_s = (cpu.process_ns(pid) - before) / 1e9
    if done.returncode:
        raise Refused(f"wrk: {done.stderr.strip()}")
    if not used_s:
        raise Refused("the server has used no CPU time, or is gone")
    return {"a file of 1 KiB": rate(done.stdout), "the same, per second of CPU time": requests(done.stdout) / used_s}


def measure(build, reps):
    """Requests per second against the plugin and against nginx, in turns."""
    peers.packages("http")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tokiod-bench-http."))
    (folder / "www").mkdir()
    (folder / "www/small.html").write_text("x" * 1023 + "\n")
    port = beside.free_port()
    config = {"port": port, "root": str(folder / "www")}
    daemon = Daemon("tokiod", "the http plugin", build, 1, {"http": {"plugin": "http", "config": config}})
    server = None
    try:
        server = Nginx(folder)
        daemon.start()
        beside.wait_port(port)
        beside.wait_port(server.port)
        pids = {port: daemon.pid(), server.port: server.process.pid}
        return beside.take_turns(lambda at: load(at, pids[at]), port, server.port, PEER, reps)
    finally:
        daemon.stop()
        if server:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def lines(results):
    return beside.lines(results, f"wrk -t1 -c{CONNECTIONS}, one worker each", PEER)
