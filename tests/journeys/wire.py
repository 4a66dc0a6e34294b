"""The line between a browser and the server, so that a test can cut it at the moment it wants.

    wire.hold_before("push")     a push stops here before the server has heard of it
    wire.hold_after("push")      the server has answered, and the answer stops here
    wire.hold_inside("upload")   half of the body has gone on
    wire.after("push", kill)     does something between the server's whole answer and its delivery, and loses it

Each of these counts for the next request of that kind only; `release` lets go of what is held, `cut` drops it.
It knows HTTP and nothing of the product but three paths, and it carries the worker's requests as it does the page's.
"""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

Kind = str  # "push", "pull", "upload", "other"
#: Seconds a held request waits for its test. Longer is a test that forgot it.
PATIENCE = 60
BLOCK = 16 * 1024
#: Headers that belong to one hop, not to the message.
HOP = {"connection", "keep-alive", "transfer-encoding", "proxy-connection", "upgrade", "te"}


def kind_of(method: str, path: str) -> Kind:
    if path == "/api/sync/push":
        return "push"
    if path == "/api/sync/pull":
        return "pull"
    if method == "PATCH" and path.startswith("/api/files/uploads/"):
        return "upload"
    return "other"


@dataclass
class Plan:
    """What happens to the next request of a kind."""

    place: str  # "before", "inside", "after"
    then: Callable[[], None] | None = None
    reached: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    dropped: bool = False
    body: bytes = b""

    def stop_here(self) -> None:
        """Says that the request is here, does what the test wanted, and waits until it may go on."""
        if self.then:
            self.then()
            self.dropped = True
            self.reached.set()
        else:
            self.reached.set()
            self.go_on.wait(PATIENCE)
        if self.dropped:
            raise ConnectionAbortedError("cut by the test")

    def wait(self, seconds: float = 20) -> None:
        """Until a request has come to this place."""
        assert self.reached.wait(seconds), f"no request came to the place {self.place!r}"

    def release(self) -> None:
        self.go_on.set()

    def cut(self) -> None:
        self.dropped = True
        self.go_on.set()


class Wire:
    """A proxy on a port of its own; the browser knows no other address."""

    def __init__(self, upstream: int):
        self.upstream = upstream
        self.plans: dict[Kind, Plan] = {}
        self.refused: set[Kind] = set()
        self.unplugged = False
        self.links: set[http.client.HTTPConnection] = set()
        self.seen: list[tuple[Kind, str]] = []
        #: Bodies of the pushes that went on to the server.
        self.pushes: list[bytes] = []
        handler = type("Handler", (_Handler,), {"wire": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def plan(self, kind: Kind, place: str, then: Callable[[], None] | None = None) -> Plan:
        self.plans[kind] = made = Plan(place, then)
        return made

    def hold_before(self, kind: Kind) -> Plan:
        return self.plan(kind, "before")

    def hold_inside(self, kind: Kind) -> Plan:
        return self.plan(kind, "inside")

    def hold_after(self, kind: Kind) -> Plan:
        return self.plan(kind, "after")

    def after(self, kind: Kind, then: Callable[[], None]) -> Plan:
        return self.plan(kind, "after", then)

    def unplug(self) -> None:
        """No network for anybody, the worker included, whose requests a browser's own "offline" does not stop."""
        self.unplugged = True
        for link in list(self.links):
            if link.sock:
                with suppress(OSError):
                    link.sock.shutdown(socket.SHUT_RDWR)

    def plug_in(self) -> None:
        self.unplugged = False

    def count(self, kind: Kind) -> int:
        return sum(1 for seen, _ in self.seen if seen == kind)


class _Handler(BaseHTTPRequestHandler):
    """One request: on to the server and the answer back, in blocks, because the live stream never ends."""

    wire: ClassVar[Wire]
    protocol_version = "HTTP/1.1"

    def carry(self) -> None:
        self.close_connection = True
        kind = kind_of(self.command, self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.wire.seen.append((kind, f"{self.command} {self.path}"))
        if self.wire.unplugged or kind in self.wire.refused:
            return
        if kind == "push":
            self.wire.pushes.append(body)
        # Asked for with a body only: an empty push is the phone's status and nothing that could be lost.
        wanted = kind != "push" or b'"acts":[]' not in body.replace(b" ", b"")
        plan = self.wire.plans.pop(kind, None) if wanted else None
        if plan:
            plan.body = body
        with suppress(OSError, http.client.HTTPException):
            self.exchange(body, plan)

    def exchange(self, body: bytes, plan: Plan | None) -> None:
        if plan and plan.place == "before":
            plan.stop_here()
        link = http.client.HTTPConnection("127.0.0.1", self.wire.upstream, timeout=120)
        self.wire.links.add(link)
        try:
            self.ask(link, body, plan)
            answer = link.getresponse()
            if plan and plan.place == "after":
                whole = answer.read()
                plan.stop_here()
                self.begin(answer)
                self.wfile.write(whole)
            else:
                self.begin(answer)
                while block := answer.read1(BLOCK):
                    self.wfile.write(block)
                    self.wfile.flush()
        finally:
            self.wire.links.discard(link)
            link.close()

    def ask(self, link: http.client.HTTPConnection, body: bytes, plan: Plan | None) -> None:
        link.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in HOP:
                link.putheader(name, value)
        link.endheaders()
        half = len(body) // 2 if plan and plan.place == "inside" else len(body)
        link.send(body[:half])
        if plan and plan.place == "inside":
            plan.stop_here()
            link.send(body[half:])

    def begin(self, answer: http.client.HTTPResponse) -> None:
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in HOP:
                self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()

    do_GET = do_POST = do_PATCH = do_HEAD = do_DELETE = do_OPTIONS = carry

    def log_message(self, *_: Any) -> None:
        """What passed is in `wire.seen`."""


@contextmanager
def wire_to(port: int) -> Iterator[Wire]:
    wire = Wire(port)
    thread = threading.Thread(target=wire.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        for plan in wire.plans.values():
            plan.cut()
        wire.server.shutdown()
        wire.server.server_close()
