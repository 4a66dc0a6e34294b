"""Streams without a thread each: one thread of the process holds the connections of all of them.

gunicorn's threaded worker gives a request a thread until its answer is complete, so sixty-four open streams would be
all a process can do. Therefore an answer here is complete, for gunicorn, as soon as it has begun:

1. `HandOver` is the body of the answer. Its first piece is written by gunicorn itself, with the headers.
2. When it is asked for the second piece, the connection is duplicated for the hub, and one end of a socket pair that
   leads nowhere is put (`dup2`, in one step) in the place of gunicorn's descriptor. What gunicorn still does with its
   connection, the closing chunk, the blocking mode, keep-alive, the end, happens to the pair, of which it reads the
   end of file at once. Its thread is free and its count of connections is right.
3. The hub writes pokes and heartbeats to the connection, in chunks as gunicorn began, never waiting.

gunicorn has no means of its own for this: `worker_connections` counts requests under way in threads, and its
asynchronous workers would cost every other request more than the streams. TLS within gunicorn, HTTP/2 and other
servers have no plain socket to take; there a generator does it, with a thread (see `server.live`).
"""

from __future__ import annotations

import atexit
import logging
import os
import resource
import selectors
import socket
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

HEARTBEAT_SECONDS = 15
BEATS_TOGETHER_SECONDS = 0.5  # the thread need not wake for each of a thousand
UNACKNOWLEDGED_MS = (
    60_000  # a peer that went without a word is given up then, not after the system's quarter of an hour
)
MOST_LINES = 20_000
DESCRIPTORS_KEPT = 400  # of the process's limit: for requests, the database, files
CLOSE_SECONDS = 1.0
GREETING = b"retry: 3000\n\n"
BEAT = b": still here\n\n"
_READ_BYTES = 4096
_log = logging.getLogger(__name__)


def poke_text(rev: int) -> bytes:
    return b'event: poke\ndata: {"rev": %d}\n\n' % rev


def plain_socket(environ: Mapping[str, Any]) -> socket.socket | None:
    """The connection of this request, when it is one that can be taken over."""
    found = environ.get("gunicorn.socket")
    ours = type(found) is socket.socket and environ.get("SERVER_PROTOCOL") in ("HTTP/1.0", "HTTP/1.1")
    return found if ours else None


class WireLine:
    """A line on a connection. Only the hub's thread touches what is below `ends`."""

    __slots__ = ("chunked", "device_id", "ends", "gone", "hub", "missed", "user_id", "wire")

    def __init__(self, hub: Hub, user_id: str, device_id: str, ends: float, chunked: bool) -> None:
        self.hub, self.user_id, self.device_id = hub, user_id, device_id
        self.chunked, self.ends = chunked, ends
        self.wire: socket.socket | None = None
        self.missed = 0  # the rev of a poke that came before the connection
        self.gone = False

    def poke(self, rev: int) -> None:
        self.hub.order(self.hub.poke, self, rev)

    def end(self) -> None:
        self.hub.order(self.hub.finish, self, 0)

    def framed(self, data: bytes) -> bytes:
        return b"%X\r\n%b\r\n" % (len(data), data) if self.chunked else data


class Hub:
    """Holds connections. `closed(line)` is called when one has ended, whoever ended it."""

    def __init__(self, closed: Callable[[Any], None]) -> None:
        self.closed = closed
        self.lock = threading.Lock()
        self.orders: deque[tuple[Callable[[WireLine, int], None], WireLine, int]] = deque()
        self.thread: threading.Thread | None = None
        self.pid = 0
        self.rung = False

    # --- Asked by other threads ---------------------------------------------------------------------------

    @staticmethod
    def capacity() -> int:
        """How many lines this process can hold."""
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        return MOST_LINES if soft == resource.RLIM_INFINITY else max(0, min(MOST_LINES, soft - DESCRIPTORS_KEPT))

    def line(self, user_id: str, device_id: str, ends: float, chunked: bool) -> WireLine:
        """A line that has no connection yet. The hub runs from now on."""
        with self.lock:
            if self.thread is None or self.pid != os.getpid():
                self._start()
        return WireLine(self, user_id, device_id, ends, chunked)

    def take(self, line: WireLine, connection: socket.socket) -> socket.socket:
        """Takes the connection away from whoever has it; what they have instead ends when the socket given is closed.

        OSError when the process has no descriptors left: then nothing was taken.
        """
        wire = connection.dup()
        try:
            near, far = socket.socketpair()
        except OSError:
            wire.close()
            raise
        with near:
            os.dup2(near.fileno(), connection.fileno(), inheritable=False)
        far.shutdown(socket.SHUT_WR)
        wire.setblocking(False)
        with suppress(OSError, AttributeError):  # a Unix socket has neither, macOS not the second
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        line.wire = wire
        self.order(self.attach, line, 0)
        return far

    def order(self, what: Callable[[WireLine, int], None], line: WireLine, value: int) -> None:
        """Has the hub's thread do it. Never waits."""
        self.orders.append((what, line, value))
        if not self.rung:
            self.rung = True
            with suppress(OSError):  # full: then it is ringing already; closed: nobody is there to hear
                self.bell.send(b"\0")

    # --- Done by the hub's thread -------------------------------------------------------------------------

    def attach(self, line: WireLine, value: int) -> None:
        assert line.wire is not None
        self.selector.register(line.wire, selectors.EVENT_READ, line)
        self.quiet[line] = time.monotonic()
        if line.missed:
            self.poke(line, line.missed)

    def poke(self, line: WireLine, rev: int) -> None:
        if line in self.quiet:
            self._write(line, line.framed(poke_text(rev)))
        elif not line.gone:
            line.missed = rev

    def finish(self, line: WireLine, value: int) -> None:
        """Ends the answer as the protocol wants it, then the connection."""
        if line in self.quiet:
            assert line.wire is not None
            with suppress(OSError):
                line.wire.send(b"0\r\n\r\n" if line.chunked else b"")
            self._drop(line)
        elif not line.gone:
            line.ends = 0  # at its first beat

    def _start(self) -> None:
        self.pid, self.rung = os.getpid(), False
        self.orders.clear()
        self.selector = selectors.DefaultSelector()
        self.ear, self.bell = socket.socketpair()
        self.ear.setblocking(False)
        self.bell.setblocking(False)
        self.selector.register(self.ear, selectors.EVENT_READ, None)
        self.quiet: OrderedDict[WireLine, float] = OrderedDict()  # when each was last written to, oldest first
        self.stopping = False
        self.thread = threading.Thread(target=self._run, name="live-hub", daemon=True)
        self.thread.start()
        atexit.register(self.close)

    def close(self) -> None:
        """Ends every line and the thread: at the end of the process."""
        if self.thread is None or self.pid != os.getpid():
            return
        self.stopping = True
        with suppress(OSError):
            self.bell.send(b"\0")
        self.thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while not self.stopping:
            try:
                self._turn()
            except Exception:  # a thread that died would leave every line silent
                _log.exception("the live hub stumbled")
        for line in list(self.quiet):
            self.finish(line, 0)

    def _turn(self) -> None:
        for key, _ in self.selector.select(self._patience()):
            if key.data is None:
                # In this order, and before the orders are read: whoever comes in between is read below, whoever comes
                # later rings again. The other way round a ring could be swallowed, and nobody would ring any more.
                self.ear.recv(_READ_BYTES)
                self.rung = False
            else:
                self._hear(key.data)
        for _ in range(len(self.orders)):
            what, line, value = self.orders.popleft()
            what(line, value)
        self._beat()

    def _patience(self) -> float | None:
        if not self.quiet:
            return None
        oldest = next(iter(self.quiet.values()))
        return max(BEATS_TOGETHER_SECONDS, oldest + HEARTBEAT_SECONDS - time.monotonic())

    def _beat(self) -> None:
        now = time.monotonic()
        for line in self._due(now - HEARTBEAT_SECONDS):
            if line.ends <= now:
                self.finish(line, 0)
            else:
                self._write(line, line.framed(BEAT))

    def _due(self, before: float) -> Iterator[WireLine]:
        """Lines not written to since; each was written to or dropped when the next is asked for."""
        while self.quiet:
            line, last = next(iter(self.quiet.items()))
            if last > before:
                return
            yield line

    def _hear(self, line: WireLine) -> None:
        """A client of a stream says nothing more, so this is its end; what else it says is not for us."""
        assert line.wire is not None
        try:
            if line.wire.recv(_READ_BYTES):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._drop(line)

    def _write(self, line: WireLine, frame: bytes) -> None:
        """A peer that has no room for a line of text has not read thousands: it will come back when it lives."""
        assert line.wire is not None
        try:
            whole = line.wire.send(frame) == len(frame)
        except OSError:  # BlockingIOError too
            whole = False
        if not whole:
            self._drop(line)
            return
        self.quiet[line] = time.monotonic()
        self.quiet.move_to_end(line)

    def _drop(self, line: WireLine) -> None:
        assert line.wire is not None
        line.gone = True
        self.quiet.pop(line, None)
        with suppress(KeyError, ValueError, OSError):
            self.selector.unregister(line.wire)
        line.wire.close()
        self.closed(line)


class HandOver:
    """The body of an answer: a greeting, which takes the headers along, and then no more, for the server that asks."""

    def __init__(
        self,
        line: WireLine,
        connection: socket.socket,
        opened: Callable[[Any], None],
        closed: Callable[[Any], None],
    ) -> None:
        self.line, self.connection, self.opened, self.closed = line, connection, opened, closed
        self.begun = False
        self.rest: socket.socket | None = None

    def __iter__(self) -> HandOver:
        return self

    def __next__(self) -> bytes:
        if not self.begun:
            self.begun = True
            self.opened(self.line)  # before the client can know: it pulls when it hears of us, and is poked from here
            return GREETING
        if self.rest is None:
            with suppress(OSError):  # no descriptors left: the answer ends here, and the client tries again
                self.rest = self.line.hub.take(self.line, self.connection)
        raise StopIteration

    def close(self) -> None:
        """Called by the server when it has done with the answer, whichever way."""
        if self.rest is not None:
            self.rest.close()
        elif self.begun:
            self.closed(self.line)
