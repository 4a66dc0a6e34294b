"""What people decide about acts that were not applied as meant; whatever they decide, the author's words stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from server.extensions import db
from server.models import Event, JournalEntry, Note, PartUse, ReviewItem, new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.server.rescuing import Rescue, sealed_by
from tests.server.story import dispatched

MakePeer = Callable[..., Peer]


def parked_part(phone: Peer, cast: Cast, visit_id: str) -> dict[str, Any]:
    """A part that the catalogue does not have."""
    args = {"id": new_id(), "visit_id": visit_id, "part_id": new_id(), "quantity": 3, "source": "own", "note": "垫片"}
    assert phone.do("part.use", **args)["outcome"] in ("parked", "rejected")
    return args


def test_an_amended_act_is_applied_in_its_authors_name_and_both_versions_are_kept(
    app: Flask, cast: Cast, desk: Peer, phone: Peer
):
    _, visit_id = dispatched(desk, cast, cast.alice)
    said = parked_part(phone, cast, visit_id)
    item = desk.pull().one("review_item")
    changes = {"part_id": cast.part.id, "quantity": 2}
    told = desk.do("review.settle", v=2, id=item["id"], decision="amend", changes=changes, note="编号写错")
    assert told["outcome"] == "applied", told
    phone.pull()
    row = phone.row("review_item", item["id"])
    assert row is not None and (row["resolution"], row["amended"], row["resolution_note"]) == (
        "amended", changes, "编号写错",
    )  # fmt: skip
    assert row["args"] == said, "what the author wrote stays in the item"
    used = phone.one("part_use")
    assert (used["quantity"], used["part_id"], used["created_by"], used["note"]) == (
        2, cast.part.id, cast.alice.id, "垫片",
    )  # fmt: skip
    with app.app_context():
        assert db.session.get_one(JournalEntry, item["act_id"]).args == said
        assert db.session.scalars(select(Event.kind).where(Event.kind.startswith("review."))).all() == ["review.amend"]


def test_an_amendment_that_is_still_wrong_leaves_the_item_as_it_was(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    parked_part(phone, cast, visit_id)
    item = desk.pull().one("review_item")
    told = desk.do(
        "review.settle", v=2, id=item["id"], decision="amend", changes={"part_id": cast.part.id, "quantity": 0}
    )
    assert (told["outcome"], told["code"]) == ("rejected", "args-invalid")
    row = desk.pull().one("review_item")
    assert (row["state"], row["amended"]) == (item["state"], None)
    with app.app_context():
        assert db.session.scalars(select(PartUse)).all() == []


@pytest.mark.parametrize("wrong", [{"decision": "amend"}, {"decision": "apply", "changes": {"quantity": 1}}])
def test_changes_belong_to_an_amendment_and_to_nothing_else(cast: Cast, desk: Peer, phone: Peer, wrong: dict[str, Any]):
    _, visit_id = dispatched(desk, cast, cast.alice)
    parked_part(phone, cast, visit_id)
    item = desk.pull().one("review_item")
    assert desk.do("review.settle", v=2, id=item["id"], **wrong)["code"] == "args-invalid"


def test_an_attached_act_becomes_a_note_on_the_visit_that_was_chosen(app: Flask, cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    _, other_id = dispatched(desk, cast, cast.bob)
    parked_part(phone, cast, visit_id)
    item = desk.pull().one("review_item")
    told = desk.do(
        "review.settle", v=2, id=item["id"], decision="attach", visit_id=other_id, note_id=new_id(),
        text="使用备件:垫片 × 3",
    )  # fmt: skip
    assert told["outcome"] == "applied", told
    desk.pull()
    assert desk.one("review_item")["resolution"] == "attached"
    note = desk.one("note")
    assert (note["visit_id"], note["text"], note["created_by"], note["late"]) == (
        other_id, "使用备件:垫片 × 3", cast.dora.id, False,
    )  # fmt: skip


def test_an_attached_act_without_a_visit_is_a_line_in_the_work_orders_timeline(
    app: Flask, cast: Cast, desk: Peer, phone: Peer
):
    _, visit_id = dispatched(desk, cast, cast.alice)
    order_id, _ = dispatched(desk, cast, cast.bob)
    parked_part(phone, cast, visit_id)
    item = desk.pull().one("review_item")
    told = desk.do(
        "review.settle", v=2, id=item["id"], decision="attach", work_order_id=order_id, text="垫片三个", note="另一单"
    )
    assert told["outcome"] == "applied", told
    with app.app_context():
        event = db.session.scalars(select(Event).where(Event.kind == "review.attach")).one()
        assert (event.work_order_id, event.visit_id, event.data["text"]) == (order_id, None, "垫片三个")
        assert db.session.scalars(select(Note)).all() == []


def test_the_author_may_put_an_item_aside_and_nothing_else(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    parked_part(phone, cast, visit_id)
    item = phone.pull().one("review_item")
    for more in ({"decision": "apply"}, {"decision": "amend", "changes": {"part_id": cast.part.id}},
                 {"decision": "attach", "text": "x", "note_id": new_id()}):  # fmt: skip
        assert phone.do("review.settle", v=2, id=item["id"], **more)["code"] == "forbidden"
    assert phone.do("review.settle", v=2, id=item["id"], decision="discard")["outcome"] == "applied"


def test_a_phone_of_the_first_version_still_decides(cast: Cast, desk: Peer, phone: Peer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    parked_part(phone, cast, visit_id)
    item = desk.pull().one("review_item")
    assert desk.do("review.settle", id=item["id"], decision="discard", note="重复")["outcome"] == "applied"
    assert desk.pull().one("review_item")["resolution"] == "discarded"


def test_an_act_of_an_unproven_rescue_file_that_came_by_itself_meanwhile_is_not_applied_twice(
    app: Flask, cast: Cast, desk: Peer
):
    rescue = Rescue(app, cast, desk, dispatched(desk, cast, cast.alice)[1])
    rescue.note("泵房积水")
    with rescue.phone.storage.transaction():
        token = rescue.phone.storage.get("refresh")
        rescue.phone.storage.put("refresh", "lost")
    file = sealed_by(rescue.phone)
    with rescue.phone.storage.transaction():
        rescue.phone.storage.put("refresh", token)
    rescue.bring_in(file)
    rescue.phone.sync()
    item = desk.pull().one("review_item")
    assert desk.do("review.settle", v=2, id=item["id"], decision="apply")["outcome"] == "applied"
    with app.app_context():
        assert len(db.session.scalars(select(Note)).all()) == 1
        assert db.session.get_one(ReviewItem, item["id"]).resolution == "arrived"
