"""Several people at once, in threads, on real connections: nobody undoes what another did in the same moment."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text

from server import push, scopes
from server.acts import part
from server.extensions import db
from server.models import FeedRow, JournalEntry, new_id
from tests.cast import Cast, person
from tests.peer import Peer
from tests.server.story import dispatch, dispatched, register
from tests.server.test_two_peers import assert_subscriptions_are_right

HAMMER_SECONDS = 8.0
WRITERS = 8


def at_once(*steps: Callable[[], Any]) -> list[Any]:
    with ThreadPoolExecutor(len(steps)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(step) for step in steps]]


@pytest.fixture
def thinking_together(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two transactions work out who holds what in the same moment, if nothing keeps them apart."""
    barrier, reconcile = threading.Barrier(2), scopes.reconcile

    def together(*args: Any) -> Any:
        moves = reconcile(*args)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(1.0)
        return moves

    monkeypatch.setattr(scopes, "reconcile", together)
    yield
    barrier.abort()


@pytest.mark.parametrize("turn", [0, 1])
def test_a_visit_given_while_another_there_is_cancelled_keeps_its_site(
    app: Flask, cast: Cast, desk: Peer, request: pytest.FixtureRequest, turn: int
):
    _, first = dispatched(desk, cast, cast.alice)
    second_order = register(desk, cast)
    sam = Peer(app.test_client(), cast.sam)
    request.getfixturevalue("thinking_together")
    steps = [
        lambda: dispatch(desk, second_order, cast.alice),
        lambda: sam.do("visit.cancel", visit_id=first, reason="withdrawn"),
    ]
    at_once(*(steps if turn else reversed(steps)))
    assert_subscriptions_are_right(app)
    assert Peer(app.test_client(), cast.alice).pull().row("site", cast.site.id) is not None


def test_who_joins_the_office_while_a_work_order_is_registered_sees_it(
    app: Flask, cast: Cast, desk: Peer, request: pytest.FixtureRequest
):
    def hire() -> None:
        with app.app_context():
            db.session.add(person("erik", "埃里克", "dispatcher"))
            db.session.commit()

    request.getfixturevalue("thinking_together")
    at_once(hire, lambda: register(desk, cast))
    assert_subscriptions_are_right(app)


def test_office_and_engineer_on_one_work_order_wait_for_each_other_and_never_in_a_circle(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, monkeypatch: pytest.MonkeyPatch
):
    """The engineer's act and the office's lock work order and visit in one order, or the database must kill one."""
    killed: list[str] = []
    perform = push.perform

    def slowly(*args: Any) -> Any:
        time.sleep(0.005)
        return perform(*args)

    monkeypatch.setattr(push, "perform", slowly)
    with app.app_context():
        event.listen(db.engine, "handle_error", lambda context: killed.append(str(context.original_exception)))
    order_id, visit_id = dispatched(desk, cast, cast.alice)
    for act in ("visit.accept", "visit.arrive", "visit.work"):
        phone.do(act, visit_id=visit_id)

    def engineer() -> None:
        for _ in range(3):
            for _ in range(40):
                phone.act("note.add", id=new_id(), visit_id=visit_id, text="记一笔")
            phone.act("visit.pause", visit_id=visit_id, reason="waiting_parts")
            phone.act("visit.resume", visit_id=visit_id)
            phone.push()

    def office() -> None:
        slot = {"slot_start": "2026-11-22T01:00:00Z", "slot_end": "2026-11-22T02:00:00Z"}
        for turn in range(3):
            for line in range(40):
                desk.act("work_order.edit", id=order_id, changes={"description": ["", f"{turn}-{line}"]})
            desk.act("visit.reschedule", visit_id=visit_id, **slot)
            desk.push()

    at_once(engineer, office)
    assert {receipt["outcome"] for receipt in phone.receipts.values()} == {"applied"}
    assert killed == []


def test_two_devices_that_make_the_same_first_row_in_one_moment_are_both_applied(
    app: Flask, cast: Cast, desk: Peer, monkeypatch: pytest.MonkeyPatch
):
    """Each finds no stock of the part and makes it. A refused act beside it has brought each to its savepoints."""
    visits = [dispatched(desk, cast, cast.alice)[1] for _ in range(2)]
    devices = [Peer(app.test_client(), cast.alice) for _ in visits]
    barrier, move_stock, waited = threading.Barrier(2), part.move_stock, set[int]()

    def together(*args: Any) -> None:
        move_stock(*args)
        if threading.get_ident() not in waited:
            waited.add(threading.get_ident())
            with suppress(threading.BrokenBarrierError):
                barrier.wait(1.0)

    monkeypatch.setattr(part, "move_stock", together)

    def work(device: Peer, visit_id: str) -> str:
        device.act("visit.teleport")
        args = {"part_id": cast.part.id, "quantity": 1, "source": "own"}
        act = device.act("part.use", id=new_id(), visit_id=visit_id, **args)
        device.push()
        return str(device.receipts[act["id"]]["outcome"])

    pairs = list(zip(devices, visits, strict=True))
    assert at_once(*[lambda pair=pair: work(*pair) for pair in pairs]) == ["applied", "applied"]
    with app.app_context():
        assert db.session.scalars(text("SELECT quantity FROM stock")).all() == [-2]


class Hammer:
    """Writers that push and a reader that never pauses."""

    def __init__(self, app: Flask, cast: Cast, visits: list[str]):
        self.app, self.cast, self.visits = app, cast, visits
        self.ends = time.monotonic() + HAMMER_SECONDS

    def write(self, turn: int) -> Peer:
        chance = random.Random(turn)
        peer = Peer(self.app.test_client(), self.cast.alice if turn % 2 else self.cast.bob)
        while time.monotonic() < self.ends:
            for _ in range(chance.randint(1, 5)):
                visit_id = chance.choice(self.visits)
                peer.act("note.add", id=new_id(), visit_id=visit_id, text="记一笔")
                args = {"part_id": self.cast.part.id, "quantity": 1, "source": "own"}
                peer.act("part.use", id=new_id(), visit_id=visit_id, **args)
                if chance.random() < 0.2:
                    peer.act("visit.finish", visit_id=visit_id)  # refused: the careful way is hammered too
            peer.push(lose_answer=chance.random() < 0.2)
        peer.push()
        return peer

    def read(self) -> Peer:
        peer = Peer(self.app.test_client(), self.cast.dora)
        while time.monotonic() < self.ends:
            peer.pull_page(50)
        return peer


def test_nothing_is_missed_doubled_or_lost_under_eight_writers_and_a_reader_without_pause(
    app: Flask, cast: Cast, desk: Peer
):
    order_id = register(desk, cast)
    visits = [dispatch(desk, order_id, cast.alice, helper_ids=[cast.bob.id]) for _ in range(4)]
    hammer = Hammer(app, cast, visits)
    *writers, reader = at_once(*[lambda turn=turn: hammer.write(turn) for turn in range(WRITERS)], hammer.read)
    reader.pull()
    assert not [writer for writer in writers if writer.outbox]
    fresh = Peer(app.test_client(), cast.dora).pull()
    assert reader.rows.keys() == fresh.rows.keys() and len(fresh.rows) > 100
    assert {key: row["rev"] for key, row in reader.rows.items()} == {k: row["rev"] for k, row in fresh.rows.items()}
    uses = list(fresh.bodies("part_use"))
    with app.app_context():
        made = sum(writer.n for writer in writers)
        hers = {writer.device_id for writer in writers}
        numbers = db.session.execute(
            select(JournalEntry.device_id, JournalEntry.n).where(JournalEntry.device_id.in_(hers))
        ).all()
        assert len(numbers) == len(set(numbers)) == made
        levels = dict(db.session.execute(text("SELECT user_id, quantity FROM stock")).all())
        clock = db.session.scalar(text("SELECT rev FROM clock"))
        assert db.session.scalar(select(db.func.max(FeedRow.rev))) <= clock
    for user in (cast.alice, cast.bob):
        assert -levels[user.id] == sum(use["quantity"] for use in uses if use["created_by"] == user.id)
