"""Who is to be poked: a thread that follows the clock row, and knows the open lines.

It asks the database, so it hears of commits of every process; a commit of this process wakes it at once.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterable
from typing import Any, Protocol

from flask import Flask
from sqlalchemy import Select, select, text

from server import clock, feed
from server.extensions import db, reading
from server.models import Device, RefreshToken, User

POKE_GAP_SECONDS = 0.05  # after news: a thousand streams are not poked at each of a hundred commits a second
CHECK_SECONDS = 30  # how often it is asked whether the devices are still signed in
LINES_PER_DEVICE = 4  # one is right; more are lines whose end we have not heard of, and the oldest gives way
DEVICES_PER_QUERY = 500
_log = logging.getLogger(__name__)

# Who holds, or has just left, a scope with news. Nobody enters or leaves without a changed row there (the visit that
# was given or taken in its work order's scope, the user whose role changed in `ref`), so the cost follows the changes.
_CONCERNED = text(
    "SELECT DISTINCT s.user_id FROM feed f JOIN subscription s ON s.scope = f.scope"
    " WHERE f.rev > :since AND f.rev <= :rev AND (s.left_rev IS NULL OR s.left_rev > :since)"
)


class Line(Protocol):
    """An open stream of a device."""

    user_id: str
    device_id: str

    def poke(self, rev: int) -> None:
        """Something is new. Never waits."""
        ...

    def end(self) -> None:
        """Closes the stream soon. Never waits."""
        ...


class Watcher:
    """Follows the clock and pokes the lines of the users concerned."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.interval = float(app.config["LIVE_POLL_SECONDS"])
        self.wake = threading.Event()
        self.lock = threading.Lock()
        self.lines: dict[int, Line] = {}  # in the order they were opened
        self.thread: threading.Thread | None = None
        self.pid = 0

    def open(self, line: Line) -> None:
        """From now on the line is poked; the watcher runs while there is one."""
        with self.lock:
            self.lines[id(line)] = line
            same = [other for other in self.lines.values() if other.device_id == line.device_id]
            if self.thread is None or not self.thread.is_alive() or self.pid != os.getpid():
                self.pid = os.getpid()
                self.thread = threading.Thread(target=self._run, name="live-watcher", daemon=True)
                self.thread.start()
        for old in same[:-LINES_PER_DEVICE]:
            old.end()

    def close(self, line: Line) -> None:
        """The line has ended; twice is fine."""
        with self.lock:
            self.lines.pop(id(line), None)

    def _run(self) -> None:
        seen: int | None = None
        checked = time.monotonic()
        while True:
            with self.lock:
                if not self.lines:
                    self.thread = None
                    return
                everybody = list(self.lines.values())
            before = seen
            try:
                seen = self._look(seen)
                if time.monotonic() - checked >= CHECK_SECONDS:
                    checked = time.monotonic()
                    self._end_strangers(everybody)
            except Exception:  # a database that is away for a while; a thread that died would poke nobody ever again
                _log.warning("the live watcher could not read the clock", exc_info=True)
            if seen != before:
                time.sleep(POKE_GAP_SECONDS)
            self.wake.wait(self.interval)
            self.wake.clear()

    def _look(self, seen: int | None) -> int:
        """The rev of the clock now; those whom a change since `seen` concerns have been poked."""
        with self.app.app_context():
            reading.set(True)
            rev, _ = feed.current(db.session)  # type: ignore[arg-type]
            if seen is not None and rev <= seen:
                return rev
            # The first look knows no before: what was committed while it began concerns, perhaps, everybody.
            users = None if seen is None else set(db.session.scalars(_CONCERNED, {"since": seen, "rev": rev}))
        with self.lock:
            concerned = [line for line in self.lines.values() if users is None or line.user_id in users]
        for line in concerned:
            line.poke(rev)
        self._end_strangers(concerned)
        return rev

    def _end_strangers(self, lines: Iterable[Line]) -> None:
        """Ends the lines of revoked devices, of people no longer active, and of devices that signed out."""
        lines = list(lines)
        devices = list({line.device_id for line in lines})
        known: set[str] = set()
        with self.app.app_context():
            reading.set(True)
            for start in range(0, len(devices), DEVICES_PER_QUERY):
                known.update(db.session.scalars(_signed_in(devices[start : start + DEVICES_PER_QUERY])))
        for line in lines:
            if line.device_id not in known:
                line.end()


def _signed_in(devices: list[str]) -> Select[Any]:
    """Which of these devices have a session now."""
    session = select(RefreshToken.id).where(
        RefreshToken.device_id == Device.id,
        RefreshToken.revoked_at.is_(None),
        RefreshToken.expires_at > clock.now(),
    )
    return (
        select(Device.id)
        .join(User, User.id == Device.user_id)
        .where(Device.id.in_(devices), Device.revoked_at.is_(None), User.active, session.exists())
    )
