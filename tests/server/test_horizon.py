"""What is older than the horizon is forgotten, and who was away for longer starts over and loses nothing (hazard 8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from server import clock, pull
from server.extensions import db
from server.models import Clock, FeedRow, JournalEntry, Note, Subscription, new_id
from server.tasks.horizon import HORIZON, forget_old
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatch, dispatched, register

MakePeer = Callable[..., Peer]


def grow_old(app: Flask) -> None:
    """Everything that was received so far was received before the horizon."""
    with app.app_context():
        long_ago = clock.now() - HORIZON - timedelta(days=1)
        for entry in db.session.scalars(select(JournalEntry)):
            entry.received_at = long_ago
        db.session.commit()


def run_tidy(app: Flask) -> dict[str, int]:
    with app.app_context():
        return forget_old()


def delete_note(app: Flask, note_id: str) -> None:
    with app.app_context():
        db.session.delete(db.session.get_one(Note, note_id))
        db.session.commit()


@pytest.fixture
def noted(app: Flask, cast: Cast, desk: Peer, phone: Peer) -> tuple[str, str]:
    """A visit of Alice with a note; gives both ids."""
    _, visit_id = dispatched(desk, cast, cast.alice)
    note_id = new_id()
    phone.do("note.add", id=note_id, visit_id=visit_id, text="旧")
    return visit_id, note_id


def test_a_phone_away_longer_than_the_horizon_starts_over_and_loses_nothing_of_its_outbox(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, noted: tuple[str, str]
):
    visit_id, note_id = noted
    phone.pull()
    assert phone.row("note", note_id)
    delete_note(app, note_id)
    desk.do("note.add", id=new_id(), visit_id=visit_id, text="办公室")
    grow_old(app)
    assert run_tidy(app)["tombstones"] == 1
    offline = phone.act("note.add", id=new_id(), visit_id=visit_id, text="三个月以来")
    assert phone.push()["receipts"][0]["outcome"] == "applied"  # never refused for its age
    page = phone.pull_page()
    assert page["reset"] is True
    phone.pull()
    assert phone.row("note", note_id) is None
    assert offline["args"]["text"] in {note["text"] for note in phone.bodies("note")}
    fresh = Peer(phone.client, cast.alice).pull()
    assert phone.rows == fresh.rows and phone.scopes == fresh.scopes


def test_a_phone_within_the_horizon_notices_nothing(app: Flask, cast: Cast, desk: Peer, phone: Peer, noted: Any):
    visit_id, note_id = noted
    grow_old(app)
    desk.do("note.add", id=new_id(), visit_id=visit_id, text="昨天")
    phone.pull()
    delete_note(app, note_id)
    figures = run_tidy(app)
    assert figures["floor"] > 0 and figures["tombstones"] == 0
    assert phone.pull_page()["reset"] is False
    assert phone.row("note", note_id) is None


def test_a_first_download_under_way_while_tidy_runs_starts_over(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, noted: tuple[str, str]
):
    """It was pinned before the deletion and has the row already: without the reset it would keep it for ever."""
    visit_id, note_id = noted
    slow = Peer(phone.client, cast.alice)
    while slow.row("note", note_id) is None:
        assert slow.pull_page(5)["more"]
    delete_note(app, note_id)
    desk.do("note.add", id=new_id(), visit_id=visit_id, text="后来")
    grow_old(app)
    run_tidy(app)
    assert slow.pull_page(5)["reset"] is True
    slow.pull(5)
    assert slow.row("note", note_id) is None
    assert slow.rows == Peer(phone.client, cast.alice).pull().rows


def test_a_tidy_in_the_middle_of_a_pull_is_noticed_by_that_pull(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, noted: tuple[str, str], monkeypatch: pytest.MonkeyPatch
):
    """Between reading the clock and reading the rows: on PostgreSQL each statement sees another moment."""
    visit_id, note_id = noted
    phone.pull()
    delete_note(app, note_id)
    desk.do("note.add", id=new_id(), visit_id=visit_id, text="后来")
    grow_old(app)
    moves, ran = pull._moves, []

    def late(*args: Any) -> Any:
        if not ran and db.engine.dialect.name == "postgresql":  # SQLite reads one moment, and has no such gap
            ran.append(app.test_cli_runner().invoke(args=["tidy"]))
        return moves(*args)

    monkeypatch.setattr(pull, "_moves", late)
    page = phone.pull_page()
    assert page["reset"] is bool(ran)
    phone.pull()
    assert phone.row("note", note_id) is None
    if ran:
        assert ran[0].exit_code == 0 and "tombstones=1" in ran[0].output


def test_scopes_left_long_ago_are_forgotten_and_a_phone_that_held_them_loses_their_rows(
    app: Flask, cast: Cast, desk: Peer, peer: MakePeer
):
    bob, order_id = peer(cast.bob), register(desk, cast)
    visit_id = dispatch(desk, order_id, cast.bob)
    bob.pull()
    assert bob.row("work_order", order_id)
    desk.do("visit.reassign", visit_id=visit_id, new_id=new_id(), lead_id=cast.alice.id, reason="closer")
    desk.do("note.add", id=new_id(), visit_id=visit_id, text="后来")
    grow_old(app)
    assert run_tidy(app)["subscriptions"] > 0
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Subscription.left_rev.is_not(None))) == 0
    assert bob.pull_page()["reset"] is True
    assert bob.pull().row("work_order", order_id) is None


def test_the_floor_only_rises_and_what_lives_is_never_forgotten(
    app: Flask, cast: Cast, desk: Peer, phone: Peer, noted: Any
):
    grow_old(app)
    first = run_tidy(app)["floor"]
    with app.app_context():
        live = db.session.scalar(select(func.count()).select_from(FeedRow))
        db.session.execute(text("UPDATE journal SET received_at = :now"), {"now": clock.now()})
        db.session.commit()
    assert run_tidy(app)["floor"] == first
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(FeedRow)) == live
        assert db.session.scalar(select(Clock.floor)) == first <= db.session.scalar(select(Clock.rev))


def test_a_check_with_a_cookie_below_the_floor_is_told_to_pull_first(
    app: Flask, client: FlaskClient, cast: Cast, desk: Peer, phone: Peer, noted: tuple[str, str]
):
    phone.pull()
    desk.do("note.add", id=new_id(), visit_id=noted[0], text="后来")
    grow_old(app)
    run_tidy(app)
    body = {"protocol": 2, "device": phone.device_id, "cookie": phone.cookie, "count": 1, "digest": "0" * 16}
    assert phone.post("/api/sync/check", body)["verdict"] == "moved"


def test_an_empty_database_is_tidied_without_a_word(app: Flask):
    assert run_tidy(app)["floor"] == 0
