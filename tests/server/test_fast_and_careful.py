"""A batch is tried without savepoints first and with them when anything is refused: the outcome must be the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from server import clock
from server.extensions import db
from server.models import Attachment, Note, User, new_id
from tests.cast import Cast
from tests.peer import Peer
from tests.server.story import dispatched

MakePeer = Callable[..., Peer]


@pytest.fixture(params=["fast", "careful"])
def way(request: pytest.FixtureRequest) -> Callable[[Peer], None]:
    """Puts a refusal into the outbox when the batch shall go the careful way."""

    def prepare(device: Peer) -> None:
        if request.param == "careful":
            device.act("visit.teleport")

    return prepare


def registered(desk: Peer, cast: Cast) -> str:
    order_id = new_id()
    desk.act(
        "work_order.register", id=order_id, customer_id=cast.customer.id, site_id=cast.site.id, kind="repair",
        title="黑屏", level=2, level_reason="影响使用", channel="phone", source="customer",
        reported_at=clock.wire(clock.now()),
    )  # fmt: skip
    return order_id


def test_a_level_changed_in_the_batch_that_registers_has_each_deadline_once(
    cast: Cast, desk: Peer, way: Callable[[Peer], None]
):
    way(desk)
    order_id = registered(desk, cast)
    desk.act("work_order.edit", id=order_id, changes={"level": [2, 1]})
    desk.push()
    kinds = [milestone["kind"] for milestone in desk.pull().bodies("sla_milestone")]
    assert len(kinds) == len(set(kinds)) == 4
    dues = {milestone["due_at"] for milestone in desk.bodies("sla_milestone")}
    assert desk.row("work_order", order_id)["due_at"] == min(dues)


def test_a_day_in_one_batch_ends_as_it_does_act_by_act(cast: Cast, desk: Peer, way: Callable[[Peer], None]):
    way(desk)
    order_id, visit_id, new_visit = registered(desk, cast), new_id(), new_id()
    start = clock.now()
    slot = {"slot_start": clock.wire(start), "slot_end": clock.wire(start + timedelta(hours=1))}
    desk.act("visit.dispatch", id=visit_id, work_order_id=order_id, lead_id=cast.alice.id, **slot)
    desk.act("visit.reassign", visit_id=visit_id, new_id=new_visit, lead_id=cast.bob.id, reason="closer")
    desk.act("note.add", id=new_id(), visit_id=new_visit, text="客户在家")
    desk.act("work_order.cancel", id=order_id, reason="withdrawn")
    desk.push()
    desk.pull()
    assert [desk.row("visit", one)["state"] for one in (visit_id, new_visit)] == ["cancelled", "cancelled"]
    assert desk.row("visit", visit_id)["replaced_by_id"] == new_visit
    assert sorted(event["kind"] for event in desk.bodies("event")) == [
        "visit.dispatch", "visit.reassign", "work_order.cancel", "work_order.register",
    ]  # fmt: skip


def test_an_edit_is_not_undone_by_what_the_same_batch_settles(
    app: Flask, cast: Cast, desk: Peer, peer: MakePeer, way: Callable[[Peer], None]
):
    """Who both engineers and supervises edits a diagnosis and settles its conflict in one contact."""
    with app.app_context():
        db.session.get(User, cast.alice.id).roles = ["engineer", "supervisor"]
        db.session.commit()
    _, visit_id = dispatched(desk, cast, cast.alice)
    alice, edit = peer(cast.alice), {"id": new_id(), "visit_id": visit_id}
    alice.do("diagnosis.edit", **edit, changes={"cause_code": ["", "power"]})
    assert alice.do("diagnosis.edit", **edit, changes={"cause_code": ["", "network"]})["code"] == "conflict"
    conflict = alice.pull().one("conflict")["id"]
    way(alice)
    alice.act("diagnosis.edit", **edit, changes={"cause_text": ["", "电源老化"], "action_text": ["", "已更换"]})
    alice.act("conflict.settle", id=conflict, value="network")
    alice.push()
    diagnosis: dict[str, Any] = alice.pull().one("diagnosis")
    assert (diagnosis["cause_text"], diagnosis["action_text"]) == ("电源老化", "已更换")
    assert diagnosis["cause_code"] == "network"


@pytest.mark.parametrize("written", [False, True], ids=["not yet written", "written in between"])
def test_a_fact_brought_and_withdrawn_in_one_batch_is_withdrawn(
    app: Flask, cast: Cast, desk: Peer, peer: MakePeer, way: Callable[[Peer], None], written: bool
):
    """Facts go past the unit of work until somebody changes them; `part.withdraw` asks the database in between."""
    _, visit_id = dispatched(desk, cast, cast.alice)
    alice, note, photo, use = peer(cast.alice), new_id(), new_id(), new_id()
    way(alice)
    alice.act("note.add", id=note, visit_id=visit_id, text="写错了")
    alice.act(
        "attachment.add", id=photo, visit_id=visit_id, sha256="a" * 64, size=10, mime="image/jpeg", purpose="site",
        taken_at=clock.wire(clock.now()),
    )  # fmt: skip
    alice.act("part.use", id=use, visit_id=visit_id, part_id=cast.part.id, quantity=2, source="own")
    if written:
        alice.act("part.withdraw", id=use)
    alice.act("note.withdraw", id=note)
    alice.act("attachment.withdraw", id=photo)
    alice.push()
    alice.pull()
    assert [alice.row(*one)["withdrawn"] for one in (("note", note), ("attachment", photo))] == [True, True]
    assert alice.row("part_use", use)["withdrawn"] is written
    with app.app_context():
        kept = [db.session.get_one(model, row_id) for model, row_id in ((Note, note), (Attachment, photo))]
        assert [row.withdrawn for row in kept] == [True, True]


def test_two_facts_of_one_id_are_one_fact_and_one_refusal(cast: Cast, desk: Peer, peer: MakePeer):
    _, visit_id = dispatched(desk, cast, cast.alice)
    alice, note = peer(cast.alice), new_id()
    first = alice.act("note.add", id=note, visit_id=visit_id, text="第一次")
    second = alice.act("note.add", id=note, visit_id=visit_id, text="第二次")
    alice.push()
    assert [alice.receipts[act["id"]]["outcome"] for act in (first, second)] == ["applied", "parked"]
    assert alice.pull().row("note", note)["text"] == "第一次"
