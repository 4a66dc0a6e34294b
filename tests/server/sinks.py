"""Real servers of the other side, on this machine: one that is called by HTTP, one that takes mails."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from flask import Flask

from server import clock
from server.tasks.queue import perform_next

ALLOWED = "127.0.0.0/8"


@dataclass(frozen=True)
class Called:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HttpSink:
    """`answers`: status and text of the next calls; then 200 and `{}`."""

    url: str = ""
    calls: list[Called] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def http_sink() -> Iterator[HttpSink]:
    sink = HttpSink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.calls.append(Called(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, text = sink.answers.pop(0) if sink.answers else (200, "{}")
            self.send_response(status)
            for name, value in sink.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        sink.url = f"http://127.0.0.1:{port}"
        yield sink


@dataclass
class MailSink:
    """`refusals`: answers to the next RCPTs."""

    port: int = 0
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    """An SMTP server that is enough for a client which does nothing wrong (RFC 5321)."""
    sink = MailSink()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            to: list[str] = []
            self._say("220 sink")
            for line in self.rfile:
                word = line.decode().strip()
                verb = word[:4].upper()
                if verb == "DATA":
                    self._say("354 go on")
                    sink.mails.append((to[-1], self._mail()))
                elif verb == "RCPT" and sink.refusals:
                    self._say(sink.refusals.pop(0))
                    continue
                elif verb == "RCPT":
                    to.append(word.split("<")[1].split(">")[0])
                elif verb == "QUIT":
                    self._say("221 bye")
                    return
                self._say("250 fine")

        def _mail(self) -> EmailMessage:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line[1:] if line.startswith(b"..") else line)
            return message_from_bytes(b"".join(lines), policy=policy.default)  # type: ignore[return-value]

        def _say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        sink.port = port
        yield sink


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]  # type: ignore[misc]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def work(app: Flask, later: timedelta = timedelta()) -> None:
    """Does what is due by then, as the worker would."""
    with clock.standing_at(clock.now() + later), app.app_context():
        while perform_next():
            pass


def closed_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
