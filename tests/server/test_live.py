"""The stream says that something is new, to those it concerns, also when another process wrote it."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from server import clock, feed
from server.extensions import db
from server.live.watcher import _CONCERNED
from server.models import User, new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatch, register
from tests.tus_client.live import Live, live_server

SOON = 3.0  # s; a poke takes about a fifth of one here, the rest is for a busy machine


class Stream:
    """An open stream, read by a thread that notes when each poke came."""

    def __init__(self, server: Live, peer: Peer):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        self.connection.request("GET", "/api/sync/live", headers=peer.headers)
        self.answer = self.connection.getresponse()
        assert self.answer.status == 200 and self.answer.getheader("Content-Type", "").startswith("text/event-stream")
        self.pokes: list[float] = []
        self.opened = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        assert self.opened.wait(10)

    def _read(self) -> None:
        try:
            for line in self.answer:
                self.opened.set()
                if line.startswith(b"event: poke"):
                    self.pokes.append(time.monotonic())
        except (OSError, ValueError, http.client.HTTPException, AttributeError):
            return  # the test closed it

    def poked_within(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.pokes:
                return True
            time.sleep(0.02)
        return False


@pytest.fixture
def server(app: Flask, cast: Cast, tmp_path: Path) -> Iterator[Live]:
    with live_server(app, tmp_path, WORKER_THREAD="0") as live:
        yield live


def test_a_dispatch_by_another_process_pokes_the_engineer_and_nobody_else(
    server: Live, cast: Cast, peer: Callable[..., Peer]
):
    alice, charlie, desk = Stream(server, peer(cast.alice)), Stream(server, peer(cast.charlie)), peer(cast.dora)
    time.sleep(0.5)  # both streams have seen the clock as it is
    alice.pokes.clear()
    charlie.pokes.clear()
    order_id, now = new_id(), clock.wire(clock.now())
    desk.do(
        "work_order.register", id=order_id, customer_id=cast.customer.id, site_id=cast.site.id, kind="repair",
        title="黑屏", level=1, level_reason="安全", channel="phone", source="customer", reported_at=now,
    )  # fmt: skip
    assert not alice.poked_within(0.6), "an order nobody was sent to is no news for an engineer"
    until = clock.wire(clock.now() + timedelta(hours=2))
    receipt = desk.do(
        "visit.dispatch", id=new_id(), work_order_id=order_id, lead_id=cast.alice.id, slot_start=now, slot_end=until
    )
    assert receipt["outcome"] == "applied"
    assert alice.poked_within(SOON)
    assert not charlie.pokes


def test_whoever_gains_or_loses_something_is_concerned(app: Flask, cast: Cast, peer: Callable[..., Peer]):
    """The watcher's question, asked after each change: it must name whose scopes changed, and not everybody."""
    desk = peer(cast.dora)

    def concerned(change: Callable[[], object]) -> set[str]:
        with app.app_context():
            since, _ = feed.current(db.session)
        change()
        with app.app_context():
            rev, _ = feed.current(db.session)
            return set(db.session.scalars(_CONCERNED, {"since": since, "rev": rev}))

    def move(**values: object) -> None:
        with app.app_context():
            user = db.session.get(User, cast.bob.id)
            for name, value in values.items():
                setattr(user, name, value)
            db.session.commit()

    order_id = register(desk, cast)
    visits: list[str] = []
    field = {cast.alice.id, cast.bob.id, cast.charlie.id}
    assert concerned(lambda: visits.append(dispatch(desk, order_id, cast.alice))) & field == {cast.alice.id}
    assert concerned(lambda: move(roles=["crew_lead"])) >= field  # the list of people is everybody's
    other = {"new_id": new_id(), "lead_id": cast.charlie.id, "reason": "closer"}
    reassigned = concerned(lambda: desk.do("visit.reassign", visit_id=visits[0], **other))
    assert reassigned & field == field  # Alice loses it, Bob no longer watches it, Charlie has it
    assert cast.bob.id in concerned(lambda: move(active=False))


def test_a_stream_needs_a_sign_in(server: Live):
    assert server.ask("GET", "/api/sync/live", {}).status == 401
