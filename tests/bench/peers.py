"""The peers: what each needs from Debian, how it is built, and the command that runs it."""
import functools
import os
import pathlib
import shutil
import subprocess

from .engine import LineEngine

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
OUT = ROOT / "build/bench-peers"
MIMALLOC = "libmimalloc.so.2"


class Unavailable(Exception):
    """A peer that cannot be built here, with the reason."""


def run(command, what, **options):
    """A step of a build; its last words when it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise Unavailable(f"{what} failed: {' | '.join(words)}")
    return done.stdout.strip()


def packages(group):
    run([ROOT / "scripts/packages", group], f"installing the packages of {group}")


def version_of(package):
    return run(["dpkg-query", "-W", "-f=${Version}", package], f"asking for the version of {package}")


def debian_first(name):
    """Debian's own tool, also where another one comes first in PATH."""
    packaged = pathlib.Path("/usr/bin", name)
    found = str(packaged) if packaged.exists() else shutil.which(name)
    if not found:
        raise Unavailable(f"{name} is not installed")
    return found


def tool(name):
    """A program of a package, also where the folders of the system's own programs are not in PATH."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if not found:
        raise Unavailable(f"{name} is not installed")
    return found


@functools.cache
def build_tokio():
    """The sources are copied, so that cargo writes nothing beside them."""
    packages("tokio")
    source = OUT / "tokio-source"
    shutil.copytree(HERE / "peers/tokio", source, dirs_exist_ok=True)
    tools = {**os.environ, "RUSTC": debian_first("rustc")}
    run([debian_first("cargo"), "build", "--release", "--offline", "--target-dir", OUT / "tokio"],
        "building the Tokio peer", cwd=source, env=tools)
    return OUT / "tokio/release/tokio_peer"


@functools.cache
def build_go():
    packages("go")
    apart = {**os.environ, "GOCACHE": str(OUT / "go-cache"), "GOPROXY": "off", "GOTOOLCHAIN": "local"}
    run([debian_first("go"), "build", "-o", OUT / "go_peer", "."], "building the Go peer", cwd=HERE / "peers/go", env=apart)
    return OUT / "go_peer"


@functools.cache
def build_target(flavor, target):
    """A program of our own build."""
    run([ROOT / "scripts/build", flavor, target], f"building {target}")
    return ROOT / "build" / flavor / "tests" / target


def embedded(flavor):
    return build_target(flavor, "bench_embedded"), "the runtime linked into a program, same objects and C tables; no daemon", {}


def tokio(_flavor):
    return build_tokio(), f"Debian's Tokio {version_of('librust-tokio-dev')}, multi-thread", {}


def tokio_mimalloc(_flavor):
    packages("mimalloc")
    return build_tokio(), f"the same with mimalloc {version_of('libmimalloc2.0')}", {"LD_PRELOAD": MIMALLOC}


def asio(flavor):
    return build_target(flavor, "bench_asio"), f"standalone Asio {version_of('libasio-dev')} with its coroutines", {}


def go(_flavor):
    return build_go(), f"Go {run([debian_first('go'), 'env', 'GOVERSION'], 'asking for the version of Go')}, GOMAXPROCS", {}


def limit(flavor):
    return build_target(flavor, "bench_limit"), "no runtime: epoll, futex, a plain call (peers/limit says which)", {}


PEERS = {"embedded": embedded, "tokio": tokio, "tokio-mimalloc": tokio_mimalloc, "asio": asio, "go": go, "limit": limit}
DEFAULT = [name for name in PEERS if name != "tokio-mimalloc"]


def engine(name, flavor, workers, prefix=()):
    """A peer that is ready to be asked; raises Unavailable."""
    program, about, environment = PEERS[name](flavor)
    return LineEngine(name, about, [*prefix, str(program), str(workers)], environment)
