"""Live: pokes, never rows. One watcher per process follows the clock row and wakes the streams it concerns.

A stream costs no thread: behind gunicorn its connection goes to a hub (`hub.py`), where one thread holds thousands.
Where there is no plain socket to take (werkzeug's server, tests, TLS in gunicorn itself) a generator waits instead.

A stream may outlive the access token it was opened with. It carries nothing but numbers, and it lives only as long as
the session does: `Watcher` asks again and again whether the device is still signed in, and ends it when it is not.
"""

from __future__ import annotations

import queue
import random
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from flask import Flask, current_app

from server import feed
from server.live.hub import BEAT, GREETING, HEARTBEAT_SECONDS, HandOver, Hub, plain_socket, poke_text
from server.live.watcher import Watcher
from server.problems import Problem

STREAM_SECONDS = 3600  # a stream ends then at the latest and the client opens another: proxies grow old
POKES_KEPT = 4  # per stream: a poke only says "something is new", so a slow reader misses nothing
FULL_RETRY_SECONDS = "60"

__all__ = ["init_live", "stream"]


def init_live(app: Flask) -> None:
    """One watcher and one hub per process; commits of this process wake the watcher."""
    watcher = Watcher(app)
    app.extensions["live"] = watcher
    app.extensions["live_hub"] = Hub(watcher.close)
    feed.on_commit(app, lambda rev: watcher.wake.set())


def stream(user_id: str, device_id: str, environ: Mapping[str, Any]) -> Iterable[bytes]:
    """Server-sent events for a user: a poke when a scope of theirs may have news, a comment to keep the line open.

    Problem `busy` when this process can hold no more; the client polls then, and tries again.
    """
    watcher: Watcher = current_app.extensions["live"]
    hub: Hub = current_app.extensions["live_hub"]
    # Half an hour to an hour: those who came back together after a restart shall not come back together for ever.
    ends = time.monotonic() + STREAM_SECONDS * random.uniform(0.5, 1.0)
    connection = plain_socket(environ)
    if connection is None:
        return _events(watcher, _Queued(user_id, device_id), ends)
    if len(watcher.lines) >= hub.capacity():
        raise Problem("busy", headers={"Retry-After": FULL_RETRY_SECONDS})
    line = hub.line(user_id, device_id, ends, chunked=environ["SERVER_PROTOCOL"] == "HTTP/1.1")
    return HandOver(line, connection, watcher.open, watcher.close)


class _Queued:
    """A line whose pokes a waiting thread picks up."""

    def __init__(self, user_id: str, device_id: str) -> None:
        self.user_id, self.device_id = user_id, device_id
        self.inbox: queue.Queue[int] = queue.Queue(POKES_KEPT)
        self.ended = False

    def poke(self, rev: int) -> None:
        with suppress(queue.Full):
            self.inbox.put_nowait(rev)

    def end(self) -> None:
        self.ended = True
        self.poke(0)  # only to wake the reader


def _events(watcher: Watcher, line: _Queued, ends: float) -> Iterator[bytes]:
    """Opened when it is first read: an answer nobody reads (to a HEAD) leaves no line behind."""
    watcher.open(line)
    try:
        yield GREETING
        while time.monotonic() < ends:
            try:
                rev = line.inbox.get(timeout=HEARTBEAT_SECONDS)
                while not line.inbox.empty():
                    rev = line.inbox.get_nowait()
                if line.ended:
                    return
                yield poke_text(rev)
            except queue.Empty:
                yield BEAT
    finally:
        watcher.close(line)
