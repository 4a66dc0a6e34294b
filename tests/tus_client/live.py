"""The server as `make run` starts it, as a process that can be killed and started again on the same port."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from tests.services import free_port, stop, wait_until_open

Body = bytes | Iterable[bytes] | None
ROOT = Path(__file__).resolve().parent.parent.parent


def environment(app: Flask, **more: str) -> dict[str, str]:
    """What a process needs to work with the database and the files of a test's app."""
    settings = {
        "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"],
        "DATA_DIR": app.config["DATA_DIR"],
        "SECRET_KEY": app.config["SECRET_KEY"],
        "RESCUE_KEY": app.config["RESCUE_KEY"],
        **more,
    }
    return {**{name: value for name, value in os.environ.items() if name != "REDIS_URL"}, **settings}


@dataclass
class Live:
    """gunicorn with `deploy/gunicorn.conf.py`, on loopback."""

    settings: dict[str, str]
    log: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> Live:
        command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", "wsgi:app"]
        settings = {**self.settings, "PORT": str(self.port), "HOST": "127.0.0.1"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        wait_until_open(self.port, self.process, self.log, within=60)
        return self

    def kill(self) -> None:
        """SIGKILL to master and workers at once: no handler runs, nothing is flushed."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        wait_for(lambda: not self.is_open())  # the workers' last breath

    def is_open(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            stop(self.process)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def ask(self, method: str, path: str, headers: Mapping[str, str], body: Body = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path.removeprefix(self.url("")), body, dict(headers))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def begin(self, path: str, headers: Mapping[str, str], size: int, first: bytes) -> socket.socket:
        """A PATCH whose body stops after `first`: the connection stays open and silent."""
        wire = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        lines = [f"PATCH {path} HTTP/1.1", "Host: localhost", f"Content-Length: {size}"]
        head = "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""])
        wire.sendall(head.encode() + first)
        return wire


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@contextmanager
def live_server(app: Flask, folder: Path, **settings: str) -> Iterator[Live]:
    server = Live(environment(app, **settings), folder / "server.log")
    try:
        yield server.start()
    finally:
        server.stop()


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    """Until the condition holds; fails when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
