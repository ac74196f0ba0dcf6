"""The peers: what each needs from Debian, how it is built, and the command that runs it."""
import os
import pathlib
import shutil
import subprocess

from .engine import LineEngine

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
OUT = ROOT / "build/bench-peers"


class Unavailable(Exception):
    """A peer that cannot be built here, with the reason."""


def run(command, what, **options):
    """A step of a build; its last words when it fails."""
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise Unavailable(f"{what} failed: {' | '.join(words)}")
    return done.stdout


def packages(group):
    run([ROOT / "scripts/packages", group], f"installing the packages of {group}")


def debian_first(name):
    """Debian's own tool, also where another one comes first in PATH."""
    packaged = pathlib.Path("/usr/bin", name)
    found = str(packaged) if packaged.exists() else shutil.which(name)
    if not found:
        raise Unavailable(f"{name} is not installed")
    return found


def build_tokio():
    """The sources are copied, so that cargo writes nothing beside them."""
    packages("tokio")
    source = OUT / "tokio-source"
    shutil.copytree(HERE / "peers/tokio", source, dirs_exist_ok=True)
    tools = {**os.environ, "RUSTC": debian_first("rustc")}
    run([debian_first("cargo"), "build", "--release", "--offline", "--target-dir", OUT / "tokio"],
        "building the Tokio peer", cwd=source, env=tools)
    return OUT / "tokio/release/tokio_peer"


def version_of_tokio():
    return run(["dpkg-query", "-W", "-f=${Version}", "librust-tokio-dev"], "asking for Tokio's version")


def tokio(workers, prefix=()):
    program = build_tokio()
    return LineEngine("tokio", f"Debian's Tokio {version_of_tokio()}, multi-thread", [*prefix, program, str(workers)])


PEERS = {"tokio": tokio}
