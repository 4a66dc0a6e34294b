"""Many devices at once: signed in without argon2, and listening to the live stream by one thread.

Signing in hashes a password on purpose slowly, 0.15 s of CPU, which is not what a test of a thousand devices is about.
`enrol` therefore writes the rows that signing in writes, by the code that writes them there, and asks no password.
"""

from __future__ import annotations

import re
import resource
import selectors
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from flask import Flask

from server import clock
from server.api import chains
from server.api.identity import access_token
from server.extensions import db
from server.models import Device, new_id

_POKE = re.compile(rb'event: poke\ndata: \{"rev": (\d+)\}')
_END = b"\r\n0\r\n\r\n"
OPENING = 100  # connections opened before the first of them must have been answered


@dataclass(frozen=True)
class Enrolled:
    """A device as it is after signing in."""

    user_id: str
    device_id: str
    access: str
    refresh: str


def enrol(app: Flask, user_ids: Iterable[str]) -> list[Enrolled]:
    """A new device for each user named, signed in; name a user twice for two devices."""
    enrolled: list[Enrolled] = []
    with app.app_context():
        for user_id in user_ids:
            device = Device(id=new_id(), user_id=user_id, created_at=clock.now(), last_n=0, name="crowd")
            db.session.add(device)
            refresh = chains.begin(device)
            enrolled.append(Enrolled(user_id, device.id, access_token(user_id, device.id)[0], refresh))
        db.session.commit()
    return enrolled


def allow_open_files(wanted: int) -> None:
    """Raises this process's soft limit of descriptors if it must."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@dataclass(eq=False)
class Listener:
    """An open stream: what came, and when (`time.monotonic`)."""

    device: Enrolled
    wire: socket.socket
    status: int = 0
    pokes: list[tuple[float, int]] = field(default_factory=list)  # when, rev
    ended: bool = False  # by the server, as the protocol wants it
    closed: bool = False
    rest: bytes = b""

    def take(self, data: bytes, now: float) -> None:
        text = self.rest + data
        if not self.status:
            if b"\r\n\r\n" not in text:
                self.rest = text
                return
            self.status = int(text.split(b" ", 2)[1])
        last = 0
        for poke in _POKE.finditer(text):
            self.pokes.append((now, int(poke[1])))
            last = poke.end()
        self.ended = self.ended or text.endswith(_END)
        self.rest = text[max(last, len(text) - 100) :]


class Crowd:
    """Opens streams on a port of this machine and reads them all in one thread."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.listeners: list[Listener] = []
        self._selector = selectors.DefaultSelector()
        self._stopped = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, name="crowd", daemon=True)
        self._thread.start()

    def open(self, devices: list[Enrolled], within: float = 60) -> list[Listener]:
        """A stream for each device, all answered when it returns."""
        allow_open_files(len(self.listeners) + len(devices) + 500)
        made: list[Listener] = []
        for device in devices:
            wire = socket.create_connection(("127.0.0.1", self.port), timeout=30)
            lines = ["GET /api/sync/live HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {device.access}", "", ""]
            wire.sendall("\r\n".join(lines).encode())
            wire.setblocking(False)
            made.append(Listener(device, wire))
            with self._lock:
                self._selector.register(wire, selectors.EVENT_READ, made[-1])
            if len(made) % OPENING == 0:
                self._wait_for(made, within)
        self._wait_for(made, within)
        self.listeners += made
        return made

    @staticmethod
    def _wait_for(listeners: list[Listener], within: float) -> None:
        deadline = time.monotonic() + within
        while any(not one.status for one in listeners):
            assert time.monotonic() < deadline, f"{sum(not one.status for one in listeners)} streams were not answered"
            time.sleep(0.01)

    def forget(self) -> None:
        """What was heard so far."""
        for one in self.listeners:
            one.pokes.clear()

    def close(self, listeners: list[Listener] | None = None) -> None:
        """Hangs up; all of them, when none are named."""
        for one in list(self.listeners if listeners is None else listeners):
            self._hang_up(one)
        if listeners is None:
            self._stopped = True
            self._thread.join(5)

    def _hang_up(self, one: Listener) -> None:
        with self._lock:
            if not one.closed:
                one.closed = True
                self._selector.unregister(one.wire)
                one.wire.close()

    def _read(self) -> None:
        while not self._stopped:
            for key, _ in self._selector.select(0.05):
                one: Listener = key.data
                try:
                    data = one.wire.recv(65536)
                except BlockingIOError:
                    continue
                except OSError:
                    data = b""
                one.take(data, time.monotonic()) if data else self._hang_up(one)
