"""A device asks whether it holds what it should: what differs is found, repaired and written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text

from server.extensions import db
from server.models import Divergence, FeedRow, Note, new_id
from server.models.reference import Part
from sync.check import MAX_CHECK_ROWS, MAX_CHECK_SCOPES, MAX_REPAIRS
from sync.protocol import VERSION
from tests.cast import Cast
from tests.peer import Peer
from tests.server.test_digests import counted, kept


@pytest.fixture
def phone(cast: Cast, peer: Callable[..., Peer]) -> Peer:
    """Alice's phone, which has pulled everything."""
    return peer(cast.alice).pull()


@pytest.fixture
def written(app: Flask) -> Callable[[], list[tuple[str, str, int]]]:
    """Scope, cause and repaired rows of every divergence on record."""

    def read() -> list[tuple[str, str, int]]:
        with app.app_context():
            rows = db.session.scalars(select(Divergence).order_by(Divergence.id))
            return [(row.scope, row.cause, row.repaired) for row in rows]

    return read


def own(phone: Peer) -> str:
    return f"user:{phone.user.id}"


def add_note(app: Flask, order: str) -> None:
    with app.app_context():
        db.session.add(Note(id=new_id(), visit_id=new_id(), work_order_id=order, text="记"))
        db.session.commit()


def test_a_device_that_holds_what_it_should_is_told_so(phone: Peer, written: Any):
    answer = phone.compare()
    assert answer["verdict"] == "agree" and answer["scopes"] is None
    assert answer["protocol"] == VERSION
    assert written() == []


@pytest.mark.parametrize("fault", ["missing", "stale", "surplus"])
def test_a_row_missing_stale_or_too_many_is_found_repaired_and_written_down(phone: Peer, written: Any, fault: str):
    right = dict(phone.rows)
    key, row = next((key, row) for key, row in phone.rows.items() if row["scope"] == "ref")
    if fault == "missing":
        del phone.rows[key]
    elif fault == "stale":
        phone.rows[key] = {**row, "rev": row["rev"] + 5, "body": {"name": "旧"}}  # not even a rev beyond ours stays
    else:
        phone.rows["part", new_id()] = row
    answer = phone.compare()
    assert answer["verdict"] == "differs"
    different = [scope for scope, said in answer["scopes"].items() if said != list_of(phone, scope)]
    assert different == ["ref"]
    repair = phone.repair("ref")
    assert len(repair["rows"]) == 1 and repair["left"] == [] and repair["more"] is False
    phone.apply_repair(repair)
    assert phone.rows == right
    assert phone.compare()["verdict"] == "agree"
    assert written() == [("ref", "rows", 1)]


def list_of(phone: Peer, scope: str) -> list[Any]:
    digest = phone.digest(scope)
    return [digest.count, digest.hex]


def test_a_scope_that_is_not_its_users_is_taken_away(phone: Peer, cast: Cast, written: Any):
    foreign = f"user:{cast.bob.id}"
    phone.rows["stock", new_id()] = {"scope": foreign, "rev": 1, "body": {}}
    answer = phone.compare()
    assert answer["verdict"] == "differs" and foreign not in answer["scopes"]
    repair = phone.repair(foreign)
    assert repair["left"] == [{"scope": foreign, "reason": "role"}] and repair["rows"] == []
    phone.apply_repair(repair)
    assert phone.compare()["verdict"] == "agree"
    assert written() == [(foreign, "scope", 1)]


def test_no_question_brings_rows_of_a_scope_one_does_not_hold(
    app: Flask, phone: Peer, cast: Cast, peer: Callable[..., Peer]
):
    desk = peer(cast.dora).pull()
    order = next(scope for scope in desk.scopes if scope.startswith("user:"))
    assert order not in phone.scopes
    assert phone.repair(order)["rows"] == []
    assert set(phone.compare(count=0)["scopes"]) == phone.scopes


def test_what_changed_after_the_cookie_is_pulled_and_not_called_a_difference(app: Flask, phone: Peer, written: Any):
    with app.app_context():
        db.session.add(Part(id=new_id(), number="P-NEW", name="新件", name_en="new", unit="个", price_cents=1))
        db.session.commit()
    answer = phone.compare()
    assert answer["verdict"] == "moved"
    assert "ref" not in answer["scopes"] and own(phone) in answer["scopes"]
    assert phone.repair("ref", own(phone))["rows"] == []
    phone.rows.pop(next(key for key, row in phone.rows.items() if row["scope"] == "ref"))
    assert phone.repair("ref")["rows"] == []
    assert phone.pull().compare()["verdict"] == "differs"
    assert written() == []


def test_a_device_in_the_middle_of_a_pass_or_of_another_epoch_is_sent_to_pull(
    app: Flask, phone: Peer, cast: Cast, peer
):
    fresh = peer(cast.alice)
    fresh.pull_page(1)
    assert fresh.compare()["verdict"] == "moved" and fresh.compare()["scopes"] == {}
    assert fresh.repair("ref")["rows"] == []
    with app.app_context():
        db.session.execute(text("UPDATE clock SET epoch = 'another'"))
        db.session.commit()
    assert phone.compare()["verdict"] == "moved" and phone.compare()["scopes"] == {}


def test_a_sum_that_is_wrong_at_the_server_is_summed_up_anew_and_no_phone_starts_over(
    app: Flask, phone: Peer, written: Any
):
    with app.app_context():
        db.session.execute(text("UPDATE scope_digest SET rows = rows + 1, hi = hi + 7 WHERE scope = 'ref'"))
        db.session.commit()
    assert phone.compare()["verdict"] == "differs"
    assert phone.repair("ref")["rows"] == []
    with app.app_context():
        assert kept() == counted()
    assert phone.compare()["verdict"] == "agree"
    assert written() == [("ref", "sum", 0)]


def test_a_large_scope_is_repaired_in_parts(app: Flask, phone: Peer, written: Any):
    with app.app_context():
        for n in range(MAX_REPAIRS + 10):
            db.session.add(Part(id=new_id(), number=f"Z-{n}", name="件", name_en="part", unit="个", price_cents=1))
        db.session.commit()
    phone.pull()
    right = dict(phone.rows)
    phone.rows = {key: row for key, row in right.items() if row["scope"] != "ref"}
    first = phone.repair("ref")
    assert first["more"] is True and len(first["rows"]) == MAX_REPAIRS
    phone.apply_repair(first)
    middle = sorted(key for key, row in right.items() if row["scope"] == "ref")[-5]
    last = phone.repair("ref", after=list(middle))
    assert last["more"] is False
    assert {(row["noun"], row["id"]) for row in last["rows"] if row["body"]} <= {key for key in right if key > middle}
    assert {(row["noun"], row["id"]) for row in last["rows"] if not row["body"]} <= {
        key for key in right if key <= middle
    }


def test_a_question_that_is_too_large_or_makes_no_sense_is_refused(phone: Peer):
    digest = {"count": 1, "digest": "0" * 16}
    for body, fault in (
        ({**digest, "digest": "0" * 15}, "not-a-digest"),
        ({**digest, "count": -1}, "out-of-range"),
        ({"scopes": {}}, "no-scopes"),
        ({"scopes": {f"wo:{new_id()}": [] for _ in range(MAX_CHECK_SCOPES + 1)}}, "too-many-scopes"),
        ({"scopes": {"ref": [["part", new_id(), 1]] * (MAX_CHECK_ROWS + 1)}}, "too-many-rows"),
        ({"scopes": {"ref": [["part", "x", 1]]}}, "not-an-id"),
        ({"scopes": {"ref' OR 1=1": []}}, "not-a-scope"),
        ({"scopes": {"ref": [], "office": []}, "after": ["part", new_id()]}, "not-one-scope"),
    ):
        answer = phone.post("/api/sync/check", phone._named({"cookie": phone.cookie, **body}), status=400)
        assert (answer["code"], answer["fault"]) == ("malformed", fault)
    phone.post("/api/sync/check", phone._named({**digest, "cookie": None}), status=400)
    phone.post("/api/sync/check", {**phone._named({**digest, "cookie": "x"}), "device": new_id()}, status=403)
    assert phone.compare(cookie="nonsense")["verdict"] == "moved"


@pytest.mark.parametrize(("asked", "answered"), [(1, 1), (2, 2), (99, VERSION)])
def test_every_door_answers_in_the_version_it_was_asked_in(phone: Peer, asked: int, answered: int):
    bodies: dict[str, dict[str, Any]] = {
        "push": {"acts": []}, "pull": {"cookie": phone.cookie},
        "check": {"cookie": phone.cookie, "scopes": {"ref": []}},
    }  # fmt: skip
    for door, body in bodies.items():
        answer = phone.post(f"/api/sync/{door}", {**phone._named(body), "protocol": asked})
        assert answer["protocol"] == answered, door


def test_divergences_are_shown_to_those_who_look_after_phones(
    client: FlaskClient, phone: Peer, cast: Cast, peer: Callable[..., Peer]
):
    phone.rows.pop(next(key for key, row in phone.rows.items() if row["scope"] == "ref"))
    phone.repair("ref")
    phone.get("/api/admin/divergences", status=403)
    (shown,) = peer(cast.sam).get("/api/admin/divergences").get_json()
    assert (shown["user_name"], shown["scope"], shown["repaired"]) == (cast.alice.name, "ref", 1)
    assert shown["server_rows"] == shown["device_rows"] + 1 and shown["at"].endswith("Z")


def test_a_note_made_meanwhile_never_makes_the_answer_wrong(app: Flask, cast: Cast, peer: Callable[..., Peer]):
    desk = peer(cast.dora).pull()
    with app.app_context():
        rows = db.session.scalars(select(FeedRow).where(FeedRow.scope.like("site:%"))).all()
        site = rows[0].scope
    assert desk.compare()["verdict"] == "agree"
    key = next(key for key, row in desk.rows.items() if row["scope"] == site)
    lost = desk.rows.pop(key)
    add_note(app, new_id())  # in a scope nobody holds: nothing of the desk's has moved
    assert desk.compare()["verdict"] == "differs"
    desk.apply_repair(desk.repair(site))
    assert desk.rows[key] == lost
