"""The servers under measurement, started as `make run` starts them, and the CPU time they used.

CPU time is what the kernel accounts to the processes themselves, so neither the clients nor anybody else on the
machine are in it: `/proc/<pid>/stat` on Linux, `ps` elsewhere.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from tests.services import free_port, running

ROOT = Path(__file__).resolve().parent.parent.parent
CONFIG = "deploy/gunicorn.conf.py"
REQUEST_SECONDS = 60
GZIP_MAGIC = b"\x1f\x8b"

#: What would make the servers of this bench differ from those of a fresh checkout.
FOREIGN_SETTINGS = (
    "DATABASE_URL", "REDIS_URL", "DATA_DIR", "PORT", "HOST", "WEB_WORKERS", "WEB_THREADS", "SECRET_KEY",
    "WORKER_THREAD", "FLASK_DEBUG",
)  # fmt: skip


@dataclass(frozen=True)
class Server:
    """A gunicorn with its workers."""

    port: int
    pid: int

    def cpu(self) -> float:
        """Seconds of CPU the master and its workers have used since they began."""
        return cpu_of_tree(self.pid)


@contextlib.contextmanager
def gunicorn(app: str, folder: Path, **settings: str) -> Iterator[Server]:
    """`app` behind gunicorn with the product's own settings, on a free loopback port."""
    port = free_port()
    own = {name: value for name, value in os.environ.items() if name not in FOREIGN_SETTINGS}
    own |= {"HOST": "127.0.0.1", "PORT": str(port), **settings}
    command = [sys.executable, "-m", "gunicorn", "--config", CONFIG, app]
    with running(command, port, folder / f"{app}.log", signal.SIGTERM, cwd=ROOT, env=own) as process:
        yield Server(port, process.pid)


def cpu_of_tree(root: int) -> float:
    """Seconds of CPU of a process, its descendants, and those of its children that have ended."""
    return sum(_cpu(pid, ended_children=pid == root) for pid in descendants(root))


def descendants(root: int) -> set[int]:
    """A process and all it started, that run now."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(parent) for pid, parent in (line.split() for line in listing.splitlines())}
    tree, found = {root}, True
    while found:
        found = {pid for pid, parent in parents.items() if parent in tree} - tree
        tree |= found
    return tree


def _cpu(pid: int, ended_children: bool) -> float:
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            # The name of the program may hold spaces and brackets, so fields are counted from behind it.
            user, system, child_user, child_system = map(int, stat.read_text().rpartition(")")[2].split()[11:15])
        except FileNotFoundError:  # it ended meanwhile
            return 0.0
        ticks = user + system + (child_user + child_system if ended_children else 0)
        return ticks / os.sysconf("SC_CLK_TCK")
    shown = subprocess.run(["ps", "-o", "time=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    seconds = 0.0
    for part in shown.strip().replace("-", ":").split(":"):  # 1-02:03:04 and 0:00.05
        seconds = seconds * 60 + float(part or 0)
    return seconds


class Client:
    """One device's keep-alive connection."""

    def __init__(self, server: Server, token: str | None = None):
        self.wire = http.client.HTTPConnection("127.0.0.1", server.port, timeout=REQUEST_SECONDS)
        self.wire.connect()
        self.wire.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"

    def send(
        self, method: str, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """The answer and its bytes as they came over the wire; anything but success is an error."""
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        self.wire.request(method, path, body, sent)
        answer = self.wire.getresponse()
        data = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path} answered {answer.status}: {data[:500]!r}")
        return answer, data

    def post(self, path: str, body: bytes) -> bytes:
        return self.send("POST", path, body)[1]

    def close(self) -> None:
        self.wire.close()


def decode(data: bytes) -> Any:
    """The JSON of an answer, whether it came compressed or not. Kept out of what is timed: it is the phone's work."""
    return orjson.loads(zlib.decompress(data, zlib.MAX_WBITS | 16) if data[:2] == GZIP_MAGIC else data)


def sign_in(server: Server, login: str, password: str, device_id: str) -> str:
    """An access token, through the door."""
    device = {"id": device_id, "name": "bench", "platform": "bench"}
    body: dict[str, Any] = {"login": login, "password": password, "device": device}
    client = Client(server)
    token = decode(client.post("/api/auth/login", orjson.dumps(body)))["access"]
    client.close()
    return str(token)
