"""A thousand phones listen to one process, which goes on serving; it forgets those that hang up, and ends in time."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from server import feed
from server.extensions import db
from server.models import User
from tests.bench.servers import descendants
from tests.cast import Cast
from tests.crowd import Crowd, Enrolled, Listener, enrol
from tests.peer import Peer
from tests.server.story import dispatch, register
from tests.tus_client.live import Live, live_server, wait_for

CONNECTIONS = 1000
SOON = 5.0  # s; milliseconds here, the rest is for a busy machine
OTHER_FILES = 100  # the database's connections, which stay open
ENDS_WITHIN = 8.0  # s; gunicorn's own grace is 3

pytestmark = pytest.mark.slow


@pytest.fixture
def server(app: Flask, cast: Cast, tmp_path: Path) -> Iterator[Live]:
    with live_server(app, tmp_path, WORKER_THREAD="0") as live:
        yield live


@pytest.fixture
def crowd(server: Live) -> Iterator[Crowd]:
    made = Crowd(server.port)
    yield made
    made.close()


def devices(app: Flask, users: list[User], count: int) -> list[Enrolled]:
    return enrol(app, [users[i % len(users)].id for i in range(count)])


def open_files(server: Live) -> int:
    """Descriptors of the server's processes, where the system tells."""
    assert server.process is not None
    folders = [Path(f"/proc/{pid}/fd") for pid in descendants(server.process.pid)]
    return sum(len(list(folder.iterdir())) for folder in folders if folder.exists())


def rev_of(app: Flask) -> int:
    with app.app_context():
        return feed.current(db.session)[0]  # type: ignore[arg-type]


def of(user: User, listeners: list[Listener]) -> list[Listener]:
    return [one for one in listeners if one.device.user_id == user.id]


@pytest.mark.timeout(180)
def test_a_thousand_streams_of_one_process_hear_exactly_what_concerns_them(
    app: Flask, server: Live, crowd: Crowd, cast: Cast, peer: Callable[..., Peer]
):
    before = open_files(server)
    listeners = crowd.open(devices(app, [cast.alice, cast.bob, cast.charlie], CONNECTIONS))
    assert {one.status for one in listeners} == {200}
    wait_for(lambda: any(one.pokes for one in listeners))  # the watcher's first look, which concerns everybody
    alice, charlie = of(cast.alice, listeners), of(cast.charlie, listeners)
    desk = peer(cast.dora)
    for lead, concerned, others in ((cast.alice, alice, charlie), (cast.charlie, charlie, alice)):
        order_id = register(desk, cast)
        wait_for(lambda: not crowd_is_busy(listeners), SOON)
        crowd.forget()
        dispatch(desk, order_id, lead)
        rev = rev_of(app)
        wait_for(lambda concerned=concerned, rev=rev: all(heard(one, rev) for one in concerned), SOON)
        wait_for(lambda: not crowd_is_busy(listeners), SOON)
        told = {tuple(poke for _, poke in one.pokes) for one in concerned}
        assert told == {(rev,)}, "each once, and with the last rev"
        assert not any(one.pokes for one in others)
    began = time.monotonic()
    for _ in range(20):
        assert server.ask("GET", "/health", {}).status == 200
    assert time.monotonic() - began < SOON, "a thousand listeners keep nobody from being served"
    assert before == 0 or open_files(server) >= before + CONNECTIONS
    crowd.close(listeners[: CONNECTIONS // 2])
    wait_for(lambda: open_files(server) <= before + CONNECTIONS // 2 + OTHER_FILES)
    crowd.close()
    wait_for(lambda: open_files(server) <= before + OTHER_FILES)


def heard(one: Listener, rev: int) -> bool:
    return any(poke >= rev for _, poke in one.pokes)


def crowd_is_busy(listeners: list[Listener]) -> bool:
    """Whether a poke came within the last half second."""
    newest = max((when for one in listeners for when, _ in one.pokes), default=0.0)
    return time.monotonic() - newest < 0.5


@pytest.mark.timeout(120)
def test_told_to_stop_the_server_ends_every_stream_and_then_itself(app: Flask, server: Live, crowd: Crowd, cast: Cast):
    listeners = crowd.open(devices(app, [cast.alice, cast.bob], 300))
    assert server.process is not None
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    server.process.wait(ENDS_WITHIN)
    assert time.monotonic() - began < ENDS_WITHIN
    wait_for(lambda: all(one.closed for one in listeners))
    assert all(one.ended for one in listeners), "with the last chunk, so that no browser takes it for a broken line"


@pytest.mark.timeout(120)
def test_a_stream_ends_with_the_session_it_belongs_to(
    app: Flask, server: Live, crowd: Crowd, cast: Cast, peer: Callable[..., Peer]
):
    """At the next poke at the latest; without one the watcher looks every half minute (test_live_hub.py)."""
    kept, revoked, gone = crowd.open(enrol(app, [cast.alice.id, cast.alice.id, cast.alice.id]))
    reason = {"reason": "lost"}
    peer(cast.ada).post(f"/api/devices/{revoked.device.device_id}/revoke", reason)
    left = server.ask("POST", "/api/auth/logout", {"Authorization": f"Bearer {gone.device.access}"})
    assert left.status == 204
    desk = peer(cast.dora)
    dispatch(desk, register(desk, cast), cast.alice)
    wait_for(lambda: revoked.ended and gone.ended, SOON)
    assert heard(kept, rev_of(app)) and not kept.closed


@pytest.mark.timeout(120)
def test_the_connection_a_stream_was_taken_from_is_no_longer_counted(
    app: Flask, server: Live, crowd: Crowd, cast: Cast
):
    """More streams than gunicorn's `worker_connections` (1,000) leave room for those who only ask."""
    crowd.open(devices(app, [cast.alice, cast.bob, cast.charlie], 1100))
    assert server.ask("GET", "/health", {}).status == 200
