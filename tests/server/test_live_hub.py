"""The hub at its own table: pairs of sockets instead of a server, seconds instead of hours."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from server import clock
from server.api import chains
from server.extensions import db
from server.live import hub as hub_module
from server.live import watcher as watcher_module
from server.live.hub import GREETING, HandOver, Hub, WireLine, plain_socket
from server.live.watcher import LINES_PER_DEVICE, Watcher
from server.models import Device, User
from tests.cast import Cast
from tests.crowd import enrol
from tests.peer import Peer
from tests.tus_client.live import wait_for


class Door:
    """What gunicorn would have: a connection with a client at its other end, and an answer over it."""

    def __init__(self, *, seconds: float = 3600, chunked: bool = True):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.client = socket.create_connection(listener.getsockname(), timeout=10)
            self.server, _ = listener.accept()
        self.closed: list[WireLine] = []
        self.hub = Hub(self.closed.append)
        self.line = self.hub.line("alice", "phone", time.monotonic() + seconds, chunked)
        self.answer = HandOver(self.line, self.server, lambda line: None, self.closed.append)

    def hand_over(self) -> Door:
        """As gunicorn does it: every piece written, the answer closed, then the connection."""
        for piece in self.answer:
            self.server.sendall(piece)
        self.server.sendall(b"what the server still has to say")
        self.answer.close()
        self.server.close()
        return self

    def hears(self, size: int = 4096) -> bytes:
        return self.client.recv(size)


@pytest.fixture
def door() -> Iterator[Callable[..., Door]]:
    made: list[Door] = []

    def make(**how: float) -> Door:
        made.append(Door(**how))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.hub.close()
        one.client.close()


def test_the_server_lets_go_and_the_client_notices_nothing(door: Callable[..., Door]):
    one = door().hand_over()
    assert one.hears() == GREETING
    one.line.poke(7)
    assert one.hears() == b'1E\r\nevent: poke\ndata: {"rev": 7}\n\n\r\n'
    one.line.end()
    assert one.hears() == b"0\r\n\r\n"
    assert one.hears() == b""
    wait_for(lambda: one.closed == [one.line])


def test_a_client_of_the_old_protocol_gets_no_chunks(door: Callable[..., Door]):
    one = door(chunked=False).hand_over()
    assert one.hears() == GREETING
    one.line.poke(7)
    assert one.hears() == b'event: poke\ndata: {"rev": 7}\n\n'
    one.line.end()
    assert one.hears() == b""


def test_what_happens_between_greeting_and_hand_over_is_not_missed(door: Callable[..., Door]):
    one = door()
    assert next(one.answer) == GREETING
    one.line.poke(3)
    one.line.poke(4)
    assert list(one.answer) == []
    one.answer.close()
    assert b'{"rev": 4}' in one.hears()


def test_an_answer_that_broke_off_before_its_hand_over_is_closed(door: Callable[..., Door]):
    one = door()
    one.answer.close()
    assert not one.closed, "it was never opened"
    next(one.answer)
    one.answer.close()
    assert one.closed == [one.line]


def test_a_silent_line_is_kept_awake_until_its_time_is_over(door: Callable[..., Door], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hub_module, "HEARTBEAT_SECONDS", 0.2)
    monkeypatch.setattr(hub_module, "BEATS_TOGETHER_SECONDS", 0.05)
    one = door(seconds=1.0).hand_over()
    began, heard = time.monotonic(), b""
    while data := one.hears():
        heard += data
    assert 3 <= heard.count(b": still here") <= 6
    assert heard.endswith(b"\r\n0\r\n\r\n")
    assert 1.0 <= time.monotonic() - began < 5


def test_a_peer_that_hangs_up_is_forgotten(door: Callable[..., Door]):
    one = door().hand_over()
    one.client.close()
    wait_for(lambda: one.closed == [one.line])
    one.line.poke(1)  # nobody is there, and nothing happens
    one.line.end()


def test_a_peer_that_does_not_read_is_dropped_and_holds_up_nobody(door: Callable[..., Door]):
    one = door()
    for end in (one.client, one.server):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    one.hand_over()
    began = time.monotonic()
    while not one.closed and time.monotonic() - began < 20:
        for rev in range(500):
            one.line.poke(rev)
        time.sleep(0.01)
    assert one.closed == [one.line]


def test_no_order_is_lost_however_they_fall_between_the_turns_of_the_hub(door: Callable[..., Door]):
    """Orders given while the hub reads its bell were once the last it ever heard of."""
    one = door().hand_over()
    assert one.hears() == GREETING
    told = 0
    ring, line = one.hub.order, one.line

    def tell(line: WireLine, value: int) -> None:
        nonlocal told
        told += 1

    for count in range(1, 20_001):
        ring(tell, line, 0)
        if count % 7 == 0:
            time.sleep(0)
    wait_for(lambda: told == 20_000, 10)


def test_only_a_plain_connection_of_one_request_is_taken():
    near, far = socket.socketpair()
    with near, far:
        assert plain_socket({"gunicorn.socket": near, "SERVER_PROTOCOL": "HTTP/1.1"}) is near
        assert plain_socket({"gunicorn.socket": near, "SERVER_PROTOCOL": "HTTP/2.0"}) is None
        assert plain_socket({"gunicorn.socket": object(), "SERVER_PROTOCOL": "HTTP/1.1"}) is None
        assert plain_socket({"SERVER_PROTOCOL": "HTTP/1.1"}) is None


# --- The watcher ----------------------------------------------------------------------------------------


class Noted:
    """A line that notes what it is told."""

    def __init__(self, user_id: str, device_id: str):
        self.user_id, self.device_id = user_id, device_id
        self.pokes: list[int] = []
        self.ended = False

    def poke(self, rev: int) -> None:
        self.pokes.append(rev)

    def end(self) -> None:
        self.ended = True


@pytest.fixture
def watcher(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watcher]:
    monkeypatch.setattr(watcher_module, "CHECK_SECONDS", 0.1)
    made: Watcher = app.extensions["live"]
    made.interval = 0.05
    yield made
    for line in list(made.lines.values()):
        made.close(line)
    wait_for(lambda: made.thread is None)


def test_without_any_news_a_line_ends_soon_after_its_session(app: Flask, cast: Cast, watcher: Watcher):
    users = [cast.alice, cast.bob, cast.charlie, cast.dora]
    lines = [Noted(one.user_id, one.device_id) for one in enrol(app, [user.id for user in users])]
    for line in lines:
        watcher.open(line)
    time.sleep(0.5)
    assert not any(line.ended for line in lines)
    kept, revoked, left, inactive = lines
    with app.app_context():
        db.session.get_one(Device, revoked.device_id).revoked_at = clock.now()
        chains.end(left.device_id)
        db.session.get_one(User, inactive.user_id).active = False
        db.session.commit()
    wait_for(lambda: revoked.ended and left.ended and inactive.ended)
    assert not kept.ended


def test_the_oldest_of_too_many_lines_of_one_device_gives_way(app: Flask, cast: Cast, watcher: Watcher):
    (device,) = enrol(app, [cast.alice.id])
    lines = [Noted(device.user_id, device.device_id) for _ in range(LINES_PER_DEVICE + 1)]
    for line in lines:
        watcher.open(line)
    assert [line.ended for line in lines] == [True] + [False] * LINES_PER_DEVICE


def test_who_comes_while_the_watcher_begins_is_poked_once_to_be_sure(app: Flask, cast: Cast, watcher: Watcher):
    (device,) = enrol(app, [cast.alice.id])
    line = Noted(device.user_id, device.device_id)
    watcher.open(line)
    wait_for(lambda: line.pokes)


def test_an_answer_nobody_reads_leaves_no_line(app: Flask, cast: Cast, peer: Callable[..., Peer]):
    phone = peer(cast.alice)
    assert phone.client.head("/api/sync/live", headers=phone.headers).status_code == 200
    assert not app.extensions["live"].lines


def test_a_full_house_says_so(app: Flask, cast: Cast, peer: Callable[..., Peer], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Hub, "capacity", staticmethod(lambda: 0))
    phone = peer(cast.alice)
    near, far = socket.socketpair()
    with near, far:
        answer = phone.client.get("/api/sync/live", headers=phone.headers, environ_overrides={"gunicorn.socket": near})
    assert (answer.status_code, answer.json["code"]) == (503, "busy")
    assert int(answer.headers["Retry-After"]) > 0
