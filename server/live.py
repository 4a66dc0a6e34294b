"""Live: pokes, never rows. One watcher per process follows the clock row and wakes the streams it concerns.

The watcher asks the database, so it hears of commits of every process; a commit of this process wakes it at once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import threading
import time
from collections.abc import Iterator

from flask import Flask, current_app
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from server import feed
from server.extensions import db, reading

HEARTBEAT_SECONDS = 15
STREAM_SECONDS = 3600  # a stream ends then and the client opens another: tokens and proxies grow old
POKES_KEPT = 4  # per stream: a poke only says "something is new", so a slow reader misses nothing
_log = logging.getLogger(__name__)

# Who holds, or has just left, a scope with news. Nobody enters or leaves without a changed row there (the visit that
# was given or taken in its work order's scope, the user whose role changed in `ref`), so the cost follows the changes.
_CONCERNED = text(
    "SELECT DISTINCT s.user_id FROM feed f JOIN subscription s ON s.scope = f.scope"
    " WHERE f.rev > :since AND f.rev <= :rev AND (s.left_rev IS NULL OR s.left_rev > :since)"
)


class Watcher:
    """Follows the clock and hands pokes to the streams of the users concerned."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.interval = float(app.config["LIVE_POLL_SECONDS"])
        self.wake = threading.Event()
        self.lock = threading.Lock()
        self.streams: dict[int, tuple[str, queue.Queue[int]]] = {}
        self.thread: threading.Thread | None = None
        self.pid = 0

    def open(self, user_id: str) -> tuple[int, queue.Queue[int]]:
        """A new stream of a user; the watcher runs while there is one."""
        inbox: queue.Queue[int] = queue.Queue(POKES_KEPT)
        with self.lock:
            self.streams[id(inbox)] = (user_id, inbox)
            if self.thread is None or not self.thread.is_alive() or self.pid != os.getpid():
                self.pid = os.getpid()
                self.thread = threading.Thread(target=self._run, name="live-watcher", daemon=True)
                self.thread.start()
        return id(inbox), inbox

    def close(self, key: int) -> None:
        with self.lock:
            self.streams.pop(key, None)

    def _run(self) -> None:
        seen: int | None = None
        while True:
            with self.lock:
                if not self.streams:
                    self.thread = None
                    return
            try:
                seen = self._look(seen)
            except SQLAlchemyError:
                _log.warning("the live watcher could not read the clock", exc_info=True)
            self.wake.wait(self.interval)
            self.wake.clear()

    def _look(self, seen: int | None) -> int:
        with self.app.app_context():
            reading.set(True)
            rev, _ = feed.current(db.session)  # type: ignore[arg-type]
            if seen is None or rev <= seen:
                return rev
            users = set(db.session.scalars(_CONCERNED, {"since": seen, "rev": rev}))
        with self.lock:
            inboxes = [inbox for user_id, inbox in self.streams.values() if user_id in users]
        for inbox in inboxes:
            with contextlib.suppress(queue.Full):
                inbox.put_nowait(rev)
        return rev


def init_live(app: Flask) -> None:
    """One watcher per process; commits of this process wake it."""
    watcher = Watcher(app)
    app.extensions["live"] = watcher
    feed.on_commit(lambda rev: watcher.wake.set())


def stream(user_id: str) -> Iterator[str]:
    """Server-sent events for a user: a poke when a scope of theirs may have news, a comment to keep the line open."""
    watcher: Watcher = current_app.extensions["live"]
    key, inbox = watcher.open(user_id)
    return _events(watcher, key, inbox)


def _events(watcher: Watcher, key: int, inbox: queue.Queue[int]) -> Iterator[str]:
    try:
        yield "retry: 3000\n\n"
        ends = time.monotonic() + STREAM_SECONDS
        while time.monotonic() < ends:
            try:
                rev = inbox.get(timeout=HEARTBEAT_SECONDS)
                while not inbox.empty():
                    rev = inbox.get_nowait()
                yield f'event: poke\ndata: {{"rev": {rev}}}\n\n'
            except queue.Empty:
                yield ": still here\n\n"
    finally:
        watcher.close(key)
